import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { keepCompiled } from '../../src/pull/compiled.ts';
import { pruneHits } from '../../src/pull/hits.ts';
import { built } from '../built.ts';
import { folder } from '../config/support.ts';
import { startEcr } from '../fakes/ecr.ts';

const dayMs = 86_400_000;

test('what Node has compiled is kept beside the answers, and programs that are started know nothing of it', async () => {
  await using aws = await startEcr();
  await using home = await folder({
    'keys.sh': `env >"$HOME/seen"\necho '{"Version":1,"AccessKeyId":"AKIACOMPILED","SecretAccessKey":"compiled-secret"}'\n`,
  });
  await mkdir(home.at('.aws'));
  await writeFile(home.at('.aws/config'), `[default]\ncredential_process = sh ${home.at('keys.sh')}\n`);
  const env = { PATH: `${dirname(process.execPath)}:/usr/bin:/bin`, HOME: home.path, AWS_ENDPOINT_URL: aws.url };
  const program = join(await built(), 'docker-credential-ecr-courier');
  const compiled = home.at('.cache/ecr-courier/compiled');
  const files = async (): Promise<number> => (await readdir(compiled, { recursive: true })).filter(name => /[\\/]/.test(name)).length;
  for (const [region, expected] of [
    ['eu-west-1', 0],
    ['eu-west-2', 4],
    ['eu-west-3', 4],
  ] as const) {
    const child = spawn(program, ['get'], { env });
    child.stdin.end(`123456789012.dkr.ecr.${region}.amazonaws.com`);
    const [answer, stderr] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
    assert.match(answer, /"AWS"/, stderr);
    assert.equal((await stat(compiled)).mode & 0o777, 0o700);
    assert.ok((await files()) >= expected, region);
    assert.doesNotMatch(await readFile(home.at('seen'), 'utf8'), /COMPILE/);
  }
});

test('what is compiled is thrown away after a month, as it may be of a version that is gone', async () => {
  await using files = await folder({});
  const place = files.at('compiled');
  await keepCompiled(files.path, Date.now());
  const version = 'v24.12.0-x64-00000000-0';
  await writeFile(join(place, version), '');
  await keepCompiled(files.path, Date.now() + 29 * dayMs);
  assert.deepEqual(await readdir(place), [version]);
  await keepCompiled(files.path, Date.now() + 31 * dayMs);
  assert.deepEqual([await readdir(place), (await stat(place)).mode & 0o777], [[], 0o700]);
});

test('folders of others that are named like ours lose nothing, where somebody keeps the answers in a home', async () => {
  await using files = await folder({ 'compiled/thesis.pdf': '', 'hits/1999.mp3': '', 'hits/public.ecr.aws,,AKIA': '' });
  const later = Date.now() + 400 * dayMs;
  await keepCompiled(files.path, later);
  await pruneHits(files.path, later);
  assert.deepEqual([await readdir(files.at('compiled')), await readdir(files.at('hits'))], [['thesis.pdf'], ['1999.mp3']]);
});
