import type { Registry } from '../contract/registry.ts';
import { isHtml } from '../contract/text.ts';
import type { Cache } from './cache.ts';
import type { Diagnosis } from './diagnosis.ts';
import { type Facts, factsOf, type Own } from './facts.ts';
import { explained } from './situations.ts';

/**
 * An answer that we got ourselves. `host`: who was asked. `action`: the right that the request needs.
 * `own`: what else we know of it; then something is said of every answer.
 */
export interface Answered {
  readonly status: number;
  readonly text: string;
  readonly action: string;
  readonly host: string;
  readonly own?: Own;
}

/**
 * What we know besides. `principal`: ARN of the identity that fetched the token; `whose`: that one in words, where its
 * ARN is not known. `puller`: who pulls, in words.
 * `cache`: what covers the name, where that is known.
 */
export interface Asked {
  readonly registry: Registry;
  readonly repository: string;
  readonly reference: string;
  readonly principal?: string;
  readonly whose?: string;
  readonly puller?: string;
  readonly cache?: Cache;
}

/** What an answer of a registry means; undefined for one that is no refusal, or that nobody knows. */
export function diagnose({ status, text, action, host, own }: Answered, asked: Asked): Diagnosis | undefined {
  // Words of a store, and of an answer that refuses nothing, are not those of a registry.
  if (own && (own.isSilent || own.at !== 'registry' || status < 400)) {
    const isPage = own.at === 'registry' && isHtml({ headers: new Map(), text });
    return explained({ ...factsOf(isPage ? '<html>' : '', host), ...asked, own, ...(isPage && { status }) } satisfies Facts);
  }
  if (status < 400) return undefined;
  return explained({ ...factsOf(text, host), ...asked, status, action, ...(own && { own }) } satisfies Facts);
}
