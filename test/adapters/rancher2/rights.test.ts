import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Secret } from '../../../src/contract/secret.ts';
import { absent, codesOf, failing, given, host } from '../rig.ts';
import { asMember, backing, credential, login, memberRules, memberToken, project, rig, world } from './rig.ts';

/** A project with one credential that Norman manages, and a second registry that is wanted there. */
const setup = {
  ...world([credential('ecr', { [host]: login('old') })]),
  options: { project: project.id, token: new Secret(memberToken) },
  wanted: [absent],
};
const withVerbs = (...verbs: string[]) => {
  const others = memberRules.filter(({ namespace }) => namespace !== backing);
  return {
    ...setup,
    ...asMember,
    users: [{ name: 'user-membr', rules: [...others, { resources: ['secrets'], verbs, namespace: backing }] }],
  };
};
const hostIn = ([registry]: readonly { readonly host: string }[]): string => registry?.host ?? assert.fail();

describe('rehearsing what Norman writes', () => {
  for (const [has, lacks, state] of [
    ['create', 'update', 'present'],
    ['update', 'create', 'absent'],
  ] as const)
    test(`without ${lacks} is FORBIDDEN, as a delivery is, and with ${has} the other is not`, async () => {
      await using r = await rig(withVerbs('get', 'list', has));
      const { slots } = await r.discover();
      assert.equal(slots.length, 2);
      for (const slot of slots) {
        const credentials = given(hostIn(slot.registries));
        if (slot.state === state)
          for (const attempt of [r.rehearse, r.deliver]) assert.equal((await failing(attempt(slot, credentials))).code, 'FORBIDDEN');
        else assert.equal((await r.rehearse(slot, credentials)).change, slot.state === 'absent' ? 'created' : 'updated');
      }
      assert.deepEqual(
        r.writes().map(({ method }) => method),
        [state === 'absent' ? 'POST' : 'PUT'],
        'only the deliveries tried to write',
      );
    });

  test('where Kubernetes does not answer the question nothing is promised; a refused token is AUTH', async () => {
    await using r = await rig(withVerbs('*'));
    const { slots } = await r.discover();
    for (const [status, json] of [
      [404, {}],
      [403, { message: 'no' }],
      [200, { status: { allowed: true } }],
      [201, null],
      [201, { status: { allowed: 'yes' } }],
    ] as const) {
      r.fake.fault = ({ path }) => (path.endsWith('reviews') ? { status, json } : undefined);
      for (const slot of slots) {
        const { change, findings } = await r.rehearse(slot, given(hostIn(slot.registries)));
        assert.deepEqual([change, codesOf(findings)], ['untried', ['RIGHT_UNKNOWN']], `${status}`);
      }
    }
    r.fake.fault = ({ path }) =>
      path.endsWith('reviews') ? { status: 401, json: { type: 'error', message: 'must authenticate' } } : undefined;
    for (const slot of slots) assert.equal((await failing(r.rehearse(slot, given(hostIn(slot.registries))))).code, 'AUTH');
  });
});
