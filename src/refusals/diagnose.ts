import type { Registry } from '../contract/registry.ts';
import type { Cache } from './cache.ts';
import type { Diagnosis } from './diagnosis.ts';
import { type Facts, factsOf } from './facts.ts';
import { explained } from './situations.ts';

/** An answer that we got ourselves. `host`: who was asked. `action`: the right that the request needs. */
export interface Answered {
  readonly status: number;
  readonly text: string;
  readonly action: string;
  readonly host: string;
}

/**
 * What we know besides. `principal`: ARN of the identity that fetched the token. `puller`: who pulls, in words.
 * `cache`: what covers the name, where that is known.
 */
export interface Asked {
  readonly registry: Registry;
  readonly repository: string;
  readonly reference: string;
  readonly principal?: string;
  readonly puller?: string;
  readonly cache?: Cache;
}

/** What an answer of a registry means; undefined for one that is no refusal, or that nobody knows. */
export function diagnose(answer: Answered, asked: Asked): Diagnosis | undefined {
  const { status, text, action, host } = answer;
  if (status < 400) return undefined;
  return foreign(answer, asked) ?? explained({ ...factsOf(text, host), ...asked, status, action } satisfies Facts);
}

/** Nothing in the words of a refusal tells that its cause is the partition. */
function foreign({ status, host }: Answered, { principal, registry }: Asked): Diagnosis | undefined {
  const partition = /^arn:(?<partition>[\w-]+):/.exec(principal ?? '')?.groups?.['partition'];
  if (partition === undefined || partition === registry.partition || (status !== 401 && status !== 403)) return undefined;
  return {
    id: 'other-partition',
    sentence: `The token is of an identity of the partition ${partition}, and ${host} is in ${registry.partition}: identities are known in their own partition only.`,
    side: 'the source that is chosen for this registry',
    remedy:
      'Configure a source with an identity of that partition (China, GovCloud and others have accounts of their own), for this account or host.',
  };
}
