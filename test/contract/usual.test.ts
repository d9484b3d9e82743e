import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseAddress } from '../../src/contract/registry.ts';
import { absentSlots, givenTo, nothingAt } from '../../src/contract/usual.ts';
import { given, host, other } from '../adapters/rig.ts';

const [registry, another] = [host, other].map(name => parseAddress(name)?.registry ?? assert.fail(name)) as [never, never];

test('a slot is given the credential of its registry, or nothing', () => {
  const credentials = given(host);
  assert.deepEqual(givenTo({ registries: [registry] }, credentials), { registry, credential: credentials.get(host) });
  assert.equal(givenTo({ registries: [another] }, credentials), undefined);
  assert.equal(givenTo({ registries: [] }, credentials), undefined);
});

test('what is wanted and not there is an absent slot each', () => {
  assert.deepEqual(absentSlots([registry, another], new Set([host]), 'new'), [
    { id: `new:${other}`, title: `${other} (new)`, registries: [another], state: 'absent', ref: 'new' },
  ]);
});

test('an address of something else is named with what was asked there', () => {
  const failure = nothingAt('Depot', 'https://depot', ['/a', '/b'], 'Depot 2 is another kind.');
  assert.equal(failure.code, 'MISCONFIGURED');
  assert.equal(failure.message, 'There is no Depot at https://depot: it answers 404 to GET /a and GET /b.');
  assert.equal(failure.remedy, 'Check host, port and path of the address. Depot 2 is another kind.');
});
