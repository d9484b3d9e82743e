/**
 * In place of `node:http2`, which undici would load for a protocol that is not allowed here; it takes this as its
 * absence.
 */
module.exports = { constants: {} };
