import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { kubernetes } from '../../../adapters/kubernetes.ts';
import type { Deps } from '../../../src/contract/adapter.ts';
import type { Target } from '../../../src/contract/target.ts';
import { type KubernetesOptions, leastRules, startFakeKubernetes } from '../../fakes/kubernetes.ts';
import { host, rigOn, type Setting, soon } from '../rig.ts';
import { type Options, optionsFor } from './rig.ts';

export const courier = 'system:serviceaccount:ecr-courier:ecr-courier';

export interface Said {
  readonly cluster?: object;
  readonly user?: object;
  readonly more?: object;
}
/** Makes a kubeconfig in JSON, which is valid YAML. */
export const kubeconfig = ({ cluster = {}, user = {}, more = {} }: Said): string =>
  JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'prod',
    contexts: [{ name: 'prod', context: { cluster: 'c', user: 'u', namespace: 'team-a' } }],
    clusters: [{ name: 'c', cluster }],
    users: [{ name: 'u', user }],
    ...more,
  });

type Files = Readonly<Record<string, string>>;
/** Opens a target on a double that it reaches by a kubeconfig in a temporary folder, beside `files`. */
export async function rigWith(
  say: (url: string) => Said,
  files: Files = {},
  setting: Setting & { cluster?: KubernetesOptions } = {},
  more: Partial<Options> = {},
) {
  const { cluster = {}, ...rest } = setting;
  const fake = await startFakeKubernetes({ rules: leastRules(), namespaces: ['team-a', 'team-b'], ...cluster });
  const folder = await mkdtemp(join(tmpdir(), 'courier-'));
  const at = (name: string): string => join(folder, name);
  const write = (name: string, text: string): Promise<void> => writeFile(at(name), text);
  await write('config', kubeconfig(say(fake.url)));
  for (const [name, text] of Object.entries(files)) await write(name, text);
  const options = { ...optionsFor('', '', { kubeconfig: at('config'), ...more }), url: undefined, tokenFile: undefined };
  const twins: Target[] = [];
  const create = (deps: Deps) => {
    twins.push(kubernetes.create(options, deps));
    return kubernetes.create(options, deps);
  };
  const made = await rigOn(fake, create, { wanted: [host], ...rest });
  return {
    ...made,
    /** Discovers through a second target with the same options. */
    again: () => twins[0]?.discover(soon()),
    at,
    write,
    async [Symbol.asyncDispose]() {
      await made[Symbol.asyncDispose]();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
