import { redact, redactQuoted } from './secret.ts';
import { cut, visible } from './text.ts';

/**
 * The single table of failures: when to retry, what a failure stops, what it means and what a person can do. Feeds the
 * metric label `code`, docs/errors.md and the tests. retry: soon = after seconds, doubling to minutes; slow = after
 * minutes; key = after minutes, or immediately with a new key; refetch = with a new credential; rediscover = after a
 * new discovery of the target.
 */
export const failures = {
  UNREACHABLE: {
    retry: 'soon',
    stops: 'target',
    doc: 'No connection: name not found, refused, reset, or the TLS handshake failed.',
    remedy: 'Check address, port, DNS and firewall from where the courier runs.',
  },
  TIMEOUT: {
    retry: 'soon',
    stops: 'slot',
    doc: 'No complete answer within the deadline.',
    remedy: 'Look at the load of the other side and at what lies between; if it is only slow, raise the deadline.',
  },
  BUSY: {
    retry: 'soon',
    stops: 'target',
    doc: 'The other side asks to come back later (429, 503, 408, a login ban). Retry-After is obeyed.',
    remedy: 'Nothing to do unless it lasts.',
  },
  UNEXPECTED: {
    retry: 'soon',
    stops: 'slot',
    doc: 'An answer that the courier does not know.',
    remedy: 'If the message quotes an answer, read that. If the product is a supported version, please report it.',
  },
  AUTH: {
    retry: 'key',
    stops: 'target',
    doc: 'The other side does not accept the courier’s key or login.',
    remedy: 'Create a new key and put it where the configuration points; a file is read again by itself.',
  },
  FORBIDDEN: {
    retry: 'slow',
    stops: 'slot',
    doc: 'The courier’s key is accepted, but lacks a right.',
    remedy: 'Grant the right that the message names. Then `ecr-courier refresh` ends the pause.',
  },
  MISCONFIGURED: {
    retry: 'slow',
    stops: 'target',
    doc: 'The target or source cannot work as configured.',
    remedy: 'Change the option that the message names.',
  },
  REJECTED: {
    retry: 'slow',
    stops: 'slot',
    doc: 'The other side refuses what was written.',
    remedy: 'Mend what the message names: it quotes the reason of the other side.',
  },
  CONFLICT: {
    retry: 'slow',
    stops: 'slot',
    doc: 'Somebody else owns the entry, or two entries are in each other’s way.',
    remedy: 'Rename or remove one of the two.',
  },
  TOO_LARGE: {
    retry: 'slow',
    stops: 'slot',
    doc: 'What was sent is larger than the other side takes, or its answer is larger than the courier reads.',
    remedy: 'Raise the limit that the message names.',
  },
  CREDENTIAL_REFUSED: {
    retry: 'refetch',
    stops: 'slot',
    doc: 'The manager, or ECR itself, refused the credential.',
    remedy: 'Check that the AWS identity may pull from this registry, and that the manager can reach ECR.',
  },
  NOT_FOUND: {
    retry: 'rediscover',
    stops: 'slot',
    doc: 'The entry is gone or has moved.',
    remedy: 'Nothing to do: the courier looks again.',
  },
} as const satisfies Record<
  string,
  { retry: 'soon' | 'slow' | 'key' | 'refetch' | 'rediscover'; stops: 'slot' | 'target'; doc: string; remedy: string }
>;

export type FailureCode = keyof typeof failures;

export interface FailureFacts {
  readonly stops?: 'slot' | 'target';
  /**
   * The write was sent but the manager's own answer did not arrive (deadline, reset, a proxy's 502 or 504, our abort),
   * so the write may still land. Set by `http`.
   */
  readonly mayLand?: boolean;
  /**
   * Nothing was sent or written, because this command only reads (refused), or because another courier may lead (lost).
   * Set by `http` and `files`.
   */
  readonly barred?: 'refused' | 'lost';
  readonly retryAfterMs?: number;
  /**
   * The time after which another try is worthwhile although the code would wait longer, in milliseconds, because asking
   * costs the server little. Unlike `retryAfterMs`, which the server asked for, a refresh ends this pause.
   */
  readonly tryAgainMs?: number;
  readonly remedy?: string;
  /** The cause in one clause of our own, for a message that is long or quotes a response. No full stop. */
  readonly short?: string;
  readonly cause?: unknown;
  /** The request to AWS that failed. */
  readonly asked?: Asked;
}

/**
 * A request to AWS. `right`: the permission that it needs, such as `sts:AssumeRole`. `externalId`: the external id that
 * was sent with it for a role; null where none was sent.
 */
export interface Asked {
  readonly right: string;
  readonly externalId?: string | null;
}

/** The maximum length of a message, in characters. Longer messages quote too much. */
const longest = 4000;

/**
 * What prevented an operation: a code from the table, a sentence for people without secrets, and facts for the engine.
 * Adapters in plain JavaScript may pass what the compiler would reject: an unknown code becomes UNEXPECTED, and invalid
 * facts are dropped.
 */
export class Failure extends Error {
  override readonly name = 'Failure';
  readonly code: FailureCode;
  readonly facts: FailureFacts;

  constructor(code: FailureCode, message: string, facts: FailureFacts = {}) {
    const known = Object.hasOwn(failures, code);
    const text = known ? message : `${message} (its failure code ${code} is not in the table)`;
    super(cut(visible(redact(text)), longest), { cause: facts.cause });
    this.code = known ? code : 'UNEXPECTED';
    this.facts = soundFacts(facts);
  }
  get stops(): 'slot' | 'target' {
    return this.facts.stops ?? failures[this.code].stops;
  }
  get remedy(): string {
    const { remedy } = this.facts;
    return remedy === undefined ? failures[this.code].remedy : cut(visible(redact(remedy)), longest);
  }
  /** The cause in one clause, for programs that show little. Defaults to the first sentence of the message. */
  get short(): string {
    const { short } = this.facts;
    if (short !== undefined) return cut(visible(redact(short)), longest);
    const [sentence = ''] = /^.*?(?=[.!?](?:\s|$)|$)/s.exec(this.message) ?? [];
    return sentence;
  }
}

const rules: { readonly [K in keyof FailureFacts]-?: (value: unknown) => boolean } = {
  stops: value => value === 'slot' || value === 'target',
  mayLand: value => typeof value === 'boolean',
  barred: value => value === 'refused' || value === 'lost',
  retryAfterMs: value => Number.isFinite(value) && (value as number) >= 0,
  tryAgainMs: value => Number.isFinite(value) && (value as number) >= 1000,
  remedy: value => typeof value === 'string' && value !== '',
  short: value => typeof value === 'string' && value !== '',
  cause: () => true,
  asked: value => typeof value === 'object' && value !== null,
};

/** Returns the same object when all facts are valid, otherwise a copy without the invalid ones. */
function soundFacts(facts: FailureFacts): FailureFacts {
  const names = Object.keys(facts) as (keyof FailureFacts)[];
  const isSound = (name: keyof FailureFacts): boolean => Object.hasOwn(rules, name) && rules[name](facts[name]);
  return names.every(isSound) ? facts : Object.fromEntries(names.filter(isSound).map(name => [name, facts[name]]));
}

/**
 * Converts anything that was thrown to a Failure. An unknown error becomes UNEXPECTED and contributes only its message:
 * its other members may hold headers or bodies. Even the message is redacted, since it may quote received text
 * (JSON.parse does). What Node throws after an abort counts as the Failure with which the signal was aborted.
 */
export function asFailure(thrown: unknown): Failure {
  if (thrown instanceof Failure) return thrown;
  if (thrown instanceof Error && thrown.name === 'AbortError' && thrown.cause instanceof Failure) return thrown.cause;
  return new Failure('UNEXPECTED', redactQuoted(wordsOf(thrown)), { cause: thrown });
}

/**
 * Converts what an adapter threw to a plain Failure. An adapter in plain JavaScript may have modified the members of a
 * Failure, or have subclassed it.
 */
export function asToldFailure(thrown: unknown): Failure {
  try {
    const failure = asFailure(thrown);
    return new Failure(failure.code, failure.message, failure.facts);
  } catch {
    return new Failure('UNEXPECTED', 'a Failure without a readable message was thrown');
  }
}

function wordsOf(thrown: unknown): string {
  try {
    // Cut before the costly redaction: the message may be a whole response.
    return cut(thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : String(thrown), longest);
  } catch {
    return 'something without a readable message was thrown';
  }
}
