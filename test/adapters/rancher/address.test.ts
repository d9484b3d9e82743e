import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { failing, host } from '../rig.ts';
import { one, rig, secretOf, withKey } from './rig.ts';

describe('the forms of the address', () => {
  const forms: readonly [path: string, api: string][] = [
    ['', '/v2-beta'],
    ['/', '/v2-beta'],
    ['/v1', '/v1'],
    ['/v1/', '/v1'],
    ['/v2-beta', '/v2-beta'],
    ['/v2-beta/schemas', '/v2-beta'],
    ['/v1/schemas/', '/v1'],
    ['/v1/projects/1a5', '/v1/projects/1a5'],
    ['/v2-beta/projects/1a5', '/v2-beta/projects/1a5'],
    ['/v2-beta/projects/1a5/', '/v2-beta/projects/1a5'],
    ['/v2-beta/projects/1a5/schemas', '/v2-beta/projects/1a5'],
    ['/v2-beta/projects', '/v2-beta'],
    ['/v1/projects/', '/v1'],
    ['/projects/1a5', '/v2-beta/projects/1a5'],
  ];
  for (const [path, api] of forms)
    test(`${path || 'the bare server'} leads to ${api}`, async () => {
      await using r = await rig({ ...one, options: url => withKey(url + path) });

      await r.deliver(host);

      assert.equal(secretOf(r.fake, '1c1'), 'new-token');
      assert.equal(r.target.address, r.fake.url + api);
      assert.deepEqual(r.asked(), [`GET ${api}/registries?limit=1000&include=credentials`, `PUT ${api}/registrycredentials/1c1`]);
    });

  test('the path of a proxy stays in front', async () => {
    await using r = await rig({ options: url => withKey(`${url}/team/rancher/v2-beta/projects/1a5`) });

    const failure = await failing(r.discover());

    assert.equal(failure.code, 'MISCONFIGURED');
    assert.match(r.asked()[0] ?? '', /^GET \/team\/rancher\/v2-beta\/projects\/1a5\/registries\?/);
  });
});
