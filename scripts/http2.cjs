/**
 * Replaces `node:http2`, which undici would load although HTTP/2 is off here. undici treats this as a Node without
 * HTTP/2.
 */
module.exports = { constants: {} };
