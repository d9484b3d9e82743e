import type { Clock } from '../contract/clock.ts';
import type { Failure } from '../contract/failures.ts';
import { oneLine } from '../contract/text.ts';
import type { Env } from './settings.ts';

/** One run of a program that others start to ask for a credential. */
export interface Run {
  readonly args: readonly string[];
  readonly env: Env;
  /** The names of the environment as it was given; missing: those of `env`. */
  readonly given?: readonly string[];
  readonly clock: Clock;
  /** Aborted, with a Failure as its reason, when the run must come to its end. */
  readonly signal: AbortSignal;
  /** Reads the request on standard input, once. Throws TIMEOUT when none is complete in time. */
  readonly stdin: () => Promise<string>;
  /** Hears which identity answers, in words without secrets. */
  readonly told?: (identity: string) => void;
}

/** What a run says. `stdout` is what programs read, `stderr` what they show to people. */
export interface Said {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Each sentence becomes a line on stderr, behind the name of the program. */
export const saying =
  (program: string) =>
  (code: number, stdout: string, ...sentences: readonly string[]): Said => ({
    code,
    stdout,
    stderr: sentences.map(sentence => `${program}: ${oneLine(sentence)}\n`).join(''),
  });

/** What happened and what to do about it, as two sentences: words of AWS come without a full stop. */
export const inFull = ({ message, remedy }: Pick<Failure, 'message' | 'remedy'>): string =>
  `${message}${/[.!?]$/.test(message) ? '' : '.'} ${remedy}`;
