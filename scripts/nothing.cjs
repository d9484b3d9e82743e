/** In place of a package that is imported and never used. */
module.exports = {};
