import type { Clock } from '../contract/clock.ts';
import type { Failure } from '../contract/failures.ts';
import { oneLine } from '../contract/text.ts';
import type { Env } from './settings.ts';

/** One run of a program that clients start to ask for a credential. */
export interface Run {
  readonly args: readonly string[];
  readonly env: Env;
  /** The names of the variables with which the process was started. Default: those of `env`. */
  readonly given?: readonly string[];
  readonly clock: Clock;
  /** Aborted, with a Failure as its reason, when the run must end. */
  readonly signal: AbortSignal;
  /** Reads the request on standard input, once. Throws TIMEOUT when none is complete in time. */
  readonly stdin: () => Promise<string>;
  /** Receives the identity that answers, in words without secrets. */
  readonly told?: (identity: string) => void;
}

/** The output of a run. Programs read `stdout`, and show `stderr` to people. */
export interface Said {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Builds the output of a run. Each sentence becomes a line on stderr, after the name of the program. */
export const saying =
  (program: string) =>
  (code: number, stdout: string, ...sentences: readonly string[]): Said => ({
    code,
    stdout,
    stderr: sentences.map(sentence => `${program}: ${oneLine(sentence)}\n`).join(''),
  });

/** A failure as two sentences: what happened, and what to do about it. Words of AWS come without a full stop. */
export const inFull = ({ message, remedy }: Pick<Failure, 'message' | 'remedy'>): string =>
  `${message}${/[.!?]$/.test(message) ? '' : '.'} ${remedy}`;
