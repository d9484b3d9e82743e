import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { ConfigError } from '../../config/config-error.ts';
import { type Config, type Given, load } from '../../config/load.ts';
import { type Adapter, defineAdapter } from '../../src/contract/adapter.ts';

/** A made-up manager with one option of every format. */
export const depot = defineAdapter({
  kind: 'depot',
  doc: 'A depot.',
  options: {
    url: { doc: 'Its address.', format: 'url', env: 'DEPOT_URL' },
    apiKey: { doc: 'A key.', format: 'secret', default: null, env: 'DEPOT_API_KEY' },
    username: { doc: 'A user.', format: 'login', default: null, env: 'DEPOT_USERNAME' },
    password: { doc: 'The password of `username`.', format: 'secret', default: null, env: 'DEPOT_PASSWORD' },
    ping: { doc: 'Whether to ping.', format: 'boolean', default: true, env: 'DEPOT_PING' },
    share: { doc: 'A share.', format: 'number', default: 0.5, env: 'DEPOT_SHARE' },
    order: { doc: 'Which comes first.', format: 'choice', choices: ['oldest', 'newest'], default: 'oldest', env: 'DEPOT_ORDER' },
    shelves: { doc: 'Some shelves.', format: 'strings', default: [], env: 'DEPOT_SHELVES' },
    folder: { doc: 'A folder.', format: 'path', default: null, env: 'DEPOT_FOLDER' },
  },
  anyOf: [['apiKey'], ['username', 'password']],
  limits: { concurrency: 3, discoverMs: 1500, deliverMs: 75_000, lingerMs: 120_000 },
  findings: {},
  keyHint: 'create it at Settings > Keys',
  create: ({ url }) => ({
    address: url,
    discover: async () => ({ slots: [], findings: [] }),
    deliver: async () => ({ change: 'unchanged' }),
  }),
});
export const adapters = [depot] as unknown as readonly Adapter[];

/** Creates files in a temporary directory, which is removed on dispose. */
export async function folder(
  files: Readonly<Record<string, string>> = {},
): Promise<AsyncDisposable & { readonly path: string; at(name: string): string }> {
  const path = await mkdtemp(join(tmpdir(), 'ecr-courier-'));
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(path, name)), { recursive: true });
    await writeFile(join(path, name), text, { mode: 0o600 });
  }
  return { path, at: name => join(path, name), [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

export const read = (given: Partial<Given>): Promise<Config> => load({ env: {}, adapters, ...given });

/** Loads a configuration of one YAML text. */
export async function readText(text: string, given: Partial<Given> = {}): Promise<Config> {
  await using files = await folder({ 'courier.yaml': text });
  return await read({ files: [files.at('courier.yaml')], ...given });
}

/** Returns the lines of the ConfigError, without directories in their places; none when the configuration is valid. */
export async function mistakesOf(reading: Promise<Config>): Promise<string[]> {
  try {
    await reading;
    return [];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const [, ...lines] = error.message.split('\n');
    return lines.map(line => line.trim().replaceAll(/(?<=^|[( ])\/[^\s:)]*\//g, ''));
  }
}

/** A complete target. */
export const plainTarget = '{kind: depot, url: "https://depot:9443", apiKey: k3y-k3y-k3y}';
