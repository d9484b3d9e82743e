import assert from 'node:assert/strict';
import { test } from 'node:test';
import { adapters } from '../adapters/index.ts';
import { load } from '../config/load.ts';
import { clock } from '../src/contract/clock.ts';
import { addressReader } from '../src/contract/registry.ts';
import { manageTarget } from '../src/target.ts';
import { folder } from './config/support.ts';
import { managers } from './fakes/managers.ts';

const real = '123456789012.dkr.ecr.eu-west-1.amazonaws.com';
const endpoint = 'vpce-0123456789abcdef0-a1b2c3d4.dkr.ecr.eu-west-1.vpce.amazonaws.com';
const log = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

for (const [name, start] of Object.entries(managers)) {
  test(`${name}: a registry under the name of a VPC endpoint is told with the alias to add, which then serves it`, async () => {
    const manager = await start([real, endpoint], () => true);
    await using _ = manager.fake;
    const report = async (aliases: string) => {
      await using files = await folder({ 'courier.yaml': `targets: [${JSON.stringify(manager.target())}]\n${aliases}` });
      const config = await load({ env: {}, adapters, files: [files.at('courier.yaml')] });
      const [of] = config.targets;
      assert.ok(of);
      const target = await manageTarget(of, { clock, log, registry: addressReader(config.aliases), env: {}, readonly: false }).open();
      // The second look reports the finding, too.
      await target.discover(AbortSignal.timeout(20_000));
      const seen = await target.discover(AbortSignal.timeout(20_000));
      await target[Symbol.asyncDispose]?.();
      return seen;
    };

    const before = await report('');
    const [found, ...more] = before.findings.filter(({ code }) => code === 'LOOK_ALIKE');
    assert.ok(found);
    assert.ok(found.message.includes(endpoint), found.message);
    assert.deepEqual(more, []);
    const alias = /aliases: \[.*\]/.exec(found.remedy ?? '')?.[0] ?? '';
    assert.match(alias, new RegExp(`host: ${endpoint}, registry: ACCOUNT.dkr.ecr.eu-west-1.amazonaws.com`));

    const after = await report(alias.replace('ACCOUNT', '222222222222'));
    assert.deepEqual(
      after.findings.filter(({ code }) => code === 'LOOK_ALIKE'),
      [],
    );
    const hosts = after.slots.flatMap(({ registries }) => registries.map(({ host }) => host));
    assert.ok(hosts.includes(endpoint), hosts.join());
  });
}
