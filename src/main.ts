#!/usr/bin/env node
/**
 * The executable: checks the version of Node, turns signals into one abort, and a command's result into the exit code.
 */

import { tooOld } from './least.ts';
import './memory.ts';

if (tooOld) {
  process.stderr.write(`${tooOld}\n`);
  process.exitCode = 1;
} else {
  // A file on a dead share blocks its thread. Threads are created on demand, and an idle one costs next to nothing.
  process.env['UV_THREADPOOL_SIZE'] ||= '64';
  const { leaveOutUnreadable, verifyAlways } = await import('./io/authorities.ts');
  await leaveOutUnreadable(process.env);
  verifyAlways(process.env);
  const stopping = new AbortController();
  let again = (): void => process.exit(1);
  const stop = (): void => {
    if (stopping.signal.aborted) again();
    stopping.abort();
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, stop);
  // A SIGHUP that arrives before the daemon can reload must not end it.
  let hungUp = (): void => undefined;
  process.on('SIGHUP', () => hungUp());
  // Imported after the check of the version, because an older Node could not even parse these modules.
  const { isDaemon, runCommand } = await import('./commands/index.ts');
  const { ensureHome } = await import('./io/home.ts');
  const { endInTime, endNow, leave } = await import('./io/leave.ts');
  const { isUnread, notWritten, openOutput } = await import('./io/output.ts');
  const { foreignFile, isOurs, textOf } = await import('./commands/stray.ts');
  const { redact } = await import('./contract/secret.ts');
  // A bug must end the process, rather than leave a daemon that only looks alive. Node's own output could show more
  // than the stack.
  const whose = process.env['ECR_COURIER_ADAPTERS'] ? 'its own, or of an adapter that ECR_COURIER_ADAPTERS names' : 'its own';
  let stray: ((thrown: unknown) => void) | undefined;
  process.on('uncaughtException', error => {
    if (stray && !isOurs(error, import.meta.dirname)) return stray(error);
    process.stderr.write(
      redact(
        `ecr-courier ends because of a mistake of ${whose}. Please report this:\n${error instanceof Error ? (error.stack ?? error.message) : textOf(error)}\n`,
      ),
    );
    endNow(1);
  });
  // Node would write warnings as plain text, among log lines in JSON.
  let warned = ({ message }: Error): void => void process.stderr.write(redact(`ecr-courier: Node warns: ${message}\n`));
  process.removeAllListeners('warning').on('warning', warning => warned(warning));
  again = () => endNow(1);
  endInTime(stopping.signal);
  const stdout = openOutput(process.stdout);
  process.stderr.on('error', () => undefined);
  // For ps and top, which would otherwise show one of many processes called node.
  process.title = 'ecr-courier';
  ensureHome(process.env);
  const args = process.argv.slice(2);
  const stays = isDaemon(args);
  if (!stays) hungUp = stop;
  const code = await runCommand(args, {
    env: process.env,
    stdout,
    stderr: process.stderr,
    // A getter, so that stdin is opened only by a command that reads it.
    get stdin() {
      return process.stdin;
    },
    signal: stopping.signal,
    onReload(listener) {
      hungUp = listener;
    },
    onWarning(listener) {
      warned = listener;
    },
    onStray(listener) {
      // A stray error of a third-party adapter must not affect the other targets.
      if (!process.env['ECR_COURIER_ADAPTERS']) return;
      stray = thrown => listener(thrown, foreignFile(thrown, import.meta.dirname));
      process.on('unhandledRejection', stray);
    },
  });
  // A daemon ends in time even when its log is not read, or cannot be written.
  const unwritten = stays ? undefined : await stdout.settled(stopping.signal);
  const refused = unwritten && !isUnread(unwritten) ? unwritten : undefined;
  if (refused) process.stderr.write(`ecr-courier: ${notWritten(refused)}\n`);
  await leave(refused ? code || 1 : code);
}
