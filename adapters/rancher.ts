import { type Deps, type Discovery, defineAdapter, type Receipt, type Target } from '../src/contract/adapter.ts';
import { type Credential, oncePerCredential } from '../src/contract/credential.ts';
import { asFailure, Failure } from '../src/contract/failures.ts';
import { label } from '../src/contract/text.ts';
import { givenTo } from '../src/contract/usual.ts';
import { type Place, pathOf, placeOf } from './rancher/address.ts';
import { type Api, isLive, isResource, type Listed, openApi, type Registry, type Credential as Stored } from './rancher/api.ts';
import { makeCreation } from './rancher/creation.ts';
import { type Code, findings } from './rancher/findings.ts';
import { createKey, longestSecret, readOnly, refusal, tooLong, unexpected } from './rancher/refusal.ts';
import { type Ref, survey } from './rancher/survey.ts';

/** Kinds of accounts that are an environment: nothing has to be named in the path. */
const environmentKinds = ['project', 'projectadmin', 'environment'];

export const rancher = defineAdapter({
  kind: 'rancher',
  doc: 'Rancher 1.6 (Cattle): keeps the credentials of the ECR registries of an environment fresh.',
  options: {
    url: {
      doc: 'Address of Rancher, or the endpoint of an environment as Rancher shows it at API > Keys: https://rancher/v2-beta/projects/1a5.',
      format: 'url',
      env: 'CATTLE_URL',
    },
    accessKey: {
      doc: 'Access key of the environment. Without keys Rancher’s access control must be off.',
      format: 'login',
      default: null,
      env: 'CATTLE_ACCESS_KEY',
    },
    secretKey: { doc: 'The secret key that goes with it.', format: 'secret', default: null, env: 'CATTLE_SECRET_KEY' },
  },
  limits: { concurrency: 4, discoverMs: 30_000, deliverMs: 30_000 },
  keyHint: createKey,
  findings,
  create({ url, accessKey, secretKey }, deps: Deps<Code>): Target<Ref> {
    if ((accessKey === undefined) !== (secretKey === undefined))
      throw new Failure('MISCONFIGURED', `Rancher wants both keys or none: ${accessKey ? 'secretKey' : 'accessKey'} is not given.`, {
        remedy: `Give both (${createKey}), or neither where access control is off.`,
      });
    const place = placeOf(url);
    const http = deps.http({ url: place.url });
    const api = openApi(http, place.url, accessKey, secretKey);
    /** Whether the last look showed that the key may change nothing. Then a refused write concerns every registry. */
    let isReadOnly = false;

    async function put(at: string, id: string, credential: Credential, signal: AbortSignal): Promise<void> {
      const answer = await api.ask('PUT', `${at}/registrycredentials/${id}`, signal, loginOf(credential));
      if (answer.status !== 200) throw refusal(http, answer, `Updating credential ${id}`, isReadOnly ? 'target' : 'slot');
      const stored = answer.json<Stored | null>();
      // What was removed or switched off takes a password just as well.
      if (!isResource(stored) || !isLive(stored)) {
        const state = isResource(stored) ? stored.state : 'in no state';
        throw new Failure('NOT_FOUND', `Credential ${id} took the password but is ${state}, so no pull uses it.`);
      }
      if (stored.publicValue !== credential.username)
        throw unexpected(`Rancher answered 200 for credential ${id} but did not store the user name.`);
    }

    /**
     * Writes every credential that serves, the lowest number first: a running service keeps the number that it began
     * with. The others are written when one fails. Of several failures the one counts that may still land.
     */
    async function update({ at, credentials }: Ref, credential: Credential, signal: AbortSignal): Promise<Receipt> {
      const failures: Failure[] = [];
      for (const id of credentials) {
        const failure = await put(at, id, credential, signal).then(() => undefined, asFailure);
        if (failure?.stops === 'target' || (failure && signal.aborted)) throw failure;
        if (failure) failures.push(failure);
      }
      const failure = failures.find(({ facts }) => facts.mayLand) ?? failures[0];
      if (failure) throw failure;
      return { change: 'updated' };
    }
    const create = makeCreation(http, api, deps.clock, update);

    return {
      address: `${place.url}${pathOf(place, place.project)}`,
      async discover(signal): Promise<Discovery<Ref>> {
        const { at, listed, checked } = await enter(api, place, signal);
        const seen = survey(listed.items, at, deps);
        isReadOnly = seen.isReadOnly;
        const doubt = deps.finding('KEY_NOT_CHECKED', 'Rancher took the courier for its administrator, whatever its key.');
        const principal = listed.kind && `${listed.kind} ${listed.account}`;
        return {
          slots: seen.slots,
          findings: checked ? seen.findings : [...seen.findings, doubt],
          about: { product: `Rancher 1.6 (${place.version})`, ...(principal && { principal }) },
        };
      },
      async deliver(slot, credentials, signal) {
        const given = givenTo(slot, credentials);
        if (!given) return { change: 'unchanged' };
        const { registry, credential } = given;
        const { ref } = slot;
        return ref.credentials.length > 0 ? update(ref, credential, signal) : create(ref, registry.host, credential, signal);
      },
      // Rancher tries no credential without keeping it. The last look and the length of the token are all that tells of
      // a refusal.
      async rehearse(slot, credentials) {
        const given = givenTo(slot, credentials);
        if (!given) return { change: 'unchanged' };
        if (isReadOnly) throw readOnly('This key may not change the registries of the environment.', 'slot');
        const { length } = given.credential.password.reveal();
        if (length > longestSecret) throw tooLong(`The ECR password has ${length} characters.`);
        return { change: slot.ref.credentials.length > 0 ? 'updated' : 'created' };
      },
    };
  },
});

interface Entered {
  readonly at: string;
  readonly listed: Listed<Registry>;
  /** Whether Rancher looked at the key at all. */
  readonly checked: boolean;
}

/**
 * The registries of the one environment that address and key mean. Throws MISCONFIGURED when they mean none or several.
 */
async function enter(api: Api, place: Place, signal: AbortSignal): Promise<Entered> {
  const at = pathOf(place, place.project);
  const listed = await api.registries(at, signal);
  const { kind } = listed;
  // With access control off a key that is not known is no error: whoever has it is the administrator.
  const checked = !api.hasKey || kind !== 'admin' || !(await api.isOpen(pathOf(place, undefined), signal));
  if (place.project !== undefined || kind === undefined || environmentKinds.includes(kind)) return { at, listed, checked };
  if (!checked)
    throw new Failure('AUTH', 'Rancher does not know this key: its access control is off, and it took the courier for the administrator.', {
      remedy: `Use a key of the environment (${createKey}), or leave the keys out and name the environment in the address.`,
    });
  const environments = await api.environments(at, signal);
  const [only, another] = environments;
  if (only && !another) {
    const inside = pathOf(place, only.id);
    return { at: inside, listed: await api.registries(inside, signal), checked };
  }
  const names = environments.slice(0, 20).map(({ id, name }) => `${id}${label(name) && ` (${label(name)})`}`);
  const seen = names.length > 0 ? `It sees ${names.join(', ')}.` : 'It sees none.';
  throw new Failure('MISCONFIGURED', `An account’s key, or none at all, needs the environment in the address. ${seen}`, {
    remedy: `Write the endpoint of the environment, such as ${place.url}${pathOf(place, only?.id ?? '1a5')}, or use a key of the environment.`,
  });
}

const loginOf = oncePerCredential(({ username, password }) => Object.freeze({ publicValue: username, secretValue: password.reveal() }));
