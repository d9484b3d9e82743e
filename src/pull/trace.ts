import { isAbsolute } from 'node:path';
import { appendCapped } from '../io/append.ts';
import { version } from '../version.ts';
import { listen } from './calls.ts';
import { masksFor } from './mask.ts';
import type { Run, Said } from './run.ts';

/** The largest file, in bytes. One that grows beyond this is moved to FILE.1, replacing the one before. */
const mostBytes = 1024 * 1024;

/**
 * Runs the program, and appends a line of JSON about it to the file that ECR_COURIER_TRACE names: the kubelet discards
 * what a successful provider writes to stderr, and clients hide what a helper says. Secrets are masked. A file that
 * cannot be written is reported on stderr, and fails nothing.
 */
export async function traced(program: string, work: (run: Run) => Promise<Said>, run: Run): Promise<Said> {
  const file = run.env['ECR_COURIER_TRACE'];
  if (!file) return await work(run);
  const calls = listen(run.clock);
  let stdin = '';
  let identity: string | undefined;
  const heard = async (): Promise<string> => (stdin = await run.stdin());
  const told = (words: string): void => void (identity = words);
  const began = run.clock.mono();
  const said = await work({ ...run, stdin: heard, told }).finally(calls.end);
  const masks = masksFor(stdin);
  const record = {
    time: new Date(run.clock.wall()).toISOString(),
    program,
    version,
    pid: process.pid,
    startedAfterMs: Math.round(began),
    tookMs: Math.round(run.clock.mono() - began),
    arguments: run.args.map(masks.argument),
    request: masks.asked(stdin),
    exit: said.code,
    answer: masks.answered(said.stdout),
    stderr: masks.own(said.stderr),
    identity: identity && masks.own(identity),
    calls: calls.seen().map(call => ({ ...call, ...(call.role && { role: masks.own(call.role) }) })),
    environment: (run.given ?? Object.keys(run.env)).filter(name => !ofShells.has(name)).sort(),
  };
  const why = await refusal(file, `${JSON.stringify(record)}\n`);
  return why === undefined ? said : { ...said, stderr: `${said.stderr}ecr-courier: No trace is written, as ECR_COURIER_TRACE ${why}.\n` };
}

/** The beginning of each record. */
const begins = '{"time":"';

/** Why a record could not be appended, as the end of a sentence. */
async function refusal(file: string, line: string): Promise<string | undefined> {
  const path = JSON.stringify(file);
  if (!isAbsolute(file)) return `is ${path}, and a whole path is needed: whoever starts this program decides where it runs`;
  return await appendCapped(file, line, { mostBytes, begins }).then(
    () => undefined,
    ({ code = 'unknown' }: NodeJS.ErrnoException) =>
      `names ${path}: ${Object.hasOwn(reasons, code) ? reasons[code] : `the system says ${code}`}`,
  );
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'its folder does not exist',
  ENOTDIR: 'its folder does not exist',
  EISDIR: 'that is a folder',
  EACCES: 'this user may not write there',
  EROFS: 'the file system is read-only',
  ELOOP: 'that is a link, and links are not followed',
  ENXIO: 'that is a pipe that nobody reads',
  ENOSPC: 'the disk is full',
  FOREIGN: 'that file holds something else, and is left alone',
};

/**
 * Variables that the shell of the front sets for every caller. For all others only the names are recorded, because
 * values may be keys.
 */
const ofShells: ReadonlySet<string> = new Set(['PWD', 'OLDPWD', 'SHLVL', '_', 'NODE_COMPILE_CACHE', 'ECR_COURIER_BEGUN']);
