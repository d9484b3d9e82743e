import type { Readable } from 'node:stream';
import type { Clock } from '../contract/clock.ts';
import { Failure } from '../contract/failures.ts';
import { unless } from '../io/unless.ts';
import { membersOf } from './request.ts';

/** After a complete request, so long may pass until something more comes. In milliseconds. */
const quietMs = 100;

/** More than any client writes, in characters. */
const longestInput = 1024 * 1024;

/**
 * The line of standard input that `front.sh` has read before it became this program. The variable is removed, as the
 * line may hold a token and other programs would inherit it. Empty when nothing has been read.
 */
export function takeBegun(env: NodeJS.ProcessEnv): string {
  const { ECR_COURIER_BEGUN: line } = env;
  delete env['ECR_COURIER_BEGUN'];
  return line === undefined ? '' : `${line}\n`;
}

/**
 * Reads a request: to the end, or until it is complete and nothing follows. Some clients keep their end open and wait
 * for the answer. Throws TIMEOUT when the signal ends before that, and REJECTED for one that is too long.
 */
export async function readInput(begun: string, input: Readable, signal: AbortSignal, clock: Pick<Clock, 'sleep'>): Promise<string> {
  let text = begun;
  const chunks = input.setEncoding('utf8')[Symbol.asyncIterator]() as AsyncIterator<string, undefined>;
  for (;;) {
    if (text.length > longestInput) throw tooLong;
    const next = chunks.next();
    const work = isComplete(text) ? Promise.race([next, quiet(clock)]) : next;
    const chunk = await unless(signal, work).catch((error: unknown) => {
      throw signal.aborted ? late() : error;
    });
    if (chunk === 'quiet' || chunk.done) break;
    text += chunk.value;
  }
  return text;
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

/** The second pause lets the system tell what has come meanwhile, however busy the machine is. */
async function quiet(clock: Pick<Clock, 'sleep'>): Promise<'quiet'> {
  await clock.sleep(quietMs, never);
  await clock.sleep(1, never);
  return 'quiet';
}

/** One line with a word for a registry, or one JSON document. */
function isComplete(text: string): boolean {
  const request = text.trimStart();
  if (!request.startsWith('{')) return request.includes('\n');
  return request.trimEnd().endsWith('}') && membersOf(request) !== undefined;
}
