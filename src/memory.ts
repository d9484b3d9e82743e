/**
 * Sets V8 flags at startup. Imported before everything else, by the executable and by benchmarks that run parts of it.
 */

import { setFlagsFromString } from 'node:v8';

// V8 would otherwise grow the heap to hundreds of MiB before it collects garbage, as it optimizes for speed (`npm run
// bench -- memory`).
setFlagsFromString('--optimize-for-size');
// Otherwise V8 collects no young objects while it marks the old ones. Later versions do not know the flag, and warn on
// stderr.
if (process.versions.v8.startsWith('13.')) setFlagsFromString('--no-separate-gc-phases');
