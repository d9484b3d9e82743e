import type { Deps } from '../../src/contract/adapter.ts';
import type { Answer, Http } from '../../src/contract/http.ts';
import type { Rehearsal } from '../../src/contract/target.ts';
import type { Api } from './api.ts';
import type { Code } from './findings.ts';
import { readOnly, refusal } from './refusal.ts';
import type { Ref } from './survey.ts';

/**
 * The part of a Rancher schema that says what the key may do with a type. A response that is not a schema has neither
 * member.
 */
interface Methods {
  readonly collectionMethods?: unknown;
  readonly resourceMethods?: unknown;
}

/**
 * Says what a delivery would do, as far as the key's rights tell: Rancher's schemas show each key the methods that it
 * may use (recorded). Throws FORBIDDEN where the key may not write.
 */
export async function rehearsed(
  http: Http,
  api: Api,
  { at, registry, credentials }: Ref,
  signal: AbortSignal,
  { finding }: Pick<Deps<Code>, 'finding'>,
): Promise<Rehearsal> {
  const isThere = credentials.length > 0;
  const types = isThere || registry !== undefined ? ['registrycredential'] : ['registry', 'registrycredential'];
  for (const type of types) {
    const answer = await api.ask('GET', `${at}/schemas/${type}`, signal);
    if (answer.status === 401 || answer.status === 403) throw refusal(http, answer, 'Reading a schema');
    const { collectionMethods, resourceMethods } = methodsIn(answer);
    const methods = isThere ? resourceMethods : collectionMethods;
    if (!Array.isArray(methods)) {
      const said = `Rancher did not say whether the key may write: GET ${at}/schemas/${type} was answered with ${answer.status}.`;
      return { change: 'untried', findings: [finding('METHODS_HIDDEN', said)] };
    }
    if (!methods.includes(isThere ? 'PUT' : 'POST')) throw readOnly('This key may not change the registries of the environment.', 'slot');
  }
  return { change: isThere ? 'updated' : 'created' };
}

function methodsIn(answer: Answer): Methods {
  try {
    return (answer.status === 200 && answer.json<Methods | null>()) || {};
  } catch {
    return {};
  }
}
