import { brokenAt } from '../../adapters/common/json-text.ts';
import { text as asText, isMap } from '../../adapters/docker-config/types.ts';
import type { Client } from './client.ts';
import { type Sent, sentOf } from './entry.ts';
import type { Image } from './keys.ts';

/**
 * DOCKER_AUTH_CONFIG, as Docker from 28.4 on and crane read it: they take `auths` and `auth` and nothing else, or they
 * drop the whole variable.
 */
export function dropped(text: string): string | undefined {
  const broken = brokenAt(text);
  if (broken) return 'it is no JSON';
  const whole: unknown = JSON.parse(text);
  if (!isMap(whole)) return 'it is no map';
  const { auths, ...others } = whole;
  const [other] = Object.keys(others);
  if (other !== undefined) return 'it has a member beside `auths`';
  if (!isMap(auths)) return 'it has no map `auths`';
  const entries = Object.values(auths).filter(entry => entry !== null);
  if (!entries.every(isMap)) return 'an entry is no map';
  if (entries.some(entry => Object.keys(entry).some(name => name !== 'auth'))) return 'an entry has a member beside `auth`';
  return entries.every(({ auth }) => asText.fits(auth ?? null)) ? undefined : 'an `auth` is no text';
}

/** What a client takes from the variable for an image; undefined where it looks on. */
export function ofVariable(text: string, { host }: Image, client: Client): Sent | undefined {
  if (dropped(text) !== undefined) return undefined;
  const { auths } = JSON.parse(text) as { readonly auths: Readonly<Record<string, unknown>> };
  if (!Object.hasOwn(auths, host)) return undefined;
  const sent = sentOf(auths[host], host, client);
  return sent?.kind === 'login' ? sent : undefined;
}
