import { type Deps, defineAdapter } from '../src/contract/adapter.ts';
import { Failure } from '../src/contract/failures.ts';
import type { Target } from '../src/contract/target.ts';
import { givenTo } from '../src/contract/usual.ts';
import { pathOf, placeOf } from './rancher/address.ts';
import { openApi } from './rancher/api.ts';
import { makeCreation } from './rancher/creation.ts';
import { enter } from './rancher/enter.ts';
import { type Code, findings } from './rancher/findings.ts';
import { createKey, longestSecret, tooLong } from './rancher/refusal.ts';
import { rehearsed } from './rancher/right.ts';
import { type Ref, survey } from './rancher/survey.ts';
import { makeUpdate } from './rancher/update.ts';

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
      throw new Failure(
        'MISCONFIGURED',
        `Rancher wants both keys or none: ${accessKey ? 'secretKey (CATTLE_SECRET_KEY_FILE or CATTLE_SECRET_KEY)' : 'accessKey (CATTLE_ACCESS_KEY_FILE or CATTLE_ACCESS_KEY)'} is not given.`,
        {
          remedy: `Give both (${createKey}), or neither where access control is off.`,
        },
      );
    const place = placeOf(url);
    const http = deps.http({ url: place.url, sets: ['Accept', 'X-API-No-Challenge', ...(accessKey ? ['Authorization'] : [])] });
    const api = openApi(http, place.url, accessKey, secretKey);
    /** Whether the last look showed that the key may change nothing. A refused write then concerns every registry. */
    let isReadOnly = false;
    const update = makeUpdate(http, api, () => isReadOnly);
    const create = makeCreation(http, api, deps.clock, update);

    return {
      address: `${place.url}${pathOf(place, place.project)}`,
      async discover(signal) {
        const { at, listed, checked } = await enter(api, place, signal);
        const seen = survey(listed, at, deps);
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
      // Rancher cannot try a credential without keeping it. Only the key's rights and the length of the token can
      // foretell a refusal.
      async rehearse(slot, credentials, signal) {
        const given = givenTo(slot, credentials);
        if (!given) return { change: 'unchanged' };
        const { length } = given.credential.password.reveal();
        if (length > longestSecret) throw tooLong(`The ECR password has ${length} characters.`);
        return rehearsed(http, api, slot.ref, signal, deps);
      },
    };
  },
});
