import { redact } from '../contract/secret.ts';
import { appendCapped } from '../io/append.ts';
import { version } from '../version.ts';
import { listen } from './calls.ts';
import type { Run, Said } from './run.ts';
import type { Env } from './settings.ts';

/** A file that grows beyond this is moved to FILE.1, over the one before. */
const mostBytes = 1024 * 1024;
/** Of one text in a record, in characters. */
const longestText = 8_000;

/**
 * Runs, and appends a line of JSON on it to the file that ECR_COURIER_TRACE names: the kubelet throws away what a
 * successful provider writes to stderr, and clients hide what a helper says. Secrets are masked. Never throws because
 * of the file.
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
  const record = {
    time: new Date(run.clock.wall()).toISOString(),
    program,
    version,
    pid: process.pid,
    startedAfterMs: Math.round(began),
    tookMs: Math.round(run.clock.mono() - began),
    arguments: run.args.map(masked),
    request: masked(stdin),
    exit: said.code,
    answer: masked(said.stdout),
    stderr: masked(said.stderr),
    identity,
    calls: calls.seen(),
    environment: namesOf(run.env),
  };
  await appendCapped(file, `${JSON.stringify(record)}\n`, mostBytes).catch(() => undefined);
  return said;
}

/** Values may be keys. */
const namesOf = (env: Env): string[] => Object.keys(env).sort();

/** A text without secrets, whether or not it is what it should be. */
function masked(text: string): string {
  const shown = maskedJson(text) ?? (/[{"]/.test(text) ? `[${text.length} characters that are no JSON]` : withoutUser(text));
  return redact(shown.length > longestText ? `${shown.slice(0, longestText)}...` : shown);
}

const withoutUser = (text: string): string => text.replaceAll(/(:\/\/)[^/@\s]*@/g, '$1[secret]@');

function maskedJson(text: string): string | undefined {
  try {
    const hidden = (name: string, value: unknown): unknown =>
      typeof value === 'string' && /secret|password|token/i.test(name) ? `[secret of ${value.length} characters]` : value;
    return JSON.stringify(JSON.parse(text), hidden);
  } catch {
    return undefined;
  }
}
