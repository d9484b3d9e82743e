import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { describe } from 'node:test';
import { pathOf, placeOf } from '../../adapters/rancher/address.ts';
import { rancher } from '../../adapters/rancher.ts';
import { clock } from '../../src/contract/clock.ts';
import { Secret } from '../../src/contract/secret.ts';
import { openHttp } from '../../src/io/http.ts';
import { type RancherOptions, startFakeRancher } from '../fakes/rancher.ts';
import { type Stage, testAdapter } from './contract.ts';
import { guarded, type Options, pair, withKey, withoutKey } from './rancher/rig.ts';
import { absent, host, hostOf, other, realServer } from './rig.ts';

async function onFake(setup: RancherOptions, options: (url: string) => Options): Promise<Stage<typeof rancher.options>> {
  const server = await startFakeRancher({ ...pair, ...setup });
  return {
    options: options(server.url),
    hosts: [host, other],
    absent,
    server,
    passwordOf: ({ registries: [registry] }) => server.pullsWith('1a5', registry?.host ?? '')?.values['secretValue'] ?? undefined,
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

/** Sets up two registries of made-up accounts. Disposal deactivates and removes all registries of these accounts. */
async function onRealServer(url: string, access: string | undefined, secret: string | undefined): Promise<Stage<typeof rancher.options>> {
  const tls = { insecureSkipVerify: true } as const;
  const options: Options = { url, accessKey: access, secretKey: secret === undefined ? undefined : new Secret(secret) };
  const login = access ? { Authorization: `Basic ${Buffer.from(`${access}:${secret}`).toString('base64')}` } : {};
  const place = placeOf(url);
  const http = openHttp({ url: place.url, headers: { Accept: 'application/json', ...login }, allowHttp: true, tls });
  const signal = (): AbortSignal => AbortSignal.timeout(30_000);
  const names = [0, 0, 0].map(() => hostOf(randomInt(100_000_000_000, 999_999_999_999))) as [string, string, string];
  const { data: seen } = (await http('GET', `${pathOf(place, undefined)}/projects`, { signal: signal() })).json<{
    data: { id: string }[];
  }>();
  const at = pathOf(place, place.project ?? (seen.length === 1 ? seen[0]?.id : undefined));
  const post = async (path: string, body: object): Promise<string> => {
    const answer = await http('POST', at + path, { signal: signal(), body });
    assert.equal(answer.status, 201);
    return answer.json<{ id: string }>().id;
  };
  for (const serverAddress of names.slice(0, 2)) {
    const registryId = await post('/registries', { serverAddress });
    await post('/registrycredentials', { registryId, publicValue: 'AWS', secretValue: 'none yet', email: 'test@example.invalid' });
  }
  /** Polls until Rancher has processed a change, for at most about ten seconds. */
  const settled = async (isSo: () => Promise<boolean>): Promise<void> => {
    for (let tries = 0; tries < 100 && !(await isSo()); tries++) await clock.sleep(100, signal());
  };
  const remove = async (path: string): Promise<void> => {
    await http('POST', `${at}${path}/?action=deactivate`, { signal: signal() });
    await settled(async () => (await http('DELETE', at + path, { signal: signal() })).status !== 405);
  };
  type Listed = { id: string; serverAddress: string; credentials: { id: string }[] }[];
  const listed = async (): Promise<Listed> =>
    (await http('GET', `${at}/registries?limit=1000&include=credentials`, { signal: signal() })).json<{ data: Listed }>().data;
  return {
    options,
    hosts: [names[0], names[1]],
    absent: names[2],
    tls,
    // Only the response to an action shows the secret. This action changes nothing.
    async passwordOf(_, host) {
      const [id] = (await listed()).flatMap(({ serverAddress, credentials }) =>
        serverAddress === host ? credentials.map(({ id }) => id) : [],
      );
      const path = `${at}/registrycredentials/${id}`;
      const isActive = async (): Promise<boolean> =>
        (await http('GET', path, { signal: signal() })).json<{ state: string }>().state === 'active';
      await settled(isActive);
      const shown = (await http('POST', `${path}/?action=update`, { signal: signal(), body: {} })).json<{ secretValue?: string }>();
      await settled(isActive);
      return shown.secretValue;
    },
    async [Symbol.asyncDispose]() {
      for (const { id, serverAddress, credentials } of await listed()) {
        if (!names.includes(serverAddress)) continue;
        for (const credential of credentials) await remove(`/registrycredentials/${credential.id}`);
        await remove(`/registries/${id}`);
      }
      await http[Symbol.asyncDispose]();
    },
  };
}

/** Rancher answers 409 while it holds a lock or runs a process: this passes. */
const codes = { 409: 'BUSY' } as const;
/** The variables of the keys, which are not set where access control is off. */
const keys = ['TEST_CATTLE_ACCESS_KEY', 'TEST_CATTLE_SECRET_KEY'] as const;
const real = realServer('TEST_CATTLE_URL', ...keys.filter(() => keys.some(name => process.env[name])));
testAdapter({ adapter: rancher, start: () => onFake(guarded, withKey), codes });
describe('on /v1 of one environment', () =>
  testAdapter({ adapter: rancher, start: () => onFake(guarded, url => withKey(`${url}/v1/projects/1a5/`)), codes }));
describe('with access control off', () => testAdapter({ adapter: rancher, start: () => onFake({}, withoutKey), codes }));
if (real) {
  const { TEST_CATTLE_URL: url, TEST_CATTLE_ACCESS_KEY: access, TEST_CATTLE_SECRET_KEY: secret }: Partial<typeof real> = real;
  describe(`on ${url}`, () => testAdapter({ adapter: rancher, start: () => onRealServer(url ?? '', access, secret), codes }));
}
