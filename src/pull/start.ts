import { clock } from '../contract/clock.ts';
import { Failure } from '../contract/failures.ts';
import { redact } from '../contract/secret.ts';
import { leaveOutUnreadable } from '../io/authorities.ts';
import { ensureHome } from '../io/home.ts';
import { leave } from '../io/leave.ts';
import { notWritten, type Output, openOutput } from '../io/output.ts';
import { keepFromOthers } from './compiled.ts';
import { runDocker } from './docker.ts';
import { readInput, takeBegun } from './input.ts';
import { runKubelet } from './kubelet.ts';
import type { Run, Said } from './run.ts';

const protocols: Readonly<Record<string, (run: Run) => Promise<Said>>> = { docker: runDocker, kubelet: runKubelet };

/** The longest run in milliseconds, from the start of the process to its end. */
const longestMs = 13_000;

interface Outputs {
  readonly stdout: Output;
  readonly stderr: Output;
}

async function main(outputs: Outputs, ending: AbortController, given: readonly string[]): Promise<number> {
  const [name = '', ...args] = process.argv.slice(2);
  const protocol = Object.hasOwn(protocols, name) ? protocols[name] : undefined;
  if (!protocol) {
    outputs.stderr.write(`ecr-courier: one of ${Object.keys(protocols).join(', ')} is expected as the first argument.\n`);
    return 2;
  }
  // Clients show stderr to people, who can do nothing about Node's warnings.
  process.removeAllListeners('warning').on('warning', () => undefined);
  keepFromOthers(process.env);
  await leaveOutUnreadable(process.env);
  ensureHome(process.env);
  const late = new Failure('TIMEOUT', `No answer within ${longestMs / 1000} s.`, { remedy: 'Look at the way to AWS, and at the disk.' });
  void clock.sleep(longestMs - clock.mono(), new AbortController().signal).then(() => ending.abort(late));
  const begun = takeBegun(process.env);
  // Started by hand, without arguments.
  const isByHand = process.stdin.isTTY && args.length === 0;
  const stdin = async (): Promise<string> => (isByHand ? '' : await readInput(begun, process.stdin, ending.signal, clock));
  const run: Run = { args, env: process.env, given, clock, signal: ending.signal, stdin };
  const isTraced = Boolean(process.env['ECR_COURIER_TRACE']);
  const { code, stdout, stderr } = isTraced ? await (await import('./trace.ts')).traced(name, protocol, run) : await protocol(run);
  outputs.stderr.write(stderr);
  outputs.stdout.write(stdout);
  return code;
}

/**
 * Runs the whole program, from the request on stdin to the end of the process. `given` holds the names of the
 * environment variables before any was set.
 */
export async function start(given: readonly string[]): Promise<void> {
  const outputs = { stdout: openOutput(process.stdout), stderr: openOutput(process.stderr) };
  const { stdout, stderr } = outputs;
  const ending = new AbortController();
  const code = await main(outputs, ending, given).catch((error: unknown) => {
    const what = error instanceof Error ? (error.stack ?? error.message) : String(error);
    stderr.write(redact(`ecr-courier ends because of a mistake of its own. Please report this:\n${what}\n`));
    return 1;
  });
  // A pipe holds 64 KiB. Output beyond that would be lost with the process.
  const refused = (await stdout.settled(ending.signal)) ?? (stdout.writableLength ? unread : undefined);
  if (refused) stderr.write(`ecr-courier: ${notWritten(refused)}\n`);
  await stderr.settled(ending.signal);
  await leave(refused ? code || 1 : code);
}

const unread = new Error(`nobody has read it within ${longestMs / 1000} s`);
