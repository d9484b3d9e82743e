#!/usr/bin/env node
/**
 * The executable behind the shell fronts; on Windows it is the whole program. `docker VERB` runs the credential helper
 * protocol, `kubelet` that of the credential provider. It loads nothing of the daemon.
 */

import { tooOld } from '../least.ts';

if (tooOld) {
  // Some clients show stdout, others stderr.
  process.stdout.write(`${tooOld}\n`);
  process.stderr.write(`${tooOld} Put a newer one on PATH, or a link to it, named node, beside the program that was started.\n`);
  process.exitCode = 1;
} else {
  const given = Object.keys(process.env);
  // Files on a dead share block threads of the pool. Its size is read when files are first read.
  process.env['UV_THREADPOOL_SIZE'] ||= '64';
  const { start } = await import('./start.ts');
  await start(given);
}
