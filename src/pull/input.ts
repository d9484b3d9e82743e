import type { Readable } from 'node:stream';
import type { Clock } from '../contract/clock.ts';
import { Failure } from '../contract/failures.ts';
import { unlessAborted } from '../contract/unless.ts';
import { membersOf } from './request.ts';

/** How long to wait for more after a complete request, in milliseconds. */
const quietMs = 100;

/** The longest request, in characters: more than any client writes. */
const longestInput = 1024 * 1024;

/**
 * The line of standard input that `front.sh` read before it became this program; empty when it read none. The variable
 * is removed, because the line may hold a token and other programs would inherit it.
 */
export function takeBegun(env: NodeJS.ProcessEnv): string {
  const { ECR_COURIER_BEGUN: line } = env;
  delete env['ECR_COURIER_BEGUN'];
  return line === undefined ? '' : `${line}\n`;
}

/**
 * Reads a request to the end of the input, or until it is complete and nothing follows: some clients keep their end
 * open and wait for the answer. Throws TIMEOUT when the signal ends before that, and REJECTED for a request that is too
 * long.
 */
export async function readInput(begun: string, input: Readable, signal: AbortSignal, clock: Pick<Clock, 'sleep'>): Promise<string> {
  let text = begun;
  const chunks = input.setEncoding('utf8')[Symbol.asyncIterator]() as AsyncIterator<string, undefined>;
  for (;;) {
    if (text.length > longestInput) throw tooLong;
    const next = chunks.next();
    const work = isComplete(text) ? Promise.race([next, quiet(clock)]) : next;
    const chunk = await unlessAborted(signal, work).catch((error: unknown) => {
      throw signal.aborted ? late() : error;
    });
    if (chunk === 'quiet' || chunk.done) break;
    text += chunk.value;
  }
  // As PowerShell may put one before it.
  return text.replace(/^\uFEFF/, '');
}

const tooLong = new Failure(
  'REJECTED',
  `What came on standard input is longer than ${longestInput} characters, the longest request that is taken.`,
  {
    remedy: 'A request is one line with a registry, or one JSON document. Look at what starts this program.',
  },
);
const never = new AbortController().signal;
const late = (): Failure =>
  new Failure('TIMEOUT', 'No complete request came on standard input in time.', {
    remedy: 'A request is one line with a registry, or one JSON document. Look at what starts this program.',
  });

/**
 * Waits until the input counts as quiet. The second pause lets the system deliver what has come meanwhile, however busy
 * the machine is.
 */
async function quiet(clock: Pick<Clock, 'sleep'>): Promise<'quiet'> {
  await clock.sleep(quietMs, never);
  await clock.sleep(1, never);
  return 'quiet';
}

/** Whether a text is a complete request: one line that names a registry, or one JSON document. */
function isComplete(text: string): boolean {
  const request = text.trimStart();
  if (!request.startsWith('{')) return request.includes('\n');
  return request.trimEnd().endsWith('}') && membersOf(request) !== undefined;
}
