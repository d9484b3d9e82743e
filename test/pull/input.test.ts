import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { after, test } from 'node:test';
import { clock } from '../../src/contract/clock.ts';
import { Failure } from '../../src/contract/failures.ts';
import { readInput, takeBegun } from '../../src/pull/input.ts';
import { built } from '../built.ts';
import { startEcr } from '../fakes/ecr.ts';

const home = await mkdtemp(join(tmpdir(), 'input-'));
const aws = await startEcr();
after(async () => {
  await rm(home, { recursive: true });
  await aws[Symbol.asyncDispose]();
});
const host = '123456789012.dkr.ecr.eu-west-1.amazonaws.com';
const request = { kind: 'CredentialProviderRequest', apiVersion: 'credentialprovider.kubelet.k8s.io/v1', image: `${host}/app` };
const never = new AbortController().signal;

/** An input that stays open after these chunks. */
function open(...chunks: readonly string[]): PassThrough {
  const input = new PassThrough();
  for (const chunk of chunks) input.write(chunk);
  return input;
}

test('a complete request is enough, although the other end stays open', async () => {
  const pretty = JSON.stringify(request, undefined, 2);
  for (const chunks of [
    [`${host}\n`],
    [host, '\n'],
    ['\n', `${host}\n`],
    [JSON.stringify(request)],
    [pretty],
    [pretty.slice(0, 9), pretty.slice(9)],
  ])
    assert.equal(await readInput('', open(...chunks), never, clock), chunks.join(''));
  assert.equal(await readInput(`${host}\n`, open(), never, clock), `${host}\n`);
  assert.equal(await readInput('{\n', open('}'), never, clock), '{\n}');
  for (const one of [`${host}\n`, JSON.stringify(request)])
    assert.equal(await readInput('', open(`\uFEFF${one}`), never, clock), one, 'without the byte order mark of PowerShell');
});

test('what came together is read together, so that a second document is seen', async () => {
  const two = `${JSON.stringify(request)}\n${JSON.stringify(request)}`;
  const input = open(two);
  input.end();
  assert.equal(await readInput('', input, never, clock), two);
  const rest = open('second');
  rest.end();
  assert.equal(await readInput('first\n', rest, never, clock), 'first\nsecond');
});

test('a request that is not complete is waited for until the end of the run, which says so', async () => {
  for (const part of ['', '\n', host, '{"kind":{}', `${JSON.stringify(request)}${JSON.stringify(request)}`]) {
    const ending = new AbortController();
    const reading = readInput('', open(part), ending.signal, clock);
    ending.abort(new Failure('TIMEOUT', 'No answer within 13 s.'));
    await assert.rejects(
      reading,
      (error: unknown) => error instanceof Failure && error.code === 'TIMEOUT' && /standard input/.test(error.message),
    );
  }
});

const most = 1024 * 1024;

test('a request that is too long is refused, wherever it is cut into pieces, and is not taken for its beginning', async () => {
  for (const chunks of [[`${host}\n`, 'x'.repeat(most)], ['x'.repeat(most), 'x'], [`{"a":"${'x'.repeat(most)}"}`]]) {
    const input = open(...chunks);
    input.end();
    const told = (error: unknown): boolean =>
      error instanceof Failure && error.code === 'REJECTED' && /longer than 1048576 characters/.test(error.message);
    await assert.rejects(readInput('', input, never, clock), told);
  }
  const longest = open('x'.repeat(most));
  longest.end();
  assert.equal((await readInput('', longest, never, clock)).length, most);
});

for (const [program, ...args] of [
  ['docker-credential-ecr-courier', 'get'],
  ['docker-credential-ecr-courier', 'store'],
  ['docker-credential-ecr-courier', 'erase'],
  ['ecr-courier-credential-provider'],
] as const)
  test(`what is too long is an error of the whole program: ${program} ${args.join(' ')}`, async () => {
    const child = spawn(join(await built(), program), args, { env: { HOME: home, PATH: dirname(process.execPath) } });
    // The program stops reading, so the write fails.
    child.stdin.on('error', () => undefined);
    child.stdin.end(`${program.startsWith('docker') ? host : JSON.stringify(request)}\n${'x'.repeat(2 * most)}`);
    const [stdout, stderr, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')]);
    assert.equal(code, 1, stderr);
    assert.match(stderr, /longer than 1048576 characters/);
    assert.doesNotMatch(stdout, /\{/);
  });

test('the line that a shell has read is taken once', () => {
  const env = { ECR_COURIER_BEGUN: host };
  assert.deepEqual([takeBegun(env), takeBegun(env), env], [`${host}\n`, '', {}]);
});

for (const [protocol, ...args] of [['docker', 'get'], ['docker', 'erase'], ['kubelet']] as const)
  test(`Node answers before the other end is closed: ${protocol} ${args.join(' ')}`, async () => {
    const env = { HOME: home, AWS_ACCESS_KEY_ID: 'AKIAOPEN', AWS_SECRET_ACCESS_KEY: 'open-secret', AWS_ENDPOINT_URL: aws.url };
    const child = spawn(process.execPath, [join(await built(), 'pull.js'), protocol, ...args], { env });
    child.stdin.write(protocol === 'docker' ? `${host}\n` : `${JSON.stringify(request)}\n`);
    const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
    if (args[0] === 'erase') assert.match(stderr, /Nothing is erased/);
    else assert.match(stdout, /^\{.*AWS/, stderr);
  });
