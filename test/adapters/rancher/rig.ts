import { rancher } from '../../../adapters/rancher.ts';
import type { Clock } from '../../../src/contract/clock.ts';
import { Secret } from '../../../src/contract/secret.ts';
import type { Discovery, Receipt, Target } from '../../../src/contract/target.ts';
import { type FakeRancher, type RancherOptions, startFakeRancher } from '../../fakes/rancher.ts';
import { codesOf, given, host, other, rigOn, type Setting, type Rig as TargetRig } from '../rig.ts';

export type Options = Parameters<typeof rancher.create>[0];
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
export interface Rig extends Omit<TargetRig<FakeRancher, Ref>, 'deliver'> {
  /** Finds the slot of a host and delivers to it. */
  deliver(host: string, password?: string): Promise<Receipt>;
}
export interface Setup extends RancherOptions {
  readonly options?: (url: string) => Options;
  readonly wanted?: readonly string[];
  readonly creates?: Setting['creates'];
  /** The adapter's clock; the fake uses the machine's. */
  readonly patience?: Clock;
}

export async function rig({ options = withKey, wanted, creates, patience, ...setup }: Setup = {}): Promise<Rig> {
  const fake = await startFakeRancher({ ...guarded, stageMs: 10, ...setup });
  const open = await rigOn(fake, deps => rancher.create(options(fake.url), deps), { wanted, creates, clock: patience });
  return {
    ...open,
    async deliver(name, password) {
      const { slots } = await open.discover();
      return open.deliver(
        slots.find(({ registries }) => registries.some(registry => registry.host === name)),
        given(name, password),
      );
    },
  };
}
/** Returns the sorted codes of all findings of a discovery, including those of its slots. */
export const allCodesOf = ({ slots, findings }: Pick<Discovery, 'slots' | 'findings'>): string[] =>
  codesOf([...findings, ...slots.flatMap(slot => slot.findings ?? [])]).sort();
export const stateOf = ({ slots }: Discovery): string[] => slots.map(({ id, state }) => `${id} ${state}`);
export const secretOf = (fake: FakeRancher, id: string): string | null | undefined => fake.row(id).values['secretValue'];
export const registry = (serverAddress: string, id = '1sp1', state = 'active') => ({ id, serverAddress, state });
export const credential = (registryId = '1sp1', id = '1c1', state = 'active') => ({ id, registryId, state });
export const one = { registries: [registry(host)], credentials: [credential()] };
