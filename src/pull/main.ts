#!/usr/bin/env node
/**
 * The executable behind the shell fronts, and on Windows the whole of it: `docker VERB` speaks the credential helper
 * protocol, `kubelet` the credential provider's. It loads nothing of the daemon.
 */

import { tooOld } from '../least.ts';

if (tooOld) {
  // Some clients show the one, some the other.
  process.stdout.write(`${tooOld}\n`);
  process.stderr.write(`${tooOld} Put a newer one on PATH, or a link to it, named node, beside the program that was started.\n`);
  process.exitCode = 1;
} else {
  const given = Object.keys(process.env);
  // For files that lie on a dead share; it is looked at when files are first read.
  process.env['UV_THREADPOOL_SIZE'] ||= '64';
  const { start } = await import('./start.ts');
  await start(given);
}
