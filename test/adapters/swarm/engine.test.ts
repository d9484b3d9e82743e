import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { adapters } from '../../../adapters/index.ts';
import { load } from '../../../config/load.ts';
import { createApp } from '../../../src/app.ts';
import { clock } from '../../../src/contract/clock.ts';
import type { CourierEvent } from '../../../src/courier/events.ts';
import { createLog } from '../../../src/io/log.ts';
import { folder } from '../../config/support.ts';
import { type FakeEcr, startEcr } from '../../fakes/ecr.ts';
import { startRegistry } from '../../fakes/registry.ts';
import { type FakeSwarm, startFakeSwarm } from '../../fakes/swarm.ts';
import { soon } from '../rig.ts';
import { loginOf, specOf } from './rig.ts';

let ecr: FakeEcr;
before(async () => {
  ecr = await startEcr();
});
after(() => ecr[Symbol.asyncDispose]());

/** A service without tasks, so that no write waits for a task to be replaced. */
const services = [{ spec: specOf('web', { replicas: 0 }), login: loginOf('of its deployment') }];
const updatesOf = ({ requests }: FakeSwarm): number =>
  requests.filter(({ method, path }) => method === 'POST' && !path.endsWith('=0')).length;

/** Runs one process of the courier until it has tried every service, and returns its events. */
async function once(fake: FakeSwarm, cache: string | undefined, more: { readonly rehearse?: boolean } = {}): Promise<CourierEvent[]> {
  await using door = await startRegistry(ecr);
  await using files = await folder({
    'courier.json': JSON.stringify({ targets: [{ kind: 'swarm', url: fake.url, allowHttp: true }], engine: { startSpreadSeconds: 0 } }),
  });
  const env = {
    AWS_ACCESS_KEY_ID: 'AKIDTEST',
    AWS_SECRET_ACCESS_KEY: 'secret-of-the-tests',
    AWS_ENDPOINT_URL_ECR: ecr.url,
    ...(cache !== undefined && { ECR_COURIER_CACHE: cache }),
  };
  const events: CourierEvent[] = [];
  const app = createApp(await load({ files: [files.at('courier.json')], env, adapters }), {
    clock,
    env,
    log: createLog({ to: { write: () => undefined } }),
    registryEndpoint: () => door.url,
    heard: event => void events.push(event),
    ...more,
  });
  await app.once(soon());
  return events;
}

test('a restart updates services anew, and none whose version the courier remembers', async () => {
  await using fake = await startFakeSwarm({ services });
  await using kept = await folder({});
  await once(fake, kept.at('cache'));
  assert.equal(updatesOf(fake), 2, 'two at first: a rollback must come back to a good login');
  const [name = ''] = (await readdir(kept.at('cache'))).filter(file => file.startsWith('target-'));
  const { password = '' } = fake.service('web').login ?? {};
  assert.ok(password.length > 100 && !(await readFile(kept.at(`cache/${name}`), 'utf8')).includes(password.slice(0, 40)));
  await once(fake, kept.at('cache'));
  assert.equal(updatesOf(fake), 2, 'the version is the one that was written last');
  fake.rollBack('web');
  await once(fake, kept.at('cache'));
  assert.equal(updatesOf(fake), 4, 'somebody else has written since');
  await once(fake, undefined);
  assert.equal(updatesOf(fake), 6, 'nothing is remembered');
});

test('`check` writes nothing, and remembers nothing', async () => {
  await using fake = await startFakeSwarm({ services });
  await using kept = await folder({});
  const events = await once(fake, kept.at('cache'), { rehearse: true });
  assert.deepEqual(
    events.flatMap(event => (event.kind === 'delivered' ? [event.change] : [])),
    ['updated'],
  );
  assert.equal(updatesOf(fake), 0);
  assert.equal(fake.service('web').login?.password, 'of its deployment');
  await assert.rejects(readdir(kept.at('cache')));
});
