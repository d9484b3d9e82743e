import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bodyOf, type Parts } from '../../../adapters/kubernetes/body.ts';
import { managedBy } from '../../../adapters/kubernetes/names.ts';
import type { Ref } from '../../../adapters/kubernetes/slots.ts';
import { kubernetes } from '../../../adapters/kubernetes.ts';
import { fingerprintOf } from '../../../src/contract/credential.ts';
import type { Sighting, Slot } from '../../../src/contract/target.ts';
import { until } from '../../commands/cli.ts';
import {
  adminToken,
  courierToken,
  type FakeKubernetes,
  type KubernetesOptions,
  leastRules,
  startFakeKubernetes,
} from '../../fakes/kubernetes.ts';
import type { Seen } from '../../fakes/server.ts';
import { host, rigOn, type Setting } from '../rig.ts';

export type Options = Parameters<typeof kubernetes.create>[0];
export const secretName = 'ecr-courier';

/** Writes a token file into a folder of its own, which disposal removes. */
export async function tokenFile(token: string): Promise<{ readonly path: string; write(token: string): Promise<void> } & AsyncDisposable> {
  const folder = await mkdtemp(join(tmpdir(), 'courier-'));
  const path = join(folder, 'token');
  await writeFile(path, `${token}\n`);
  return { path, write: next => writeFile(path, next), [Symbol.asyncDispose]: () => rm(folder, { recursive: true }) };
}

export const optionsFor = (url: string, file: string, more: Partial<Options> = {}): Options => ({
  url,
  tokenFile: file,
  kubeconfig: undefined,
  context: undefined,
  secret: secretName,
  namespaces: [],
  excludeNamespaces: ['default', 'kube-*'],
  namespaceSelector: undefined,
  optIn: false,
  onlyWithImages: false,
  serviceAccounts: [],
  replace: false,
  events: false,
  restartStuckPods: false,
  fieldManager: 'ecr-courier',
  ...more,
});

/** Whether a request may change something. Access reviews and dry runs do not. */
export const isWrite = (request: Seen): boolean =>
  request.method !== 'GET' && !request.path.includes('/selfsubjectaccessreviews') && !isDry(request);

/** Whether a request is a dry run. A DELETE with a body says so only in its body: the server ignores the query. */
const isDry = ({ method, path, body }: Seen): boolean =>
  method === 'DELETE' && body.length > 0 ? 'dryRun' in JSON.parse(body.toString()) : path.includes('dryRun=All');

/** Returns the parts of a courier's Secret with a login for each host. */
const partsFor = (hosts: readonly string[], password = 'old', expiresAt = new Date('2026-11-30T06:00:00Z')): Parts => ({
  logins: new Map(hosts.map(host => [host, { username: 'AWS', password }])),
  holds: new Map(hosts.map(host => [host, { fingerprint: fingerprintOf(password), expiresAt }])),
});

/** Returns the body that the courier applies for these hosts. */
export const applied = (hosts: readonly string[], password?: string, target = 'target', expiresAt?: Date): object =>
  bodyOf({ secret: secretName, target }, partsFor(hosts, password, expiresAt));

/** Applies a Secret as the courier would. */
export async function seed(
  fake: FakeKubernetes,
  namespace: string,
  hosts: readonly string[],
  password?: string,
  token = adminToken,
  target?: string,
  expiresAt?: Date,
  manager = 'ecr-courier',
): Promise<void> {
  const path = `/api/v1/namespaces/${namespace}/secrets/${secretName}?fieldManager=${manager}&force=true`;
  const answer = await fetch(`${fake.url}${path}`, {
    method: 'PATCH',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/apply-patch+yaml' },
    body: JSON.stringify(applied(hosts, password, target, expiresAt)),
  });
  assert.ok(answer.ok, await answer.text());
  fake.requests.pop();
}

/** Makes a Secret as another client would create it. */
export const made = (namespace: string, text: string | object, more: object = {}): object => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name: secretName, namespace },
  type: 'kubernetes.io/dockerconfigjson',
  data: { '.dockerconfigjson': Buffer.from(typeof text === 'string' ? text : JSON.stringify(text)).toString('base64') },
  ...more,
});
export const ours = { [managedBy.key]: managedBy.value };

/** Requests for diagnostics or for rights, which `asked` leaves out. */
const aside = /\/version$|selfsubjectaccessreviews|\/livez/;

/** Opens a target on a fake cluster with the least rights of the courier. It serves `host` by default. */
export async function rig(
  more: Partial<Options> = {},
  { cluster = {}, ...setting }: Setting & { readonly cluster?: KubernetesOptions } = {},
) {
  const fake = await startFakeKubernetes({ rules: leastRules(), ...cluster });
  const file = await tokenFile(courierToken);
  const made = await rigOn(fake, deps => kubernetes.create(optionsFor(fake.url, file.path, more), deps as never), {
    aside,
    wanted: [host],
    ...setting,
  });
  return {
    ...made,
    file,
    async [Symbol.asyncDispose]() {
      await made[Symbol.asyncDispose]();
      await file[Symbol.asyncDispose]();
    },
  };
}

type Auths = Readonly<Record<string, Record<string, string>>>;
/** Returns the entries in the text of a Secret. */
export const authsIn = (text = '{}'): Auths => (JSON.parse(text || '{}') as { auths?: Auths }).auths ?? {};
export const authsOf = (fake: FakeKubernetes, namespace: string): Auths => authsIn(fake.stored(namespace, secretName));

/** Watches a target; `ready` resolves once `streams` streams are open. Disposal ends the watch. */
export function watched({ target, fake }: Awaited<ReturnType<typeof rig>>, streams: number) {
  const ended = new AbortController();
  const seen = target.watch?.(ended.signal)?.[Symbol.asyncIterator]() ?? assert.fail('it cannot be watched');
  let first: ReturnType<typeof seen.next> | undefined = seen.next();
  async function sighting(): Promise<Sighting<Ref> | undefined> {
    const coming = first ?? seen.next();
    first = undefined;
    const { value } = await coming;
    return value as Sighting<Ref> | undefined;
  }
  const ready = until(() => fake.watches.size === streams, `${streams} streams`);
  return {
    ready,
    sighting,
    /** Returns the slot of the next sighting. Fails if the sighting has none. */
    async next(): Promise<Slot<Ref>> {
      const value = await sighting();
      return value && 'slot' in value ? value.slot : assert.fail(`no slot was seen, but ${JSON.stringify(value)}`);
    },
    async [Symbol.asyncDispose]() {
      ended.abort();
      await (first ?? seen.next());
    },
  };
}
