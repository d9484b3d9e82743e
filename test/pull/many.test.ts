import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, beforeEach, test } from 'node:test';
import { until } from '../commands/cli.ts';
import { buildPrograms, start } from '../contracts/cases/program.ts';
import { startEcr } from '../fakes/ecr.ts';

const folder = await mkdtemp(join(tmpdir(), 'many-'));
const programs = await buildPrograms();
const aws = await startEcr();
after(async () => {
  await Promise.all([aws[Symbol.asyncDispose](), programs[Symbol.asyncDispose]()]);
  await rm(folder, { recursive: true, force: true });
});

let made = 0;
let env: Record<string, string>;
beforeEach(async () => {
  const home = join(folder, `${made++}`);
  await mkdir(home);
  env = { HOME: home, AWS_ACCESS_KEY_ID: 'AKIAMANY', AWS_SECRET_ACCESS_KEY: 'many-secret', AWS_ENDPOINT_URL: aws.url };
  aws.calls.splice(0);
  aws.server.requests.splice(0);
  aws.server.latencyMs = 0;
  aws.server.fault = undefined;
});

const helper = join(programs.folder, 'docker-credential-ecr-courier');
const hostIn = (region: string): string => `123456789012.dkr.ecr.${region}.amazonaws.com`;
const get = (host: string) => start(helper, ['get'], { env, stdin: host });

test('many at once: one call to AWS, one token for all', async () => {
  aws.server.latencyMs = 200;
  const all = await Promise.all(Array.from({ length: 24 }, () => get(hostIn('eu-west-1'))));
  assert.deepEqual(new Set(all.map(({ exit, stderr }) => `${exit}${stderr}`)), new Set(['0']));
  assert.equal(new Set(all.map(({ stdout }) => stdout)).size, 1);
  assert.equal(aws.calls.length, 1);
});

test('one each of many regions at once: nothing is lost', async () => {
  const hosts = Array.from({ length: 8 }, (_, at) => hostIn(`eu-west-${at + 1}`));
  await Promise.all(hosts.map(get));
  const calls = aws.calls.length;
  const again = await Promise.all(hosts.map(get));
  assert.deepEqual([calls, aws.calls.length], [hosts.length, hosts.length]);
  assert.ok(again.every(({ exit }) => exit === 0));
  assert.deepEqual(
    Object.keys(JSON.parse((await start(helper, ['list'], { env, stdin: '' })).stdout) as object),
    hosts.map(host => `https://${host}`),
  );
});

for (const signal of ['SIGKILL', 'SIGSTOP'] as const)
  test(`those that wait for one that got ${signal} are answered all the same`, async () => {
    const host = hostIn('eu-west-1');
    aws.server.fault = () => 'hang';
    const child = spawn(helper, ['get'], { env: { ...env, PATH: process.env['PATH'] ?? '' }, stdio: ['pipe', 'ignore', 'ignore'] });
    const gone = once(child, 'close');
    child.stdin.end(host);
    await until(() => aws.server.requests.length > 0, 'the first one to ask AWS');
    child.kill(signal);
    aws.server.fault = undefined;
    const all = await Promise.all(Array.from({ length: 4 }, () => get(host)));
    assert.ok(
      all.every(({ exit, ms }) => exit === 0 && ms < 15_000),
      JSON.stringify(all),
    );
    child.kill('SIGKILL');
    await gone;
    assert.deepEqual(
      (await readdir(join(env['HOME'] ?? '', '.cache/ecr-courier'))).filter(name => name.endsWith('.lock')),
      [],
    );
  });
