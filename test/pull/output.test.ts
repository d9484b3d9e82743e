import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { promisify } from 'node:util';
import { digestOf } from '../../src/contract/answer-file.ts';
import { parseAddress } from '../../src/contract/registry.ts';
import { Secret } from '../../src/contract/secret.ts';
import { openAnswers } from '../../src/io/answers.ts';
import { keyOf } from '../../src/pull/answer.ts';
import { keepHit, witnessesOf } from '../../src/pull/hits.ts';
import { built } from '../built.ts';

const home = await mkdtemp(join(tmpdir(), 'unwritten-'));
after(() => rm(home, { recursive: true }));
const dist = await built();
const host = '123456789012.dkr.ecr.eu-west-1.amazonaws.com';
const request = `{"kind":"CredentialProviderRequest","apiVersion":"credentialprovider.kubelet.k8s.io/v1","image":"${host}/app"}`;
const env = { HOME: home, AWS_ACCESS_KEY_ID: 'AKIAUNWRITTEN', AWS_SECRET_ACCESS_KEY: 's', AWS_EC2_METADATA_DISABLED: 'true' };

/** Stores an answer, and the hit file with which a front finds it. `length`: that of the password. */
async function lay(length: number): Promise<void> {
  const registry = parseAddress(host)?.registry ?? assert.fail();
  const directory = join(home, '.cache/ecr-courier');
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const key = await keyOf({ name: 'default' }, registry, env);
  const now = Date.now();
  const times = { issuedAt: now - 1000, freshUntil: now + 3_600_000, expiresAt: now + 7_200_000 };
  await (await openAnswers(directory)).write(key, { username: 'AWS', password: new Secret('p'.repeat(length)), ...times });
  await keepHit({ directory, host, env, digest: digestOf(key), witnesses: await witnessesOf(env) }, now);
}

interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs `sh`, where `$@` is a program with its arguments. With `ECR_COURIER_TRACE` set, the front leaves everything to
 * Node.
 */
async function shell(script: string, args: readonly string[], more: Readonly<Record<string, string>> = {}): Promise<Ran> {
  const [name = '', ...rest] = args;
  const all = ['-c', script, 'sh', join(dist, name), ...rest];
  const options = { env: { PATH: process.env['PATH'] ?? '', ...env, ...more }, maxBuffer: 1e8, encoding: 'utf8' } as const;
  return await promisify(execFile)('sh', all, options).then(
    said => ({ code: 0, ...said }),
    (failed: Ran) => failed,
  );
}
const byNode = { ECR_COURIER_TRACE: join(home, 'trace') };
const helper = 'docker-credential-ecr-courier';
const provider = 'ecr-courier-credential-provider';

for (const [who, more, stdin, ...args] of [
  ['the front', {}, host, helper, 'get'],
  ['the front', {}, request, provider],
  ['Node', byNode, host, helper, 'get'],
  ['Node', byNode, request, provider],
  ['Node', {}, '', helper, 'list'],
  ['Node', {}, '', helper, 'version'],
  ['Node', {}, '', provider, '--version'],
] as const)
  for (const out of ['>/dev/full', '>&-'])
    test(`${who}: an answer that cannot be written is not success: ${args.join(' ')} ${out}`, async () => {
      await lay(9);
      const { code, stderr } = await shell(`printf '%s\\n' "$STDIN" | "$@" ${out}`, args, { STDIN: stdin, ...more });
      assert.notEqual(code, 0, stderr);
      assert.match(stderr, /could not be written/);
      assert.doesNotMatch(stderr, /printf/);
    });

for (const [who, more] of [
  ['the front', {}],
  ['Node', byNode],
] as const)
  test(`${who}: an answer that is larger than a pipe comes whole, however late it is read`, async () => {
    await lay(200_000);
    const { stdout } = await shell('printf %s "$STDIN" | "$@" | (sleep 1; cat)', [helper, 'get'], { STDIN: host, ...more });
    assert.equal((JSON.parse(stdout) as { Secret: string }).Secret.length, 200_000);
  });

test('Node: nobody who reads any more is not success', async () => {
  await lay(200_000);
  const { stderr } = await shell('printf %s "$STDIN" | { "$@"; echo "code $?" >&2; } | true', [helper, 'get'], { STDIN: host, ...byNode });
  assert.match(stderr, /code 1/);
});
