import type { Deps } from '../../src/contract/adapter.ts';
import type { About } from '../../src/contract/target.ts';
import { makeGlance } from '../common/glance.ts';
import type { Api } from './api.ts';
import { mapOf, textOf } from './objects.ts';
import type { Show } from './papers.ts';

/** Returns a reader of the cluster's version and of the token's subject, which are for display only. */
export function makeAbout(api: Api, papers: Show, { clock }: Pick<Deps, 'clock'>) {
  async function product(signal: AbortSignal): Promise<string | undefined> {
    const answer = await api.ask('GET', '/version', { signal });
    const version = answer.status === 200 ? textOf(mapOf(answer.json<unknown>())['gitVersion']) : '';
    return version === '' ? undefined : `Kubernetes ${version}`;
  }
  async function principal(signal: AbortSignal): Promise<string | undefined> {
    const { token } = await papers(signal);
    return token && subjectOf(token.reveal());
  }
  const glance = makeGlance(clock, { product, principal });
  return async (signal: AbortSignal): Promise<About> => {
    const { product: seen = 'Kubernetes', principal: who } = await glance(signal);
    return { product: seen, ...(who !== undefined && { principal: who }) };
  };
}

/** The `sub` in the payload of a token, as ServiceAccount tokens have it. undefined: the token is of another kind. */
function subjectOf(token: string): string | undefined {
  try {
    const { sub } = mapOf(JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()));
    return typeof sub === 'string' && sub !== '' ? sub : undefined;
  } catch {
    return undefined;
  }
}
