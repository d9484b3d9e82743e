import { spawn } from 'node:child_process';
import { access, constants } from 'node:fs/promises';
import { join } from 'node:path';
import type { Entries, Placed } from '../../config/origin.ts';
import type { Decoded } from '../../src/kubelet/decode.ts';
import { newestKnown } from '../../src/kubelet/fields.ts';
import { lint } from '../../src/kubelet/lint.ts';
import { matchImage } from '../../src/kubelet/match.ts';
import { readProviderConfig } from '../../src/kubelet/read.ts';
import { entriesOf, listOf, textsOf, wordOf } from '../../src/kubelet/shape.ts';
import { type Credential, credentialsFor } from './kubelet/keyring.ts';
import { type Response, responseOf } from './kubelet/response.ts';

/** The pod that pulls the image. The service account is empty for a static pod. */
export interface Pod {
  readonly namespace: string;
  readonly serviceAccount: string;
  readonly annotations: Readonly<Record<string, string>>;
}
export interface KubeletOptions {
  /** A file or a folder. */
  readonly config: string;
  readonly binDir: string;
  readonly env: Readonly<Record<string, string>>;
  readonly pod: Pod;
}
export interface Kubelet {
  /** Returns the credentials that the kubelet would try for an image, in order. */
  lookup(image: string): Promise<Credential[]>;
}

const anyPod: Pod = { namespace: 'default', serviceAccount: 'default', annotations: {} };
const token = 'sa-token-1';

/**
 * Starts a stand-in for the kubelet's code around credential providers (pkg/credentialprovider/plugin, 1.36.3), checked
 * against recordings of it. Returns undefined if the kubelet would not start.
 */
export async function startKubelet(
  options: Partial<KubeletOptions> & Pick<KubeletOptions, 'config' | 'binDir'>,
): Promise<Kubelet | undefined> {
  const { config, binDir, env = {}, pod = anyPod } = options;
  const { files, remarks } = await readProviderConfig(config, newestKnown);
  if ([...remarks, ...lint(files, newestKnown)].some(({ level }) => level === 'stops')) return undefined;
  const providers = providersIn(files, { binDir, env, pod });
  const present = await Promise.all(providers.map(({ file }) => access(file, constants.X_OK).then(Boolean, () => 'absent')));
  if (present.includes('absent')) return undefined;
  return {
    lookup: async image => credentialsFor(image, await Promise.all(providers.map(async provider => await provider.provide(image)))),
  };
}

type World = Pick<KubeletOptions, 'binDir' | 'env' | 'pod'>;
interface Answer {
  readonly auth: Response['auth'];
  readonly source?: object;
}

function providersIn(files: readonly Decoded[], world: World): { readonly file: string; provide(image: string): Promise<Answer> }[] {
  return files.flatMap(({ providers }) => providers.map(placed => createProvider(entriesOf(placed), world)));
}

function createProvider(entries: Entries, { binDir, env, pod }: World): { readonly file: string; provide(image: string): Promise<Answer> } {
  const file = join(binDir, wordOf(entries.get('name')));
  const patterns = textsOf(entries.get('matchImages'));
  const tokens = tokenMode(entries.get('tokenAttributes'), pod);
  const kept = new Map<string, { readonly auth: Response['auth']; readonly until: number }>();
  const underWay = new Map<string, Promise<Response | undefined>>();
  const own = listOf(entries.get('env')).map(one => [wordOf(entriesOf(one).get('name')), wordOf(entriesOf(one).get('value'))]);
  const command = { file, args: textsOf(entries.get('args')), env: { ...env, ...Object.fromEntries(own) } };

  async function ask(image: string): Promise<Response | undefined> {
    const request = { kind: 'CredentialProviderRequest', apiVersion: wordOf(entries.get('apiVersion')), image, ...tokens.fields };
    const stdout = await run(command, `${JSON.stringify(request)}\n`);
    const response = stdout === undefined ? undefined : responseOf(stdout, request.apiVersion);
    return response && tokens.mayBe(response) ? response : undefined;
  }

  async function provide(image: string): Promise<Answer> {
    if (!patterns.some(pattern => matchImage(pattern, image).matches) || tokens.fields === undefined) return { auth: {} };
    const registry = image.split('/')[0] ?? '';
    for (const key of [image, registry, '<global>']) {
      const entry = kept.get(key);
      if (entry && entry.until > Date.now()) return { auth: entry.auth, ...tokens.source };
    }
    const asking = underWay.get(image) ?? ask(image).finally(() => underWay.delete(image));
    underWay.set(image, asking);
    const response = await asking;
    if (!response) return { auth: {} };
    const ms = response.cacheMs ?? response.defaultMs(wordOf(entries.get('defaultCacheDuration')));
    const key = { Image: image, Registry: registry, Global: '<global>' }[response.cacheKeyType];
    if (ms !== 0) kept.set(key, { auth: response.auth, until: Date.now() + ms });
    return { auth: response.auth, ...tokens.source };
  }
  return { file, provide };
}

/** The service account members of a request. Without `fields` the kubelet silently skips the provider. */
interface TokenMode {
  readonly fields: object | undefined;
  readonly source?: { readonly source: object };
  mayBe(response: Response): boolean;
}

function tokenMode(placed: Placed | undefined, { namespace, serviceAccount, annotations }: Pod): TokenMode {
  const attributes = entriesOf(placed);
  if (attributes.size === 0) return { fields: {}, mayBe: () => true };
  const requires = attributes.get('requireServiceAccount')?.value === true;
  if (serviceAccount === '') return { fields: requires ? undefined : {}, mayBe: () => true };
  const required = textsOf(attributes.get('requiredServiceAccountAnnotationKeys'));
  if (required.some(key => annotations[key] === undefined)) return { fields: undefined, mayBe: () => true };
  const sent = [...required, ...textsOf(attributes.get('optionalServiceAccountAnnotationKeys'))].filter(
    key => annotations[key] !== undefined,
  );
  const forwarded = Object.fromEntries(sent.map(key => [key, annotations[key]]));
  const mayEcho = wordOf(attributes.get('cacheType')) === 'Token';
  return {
    fields: { serviceAccountToken: token, ...(sent.length > 0 ? { serviceAccountAnnotations: forwarded } : {}) },
    source: { source: { Secret: null, ServiceAccount: { Name: serviceAccount, Namespace: namespace, UID: 'sa-uid-1' } } },
    mayBe: ({ auth }) => mayEcho || Object.values(auth).every(({ password }) => password !== token),
  };
}

/** Runs a provider. Returns its stdout, or undefined if it failed. */
function run(
  { file, args, env }: { readonly file: string; readonly args: readonly string[]; readonly env: Readonly<Record<string, string>> },
  stdin: string,
): Promise<string | undefined> {
  const { promise, resolve } = Promise.withResolvers<string | undefined>();
  const child = spawn(file, args, { env, stdio: ['pipe', 'pipe', 'ignore'] });
  let stdout = '';
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.on('error', () => resolve(undefined));
  child.on('close', code => resolve(code === 0 ? stdout : undefined));
  // The kubelet ignores a provider that does not read its stdin.
  child.stdin.on('error', () => undefined);
  child.stdin.end(stdin);
  return promise;
}
