import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { promisify } from 'node:util';
import { writeFronts } from '../../scripts/fronts.ts';
import { digestOf } from '../../src/contract/answer-file.ts';
import { Secret } from '../../src/contract/secret.ts';
import { openAnswers } from '../../src/io/answers.ts';
import { parseGoDuration } from '../../src/kubelet/duration.ts';
import { keepHit, witnessesOf } from '../../src/pull/hits.ts';
import { goDuration } from '../../src/pull/kubelet.ts';

const run = promisify(execFile);
const folder = await mkdtemp(join(tmpdir(), 'provider-'));
after(() => rm(folder, { recursive: true }));
await writeFronts(folder);
// A stand-in for Node, which prints its arguments, the request that was read and the rest of stdin.
await writeFile(
  join(folder, 'node'),
  '#!/bin/sh\nshift\necho "NODE $*"\n[ -z "${ECR_COURIER_BEGUN+x}" ] || printf "%s\\n" "$ECR_COURIER_BEGUN"\ncat\n',
  { mode: 0o755 },
);
const home = join(folder, 'home');
await mkdir(home);

const host = '123456789012.dkr.ecr.eu-west-1.amazonaws.com';
const requestFor = (image: string): string =>
  `{"kind":"CredentialProviderRequest","apiVersion":"credentialprovider.kubelet.k8s.io/v1","image":"${image}"}\n`;

async function ask(stdin: string, { args = [] as string[], env = {}, shell = '' } = {}): Promise<string> {
  const front = join(folder, 'ecr-courier-credential-provider');
  const [program, ...rest] = shell ? [shell, front, ...args] : [front, ...args];
  const child = run(program, rest, { env: { PATH: process.env['PATH'] ?? '', HOME: home, ...env }, encoding: 'utf8' });
  child.child.stdin?.on('error', () => undefined).end(stdin);
  return (await child).stdout;
}

async function lay(issuedAt: number, lifeMs: number): Promise<void> {
  const times = { issuedAt, freshUntil: issuedAt + lifeMs / 2, expiresAt: issuedAt + lifeMs };
  const key = { identity: 'one', service: 'ecr', partition: 'aws', region: 'eu-west-1' };
  const answers = await openAnswers(join(home, '.cache/ecr-courier'));
  await answers.write(key, { username: 'AWS', password: new Secret('tok"en-1'), ...times });
  const env = { HOME: home };
  const witnesses = await witnessesOf(env);
  await keepHit({ directory: answers.directory, host, env, digest: digestOf(key), witnesses }, Date.now());
}
const hour = 3_600_000;

for (const shell of ['dash', 'bash'])
  test(`${shell}: the front answers the kubelet with half of what is left`, async context => {
    if (!(await run(shell, ['-c', 'exit 0']).then(Boolean, () => false))) return context.skip(`this machine has no ${shell}`);
    for (const [life, age] of [
      [12 * hour, 0],
      [12 * hour, 5 * hour],
      [901_000, 1_000],
      [119_000, 0],
    ] as const) {
      await lay(Date.now() - age, life);
      for (const key of [host, `${host}:443`]) {
        const said = JSON.parse(await ask(requestFor(`${key}/team/app`), { shell })) as Record<string, unknown>;
        assert.deepEqual(said, {
          kind: 'CredentialProviderResponse',
          apiVersion: 'credentialprovider.kubelet.k8s.io/v1',
          cacheKeyType: 'Registry',
          cacheDuration: said['cacheDuration'],
          auth: { [key]: { username: 'AWS', password: 'tok"en-1' } },
        });
        const ms = parseGoDuration(String(said['cacheDuration'])) ?? Number.NaN;
        assert.equal(said['cacheDuration'], goDuration(ms), 'in the very form of Node');
        assert.ok(Math.abs(ms - (life - age) / 2) < 20_000, `${ms}`);
      }
    }
    assert.match(await ask(requestFor(`${host}/app:1@sha256:aa`), { shell, args: ['get-credentials'] }), /^\{"kind"/);
  });

test('whatever else is asked is for Node, which gets it whole', async () => {
  await lay(Date.now(), 12 * hour);
  const good = requestFor(`${host}/app`);
  for (const stdin of [
    `${host}/app`,
    host,
    '',
    '\n',
    good.trim().slice(0, -1),
    good.trim().slice(0, -2),
    good.replace('}', ',"serviceAccountToken":"t"}'),
    good.replace('/v1"', '/v1beta1"'),
    good.replace(':"', ': "'),
    requestFor(`${host}/a b`),
    requestFor(`${host}/a\\u0062`),
    requestFor(`${host}/é`),
    requestFor(`${host.toUpperCase()}/app`),
    requestFor(`https://${host}/app`),
    requestFor(`${host}:x/app`),
    requestFor(`${host}:/app`),
    requestFor(host),
    requestFor(`../${host}/app`),
    requestFor(`other.example/app`),
    requestFor(''),
    good.replace(',', ',\n'),
  ]) {
    const [first, ...rest] = (await ask(stdin)).split('\n');
    assert.equal(first, 'NODE kubelet', stdin);
    assert.equal(rest.join('\n').trimEnd(), stdin.trimEnd());
  }
  // The kubelet ends its line but may leave stdin open, so the front must not look for another line.
  for (const stdin of [good, `${good}${good}`]) assert.equal((await ask(stdin)).slice(0, 7), '{"kind"');
});

test('options and a trace are for Node', async () => {
  await lay(Date.now(), 12 * hour);
  const good = requestFor(`${host}/app`);
  assert.equal(await ask(good, { args: ['a', '--verbose'] }), `NODE kubelet a --verbose\n${good}`);
  assert.equal(await ask(good, { env: { ECR_COURIER_TRACE: '/tmp/x' } }), `NODE kubelet\n${good}`);
});
