import type { Client } from './client.ts';
import { type Pair, valueIn } from './reading.ts';

/** The outcome of running a helper. */
export type Outcome = 'login' | 'missing' | 'failing' | 'notFound';

const reasons: Readonly<Record<Exclude<Outcome, 'login'>, string>> = {
  missing: 'is not on PATH',
  failing: 'fails',
  notFound: 'says that it has no login for this host',
};

export const whyNot = (program: string, outcome: Exclude<Outcome, 'login'>): string => `docker-credential-${program} ${reasons[outcome]}`;

/** The program that a member of `credHelpers` names. Empty: it names an empty one; undefined: it names none. */
export function programOf(pair: Pair, { json, helpers }: Client): string | undefined {
  const value = valueIn(pair);
  if (value === null && json.entry === 'folded') return '';
  if (typeof value === 'number' && helpers.missing === 'fails') return String(value);
  return typeof value === 'string' ? value : undefined;
}
