import assert from 'node:assert/strict';
import { rancher } from '../../../adapters/rancher.ts';
import type { Deps, Discovery, Target } from '../../../src/contract/adapter.ts';
import { clock } from '../../../src/contract/clock.ts';
import type { Credentials } from '../../../src/contract/credential.ts';
import { Failure } from '../../../src/contract/failures.ts';
import { parseAddress } from '../../../src/contract/registry.ts';
import { Secret } from '../../../src/contract/secret.ts';
import { openHttp } from '../../../src/io/http.ts';
import { type FakeRancher, type RancherOptions, startFakeRancher } from '../../fakes/rancher.ts';

export type Options = Parameters<typeof rancher.create>[0];
export const hostOf = (account: number, region = 'eu-west-1'): string => `${account}.dkr.ecr.${region}.amazonaws.com`;
export const [host, other, absent] = [hostOf(111111111111), hostOf(222222222222, 'us-east-1'), hostOf(333333333333)] as const;
export const environmentKey = { access: 'ENVKEY', secret: 'env-secret-1234', account: '1a5', accountKind: 'project', state: 'active' };
export const withKey = (url: string): Options => ({ url, accessKey: environmentKey.access, secretKey: new Secret(environmentKey.secret) });
export const withoutKey = (url: string): Options => ({ url, accessKey: undefined, secretKey: undefined });
export const guarded = { accessControl: true, keys: [environmentKey] };
export const pair = {
  registries: [
    { id: '1sp1', serverAddress: host },
    { id: '1sp2', serverAddress: 'docker.io' },
    { id: '1sp3', serverAddress: other },
  ],
  credentials: [
    { id: '1c1', registryId: '1sp1' },
    { id: '1c2', registryId: '1sp2' },
    { id: '1c3', registryId: '1sp3' },
  ],
};

export type Ref = ReturnType<typeof rancher.create> extends Target<infer R> ? R : never;
export interface Rig extends AsyncDisposable {
  readonly fake: FakeRancher;
  readonly target: Target<Ref>;
  readonly logged: unknown[];
  discover(): Promise<Discovery<Ref>>;
  /** Finds the slot of a host and delivers to it. */
  deliver(host: string, password?: string): Promise<Awaited<ReturnType<Target['deliver']>>>;
  asked(): string[];
}
export interface Setup extends RancherOptions {
  readonly options?: (url: string) => Options;
  readonly wanted?: readonly string[];
}
export const soon = (): AbortSignal => AbortSignal.timeout(10_000);

export async function rig({ options = withKey, wanted = [], ...setup }: Setup = {}): Promise<Rig> {
  const fake = await startFakeRancher({ ...guarded, stageMs: 10, ...setup });
  const clients: AsyncDisposable[] = [];
  const logged: unknown[] = [];
  const deps: Deps<keyof typeof rancher.findings> = {
    name: 'r',
    log: { info: (...line) => void logged.push(line), debug: (...line) => void logged.push(line) },
    clock,
    wanted: wanted.map(name => parseAddress(name)?.registry ?? assert.fail(name)),
    http(base) {
      const http = openHttp({ allowHttp: true, env: {}, ...base });
      clients.push(http);
      return http;
    },
    registry: address => parseAddress(address),
    finding: (code, message) => ({ code, message }),
  };
  const dispose = async (): Promise<void> => {
    for (const running of [...clients, fake]) await running[Symbol.asyncDispose]();
  };
  const target = await Promise.try(() => rancher.create(options(fake.url), deps)).catch(async error => {
    await dispose();
    throw error;
  });
  const discover = (): Promise<Discovery<Ref>> => target.discover(soon());
  return {
    fake,
    target,
    logged,
    discover,
    async deliver(name, password = 'new-password') {
      const slot = (await discover()).slots.find(({ registries }) => registries.some(registry => registry.host === name));
      return target.deliver(slot ?? assert.fail(`no slot for ${name}`), given(name, password), soon());
    },
    asked: () => fake.requests.map(({ method, path }) => `${method} ${path}`),
    [Symbol.asyncDispose]: dispose,
  };
}
export function given(name: string, password: string): Credentials {
  const now = new Date();
  return new Map([[name, { username: 'AWS', password: new Secret(password), issuedAt: now, expiresAt: now, source: 's', key: 'k' }]]);
}
export const failing = async (work: Promise<unknown>): Promise<Failure> => {
  const error = await work.then(
    () => assert.fail('it did not fail'),
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof Failure, String(error));
  return error;
};
export const codesOf = ({ slots, findings }: Pick<Discovery, 'slots' | 'findings'>): string[] =>
  [...findings, ...slots.flatMap(slot => slot.findings ?? [])].map(({ code }) => code).sort();
export const stateOf = ({ slots }: Discovery): string[] => slots.map(({ id, state }) => `${id} ${state}`);
export const secretOf = (fake: FakeRancher, id: string): string | null | undefined => fake.row(id).values['secretValue'];
export const registry = (serverAddress: string, id = '1sp1', state = 'active') => ({ id, serverAddress, state });
export const credential = (registryId = '1sp1', id = '1c1', state = 'active') => ({ id, registryId, state });
export const one = { registries: [registry(host)], credentials: [credential()] };
