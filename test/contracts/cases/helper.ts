import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type AnswerKey, digestOf, nameOfAnswer } from '../../../src/contract/answer-file.ts';
import { parseAddress } from '../../../src/contract/registry.ts';
import { Secret } from '../../../src/contract/secret.ts';
import { openAnswers } from '../../../src/io/answers.ts';
import { keyOf } from '../../../src/pull/answer.ts';
import { readSettings } from '../../../src/pull/settings.ts';
import { type Authority, createAuthority } from '../../fakes/authority.ts';
import type { CacheFact, HelperCase } from '../format.d.ts';
import { createAws } from './aws.ts';
import { type Double, startDouble } from './double.ts';
import type { Program } from './program.ts';
import { differences, type Ran, told } from './verdict.ts';

const authority: Authority = createAuthority();

/** The response to every request of a case's second run. */
const refused = {
  status: 400,
  headers: { 'content-type': 'application/x-amz-json-1.1' },
  text: JSON.stringify({
    __type: 'AccessDeniedException',
    message:
      'User: arn:aws:iam::123456789012:user/ci is not authorized to perform: ecr:GetAuthorizationToken on resource: * because no identity-based policy allows the ecr:GetAuthorizationToken action',
  }),
};

/** The configuration in docs/docker.md. */
const publicSource = 'sources:\n  - name: public\n    service: ecr-public\n';

/** A run of a case. A second run starts with what the first one left. */
export type Which = 'first' | 'then';

/** Runs a case in an empty home. Returns the differences from `ours` as sentences. */
export async function runHelperCase(given: HelperCase, programFor: (run: Which) => Program): Promise<string[]> {
  const place = await mkdtemp(join(tmpdir(), 'helper-case-'));
  await using double = await startDouble(authority, createAws(given.aws ?? []));
  try {
    const home = join(place, 'home');
    const cache = join(place, 'cache');
    const filled = filler({ home, double: double.url });
    const env = await environmentOf(given, { place, home, cache, double, filled });
    await layCache(given, cache, env, filled);
    const run = async (which: Which, args: readonly string[], stdin: string): Promise<Ran> => {
      const ran = await programFor(which)(args, { env, stdin: filled(stdin) });
      return { ...ran, calls: double.aws.calls };
    };
    const secrets = secretsOf(given);
    const first = await run('first', given.args, given.stdin);
    const found = told('', first, differences(first, given.ours, secrets));
    const { then } = given.ours;
    if (!then) return found;
    const refusing = createAws([]);
    double.aws = { ...refusing, answer: (request, host) => ({ ...refusing.answer(request, host), outcome: refused }) };
    const second = await run('then', then.args ?? given.args, then.stdin ?? given.stdin);
    return [...found, ...told('then: ', second, differences(second, then, secrets))];
  } finally {
    await rm(place, { recursive: true, force: true });
  }
}

/** Returns a function that replaces the placeholders of places and times. */
function filler(places: { readonly home: string; readonly double: string }): (text: string) => string {
  const began = Date.now();
  const units: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
  return text =>
    text
      .replaceAll(/\$\{(home|double)\}/g, (_, name: 'home' | 'double') => places[name])
      .replaceAll(/\$\{now(?:([+-])(\d+)([smhd]))?\}/g, (_, sign: string, count: string, unit: string) =>
        new Date(began + (sign ? (sign === '-' ? -1 : 1) * Number(count) * (units[unit] ?? 0) : 0)).toISOString(),
      );
}

interface Around {
  readonly place: string;
  readonly home: string;
  readonly cache: string;
  readonly double: Double;
  readonly filled: (text: string) => string;
}

async function environmentOf(given: HelperCase, { place, home, cache, double, filled }: Around): Promise<Record<string, string>> {
  const files = { ...given.files, ...(given.publicSource && { '.config/ecr-courier/config.yaml': publicSource }) };
  await mkdir(home);
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(home, name)), { recursive: true });
    await writeFile(join(home, name), filled(text));
    // Scripts of credential processes must be executable.
    if (text.startsWith('#!')) await chmod(join(home, name), 0o755);
  }
  const ca = join(place, 'ca.pem');
  await writeFile(ca, authority.ca);
  return {
    HOME: home,
    HTTPS_PROXY: double.url,
    NO_PROXY: '127.0.0.1',
    AWS_CA_BUNDLE: ca,
    NODE_EXTRA_CA_CERTS: ca,
    ECR_COURIER_CACHE: cache,
    ...Object.fromEntries(Object.entries(given.env).map(([name, value]) => [name, filled(value)])),
  };
}

type Env = Readonly<Record<string, string>>;

/** Writes the facts into the cache with the program's own functions. */
async function layCache(
  { cacheDir, cacheFacts = [] }: HelperCase,
  cache: string,
  env: Env,
  filled: (text: string) => string,
): Promise<void> {
  if (cacheDir !== undefined) {
    if (!/regular file/.test(cacheDir)) throw new Error(`this remark on the cache directory is not known: ${cacheDir}`);
    await writeFile(cache, '');
  }
  for (const fact of cacheFacts) {
    const answers = await openAnswers(cache);
    const key = await keyFor(fact, env);
    const issuedAt = Date.parse(filled(fact.issued ?? '${now-1h}'));
    const expiresAt = Date.parse(filled(fact.expires ?? '${now+11h}'));
    const times = { issuedAt, freshUntil: (issuedAt + expiresAt) / 2, expiresAt };
    await answers.write(key, { username: 'AWS', password: new Secret(fact.token ?? 'token-cached'), ...times });
    await answers.note(key, fact.host, Date.now());
    if (fact.broken) await spoil(fact.broken, join(cache, nameOfAnswer(digestOf(key))));
  }
}

async function keyFor({ host, identity = 'same' }: CacheFact, env: Env): Promise<AnswerKey> {
  const { sources, aliases } = await readSettings(env);
  const registry = parseAddress(host, aliases)?.registry;
  if (!registry) throw new Error(`${host} is not a registry`);
  const spec = sources.choose(registry) ?? { name: 'default' };
  const same = await keyOf(spec, registry, env);
  if (identity === 'same') return same;
  const other = await keyOf(spec, registry, { ...env, AWS_ACCESS_KEY_ID: 'AKIAOTHEREXAMPLE0000' });
  // With a profile, the access key in the environment does not change the identity.
  return other.identity === same.identity ? { ...same, identity: `${same.identity}, another` } : other;
}

async function spoil(what: NonNullable<CacheFact['broken']>, path: string): Promise<void> {
  const text = await readFile(path, 'utf8');
  const spoilt = {
    token: () => text.replace(/(\n.*\n).*\n$/, '$1\n'),
    file: () => text.slice(0, 6),
    version: () => text.replace(/^\d+/, '0'),
  };
  await writeFile(path, spoilt[what]());
}

/** Returns the secrets in the environment, the files, the cache and the responses of AWS. */
function secretsOf({ env, files = {}, cacheFacts = [], aws = [] }: HelperCase): string[] {
  const inFiles = Object.values(files).flatMap(text =>
    [...text.matchAll(/(?:secret_access_key|session_token)\s*=\s*(\S+)/g)].map(([, value = '']) => value),
  );
  return [
    ...['AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN', 'AWS_CONTAINER_AUTHORIZATION_TOKEN'].flatMap(name => env[name] ?? []),
    ...inFiles,
    ...cacheFacts.flatMap(({ token }) => token ?? []),
    ...aws.flatMap(({ ok }) => ok?.password ?? []),
    'token-1',
    'session-secret-1',
    'session-1',
    'c-session',
    'imds-session',
    'sso-secret',
    'sso-session',
  ];
}
