#!/usr/bin/env node
/**
 * The executable behind the shell fronts, and on Windows the whole of it: `docker VERB` speaks the credential helper
 * protocol, `kubelet` the credential provider's. It loads nothing of the daemon.
 */

import { tooOld } from '../least.ts';
import type { Run, Said } from './run.ts';

const protocols: Readonly<Record<string, () => Promise<(run: Run) => Promise<Said>>>> = {
  docker: async () => (await import('./docker.ts')).runDocker,
  kubelet: async () => (await import('./kubelet.ts')).runKubelet,
};

/** From the start of the process to its end, in milliseconds. */
const longestMs = 13_000;
/** More than any client writes, in characters. */
const longestInput = 1024 * 1024;

async function stdin(): Promise<string> {
  // Started by hand, without a word of what it shall do.
  if (process.stdin.isTTY && process.argv.length < 4) return '';
  let text = '';
  for await (const chunk of process.stdin.setEncoding('utf8')) {
    text += String(chunk);
    if (text.length > longestInput) break;
  }
  return text;
}

async function main(): Promise<number> {
  // For files that lie on a dead share.
  process.env['UV_THREADPOOL_SIZE'] ||= '64';
  const [name = '', ...args] = process.argv.slice(2);
  const protocol = Object.hasOwn(protocols, name) ? protocols[name] : undefined;
  if (!protocol) {
    process.stderr.write(`ecr-courier: one of ${Object.keys(protocols).join(', ')} is expected as the first argument.\n`);
    return 2;
  }
  // Clients show stderr to people, who can do nothing about what Node has to say.
  process.removeAllListeners('warning').on('warning', () => undefined);
  const { leaveOutUnreadable } = await import('../io/authorities.ts');
  await leaveOutUnreadable(process.env);
  const { clock } = await import('../contract/clock.ts');
  const { Failure } = await import('../contract/failures.ts');
  const { ensureHome } = await import('../io/home.ts');
  ensureHome(process.env);
  const ending = new AbortController();
  const late = new Failure('TIMEOUT', `No answer within ${longestMs / 1000} s.`, { remedy: 'Look at the way to AWS, and at the disk.' });
  void clock.sleep(longestMs - clock.mono(), new AbortController().signal).then(() => ending.abort(late));
  const work = await protocol();
  const run: Run = { args, env: process.env, clock, signal: ending.signal, stdin };
  const isTraced = Boolean(process.env['ECR_COURIER_TRACE']);
  const { code, stdout, stderr } = isTraced ? await (await import('./trace.ts')).traced(name, work, run) : await work(run);
  process.stderr.write(stderr);
  process.stdout.write(stdout);
  return code;
}

if (tooOld) {
  // Some clients show the one, some the other.
  process.stdout.write(`${tooOld}\n`);
  process.stderr.write(`${tooOld}\n`);
  process.exitCode = 1;
} else {
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
  const { redact } = await import('../contract/secret.ts');
  const { leave } = await import('../io/leave.ts');
  const code = await main().catch((error: unknown) => {
    const what = error instanceof Error ? (error.stack ?? error.message) : String(error);
    process.stderr.write(redact(`ecr-courier ends because of a mistake of its own. Please report this:\n${what}\n`));
    return 1;
  });
  await leave(code);
}
