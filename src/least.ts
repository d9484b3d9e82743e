/**
 * What this program needs of Node. Imported before everything else by the executables: an older Node could not even
 * read what they load then.
 */

const least = { major: 24, minor: 12 };
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
const isOld = major < least.major || (major === least.major && minor < least.minor);

/** Why this Node will not do, as a sentence; undefined when it will. */
export const tooOld: string | undefined = isOld
  ? `ecr-courier needs Node ${least.major}.${least.minor} or newer; this is ${process.versions.node} (${process.execPath}).`
  : undefined;
