/**
 * What V8 is told when it starts. Imported before everything else: by the executable, and by benches that run its
 * parts.
 */

import { setFlagsFromString } from 'node:v8';

// It would let the memory grow to hundreds of MiB before it collects what lies there: it takes us for a program in a
// hurry (`npm run bench -- memory`).
setFlagsFromString('--optimize-for-size');
// And would collect no young object while it looks at the old ones. Later versions do not know the flag, and say so on
// stderr.
if (process.versions.v8.startsWith('13.')) setFlagsFromString('--no-separate-gc-phases');
