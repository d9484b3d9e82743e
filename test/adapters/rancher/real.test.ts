import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { startFakeRancher } from '../../fakes/rancher.ts';
import { runTests, someChecks } from '../rig.ts';
import { environmentKey, guarded } from './rig.ts';

const suite = join(import.meta.dirname, '../rancher.test.ts');

// Runs the suite's path for a real server, which environment variables name, against a double.
for (const path of ['', '/v1/projects/1a5/schemas'])
  test(`the suite runs on what TEST_CATTLE_URL names: ${path || 'a bare server'}`, async () => {
    await using fake = await startFakeRancher({ ...guarded, stageMs: 5 });
    const { code, passed, skipped, said } = await runTests(suite, someChecks, {
      TEST_CATTLE_URL: fake.url + path,
      TEST_CATTLE_ACCESS_KEY: environmentKey.access,
      TEST_CATTLE_SECRET_KEY: environmentKey.secret,
    });

    assert.deepEqual([code, passed, skipped], [0, 7, 0], said);
    assert.ok(fake.state.rows.length >= 8, 'it has made registries and credentials');
    const left = fake.state.rows.filter(({ id }) => !/^(remov|purg)/.test(fake.row(id).state));
    assert.deepEqual(left, [], 'and removed them');
  });

test('half of a key pair, or a key without an address, fails aloud', async () => {
  for (const [given, missing] of [
    [{ TEST_CATTLE_URL: 'http://rancher.test', TEST_CATTLE_ACCESS_KEY: 'A' }, 'TEST_CATTLE_SECRET_KEY'],
    [{ TEST_CATTLE_ACCESS_KEY: 'A', TEST_CATTLE_SECRET_KEY: 'B' }, 'TEST_CATTLE_URL'],
  ] as const) {
    const { code, said } = await runTests(suite, '^on http', given);
    assert.notEqual(code, 0);
    assert.match(said, new RegExp(`${missing} must be set`));
  }
});
