import { brokenAt } from '../../adapters/common/json-text.ts';
import { type Sent, sentOf } from './entry.ts';
import type { Image } from './keys.ts';
import type { Client } from './rules.ts';

/**
 * DOCKER_AUTH_CONFIG, as Docker from 28.4 on and crane read it: they take `auths` and `auth` and nothing else, or they
 * drop the whole variable.
 */
export function dropped(text: string): string | undefined {
  const broken = brokenAt(text);
  if (broken) return 'it is no JSON';
  const { auths, ...others } = JSON.parse(text) as Readonly<Record<string, unknown>>;
  const [other] = Object.keys(others);
  if (other !== undefined) return 'it has a member beside `auths`';
  if (typeof auths !== 'object' || auths === null) return 'it has no `auths`';
  const entries = Object.entries(auths as Readonly<Record<string, unknown>>);
  const wrong = entries.find(([, entry]) => Object.keys(entry ?? {}).some(name => name !== 'auth'));
  return wrong ? 'an entry has a member beside `auth`' : undefined;
}

/** What a client takes from the variable for an image; undefined where it looks on. */
export function ofVariable(text: string, { host }: Image, client: Client): Sent | undefined {
  if (dropped(text) !== undefined) return undefined;
  const { auths } = JSON.parse(text) as { readonly auths: Readonly<Record<string, unknown>> };
  if (!Object.hasOwn(auths, host)) return undefined;
  const sent = sentOf(auths[host], host, client);
  return sent?.kind === 'login' ? sent : undefined;
}
