import { type Credential, oncePerCredential } from '../../src/contract/credential.ts';
import { asFailure, Failure } from '../../src/contract/failures.ts';
import type { Http } from '../../src/contract/http.ts';
import type { Receipt } from '../../src/contract/target.ts';
import { type Api, isLive, isResource, type Credential as Stored } from './api.ts';
import { refusal, unexpected } from './refusal.ts';
import type { Ref } from './survey.ts';

/** Writes a credential into the stored ones that `ref` names. */
export type Update = (ref: Ref, credential: Credential, signal: AbortSignal) => Promise<Receipt>;

/** isReadOnly: the last look showed that the key may change nothing. A refused write then stops the target. */
export function makeUpdate(http: Http, api: Api, isReadOnly: () => boolean): Update {
  async function put(at: string, id: string, credential: Credential, signal: AbortSignal): Promise<void> {
    const answer = await api.ask('PUT', `${at}/registrycredentials/${id}`, signal, loginOf(credential));
    if (answer.status !== 200) throw refusal(http, answer, `Updating credential ${id}`, isReadOnly() ? 'target' : 'slot');
    const stored = answer.json<Stored | null>();
    // Rancher also stores a password in a credential that is removed or switched off.
    if (!isResource(stored) || !isLive(stored)) {
      const state = isResource(stored) ? stored.state : 'in no state';
      throw new Failure('NOT_FOUND', `Credential ${id} took the password but is ${state}, so no pull uses it.`);
    }
    if (stored.publicValue !== credential.username)
      throw unexpected(`Rancher answered 200 for credential ${id} but did not store the user name.`);
  }

  /**
   * Writes every credential that serves, lowest number first: a running service keeps the number that it began with. If
   * one fails, the others are still written. Of several failures, one that may still land takes precedence.
   */
  return async ({ at, credentials }: Ref, credential: Credential, signal) => {
    const failures: Failure[] = [];
    for (const id of credentials) {
      const failure = await put(at, id, credential, signal).then(() => undefined, asFailure);
      if (failure?.stops === 'target' || (failure && signal.aborted)) throw failure;
      if (failure) failures.push(failure);
    }
    const failure = failures.find(({ facts }) => facts.mayLand) ?? failures[0];
    if (failure) throw failure;
    return { change: 'updated' };
  };
}

const loginOf = oncePerCredential(({ username, password }) => Object.freeze({ publicValue: username, secretValue: password.reveal() }));
