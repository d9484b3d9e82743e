/**
 * Checks the version of Node. The executables import this before everything else: an older Node could not even parse
 * what they load then.
 */

const least = { major: 24, minor: 12 };
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
const isOld = major < least.major || (major === least.major && minor < least.minor);

/** A sentence that says why this version of Node does not suffice; undefined when it does. */
export const tooOld: string | undefined = isOld
  ? `ecr-courier needs Node ${least.major}.${least.minor} or newer; this is ${process.versions.node} (${process.execPath}).`
  : undefined;
