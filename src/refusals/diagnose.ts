import type { Registry } from '../contract/registry.ts';
import { isHtml } from '../contract/text.ts';
import type { Cache } from './cache.ts';
import type { Diagnosis } from './diagnosis.ts';
import { type Facts, factsOf, type Own } from './facts.ts';
import { explained } from './situations.ts';

/**
 * A response to one of our own requests. `host`: the server that answered. `action`: the right that the request needs.
 * `own`: what else is known of the request; with it, every response is explained.
 */
interface Answered {
  readonly status: number;
  readonly text: string;
  readonly action: string;
  readonly host: string;
  readonly own?: Own;
}

/**
 * What is known beyond the response. `principal`: ARN of the identity that fetched the token. `whose`: that identity in
 * words, where its ARN is not known. `puller`: the program that pulls, in words. `cache`: the rule that covers the
 * name, where that is known.
 */
interface Asked {
  readonly registry: Registry;
  readonly repository: string;
  readonly reference: string;
  readonly principal?: string;
  readonly whose?: string;
  readonly puller?: string;
  readonly cache?: Cache;
}

/** Explains a response of a registry; undefined for one that is not a refusal, or that no row of the table knows. */
export function diagnose({ status, text, action, host, own }: Answered, asked: Asked): Diagnosis | undefined {
  // The text of a store's response, or of a successful response, is not an error of a registry.
  if (own && (own.isSilent || own.at !== 'registry' || status < 400)) {
    const isPage = own.at === 'registry' && isHtml({ headers: new Map(), text });
    return explained({ ...factsOf(isPage ? '<html>' : '', host), ...asked, own, ...(isPage && { status }) } satisfies Facts);
  }
  if (status < 400) return undefined;
  return explained({ ...factsOf(text, host), ...asked, status, action, ...(own && { own }) } satisfies Facts);
}
