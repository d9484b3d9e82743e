import assert from 'node:assert/strict';
import { chmod, mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { clock } from '../../src/contract/clock.ts';
import type { Source } from '../../src/contract/source.ts';
import { makeSources, type SourceSpec } from '../../src/ecr/sources/source.ts';
import { openOnce } from '../../src/io/once.ts';
import { failureOf, registryOf } from './support.ts';

const host = '123456789012.dkr.ecr.eu-west-1.amazonaws.com';
const secret = 'Zq7-k93xw-plmv-8101';
let folder = '';
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ecr-courier-local-'));
});
after(() => rm(folder, { recursive: true }));

const env = { PATH: process.env['PATH'] ?? '', HOME: '/nonexistent' };
function source(spec: Partial<SourceSpec>, more: { commandEnv?: Record<string, string>; fetchMs?: number } = {}): Source {
  const made = makeSources([{ name: 'local', region: 'eu-west-1', ...spec }], { once: openOnce({ env }), clock, env, ...more }).all[0];
  assert.ok(made);
  return made;
}
const fetchOf = (made: Source, at = host, signal = new AbortController().signal) => made.fetch(registryOf(at), signal);
const wrote = async (command: SourceSpec['command'], at = host): Promise<string> =>
  (await fetchOf(source({ command }), at)).password.reveal();
const failed = async (spec: Partial<SourceSpec>, more: Parameters<typeof source>[1] = {}) =>
  await failureOf(fetchOf(source(spec, more)), [secret]);
const node = process.execPath;
const script = (code: string): string[] => [node, '-e', code];
/** A command line that needs no shell. */
const line = (code: string): string => `"${node}" -e '${code}'`;

test('a command: a list, a line, and a line that needs a shell', async () => {
  assert.equal(await wrote(script(`console.log('${secret}')`)), secret);
  assert.equal(await wrote(line(`console.log("${secret}")`)), secret);
  assert.equal(await wrote(`echo ${secret} | tr -d " "`), secret);
  assert.equal(await wrote(['echo', `AWS:${secret}`]), secret, 'looked for on PATH');
});

test('placeholders stand for what the registry says, in a line and in a list', async () => {
  const command = script('console.log(JSON.stringify({ password: process.argv.slice(1).join(",") }))');
  assert.equal(
    await wrote([...command, '{region}', '--of={account}', '{host}', '{other}', '{"a":1}']),
    `eu-west-1,--of=123456789012,${host},{other},{"a":1}`,
  );
  assert.equal(await wrote('echo {region}-{account}-1'), 'eu-west-1-123456789012-1');
});

test('a command that is told the region serves every region; another one its own alone', async () => {
  const virginia = host.replace('eu-west', 'us-east');
  assert.equal(await wrote(['echo', secret, '{region}'].slice(0, 1).concat('token-for-{region}'), virginia), 'token-for-us-east-1');
  const { code, message, remedy } = await failureOf(fetchOf(source({ command: ['echo', secret] }), virginia));
  assert.equal(code, 'MISCONFIGURED');
  assert.match(message, /^The command echo wrote a token for eu-west-1, and \S+ is in us-east-1; nothing is delivered\.$/);
  assert.match(remedy, /write \{region\} in the command/);
  assert.match((await failed({ command: ['echo', secret], region: undefined })).message, /does not say its region/);
});

test('its child gets no terminal, an input at its end, and nothing of ours', async () => {
  const seen = script(
    'process.stdin.on("end", () => console.log(JSON.stringify({ password: Object.keys(process.env).sort().join() }))).resume()',
  );
  const credential = await fetchOf(source({ command: seen }, { commandEnv: { AWS_PROFILE: 'x', PATH: env.PATH } }));
  assert.match(credential.password.reveal(), /^AWS_PROFILE,PATH/);
});

test('a command that fails: its exit code, its words, and no secret', async () => {
  const long = `eyJwYXlsb2FkIjoi${'aB3'.repeat(20)}`;
  const { code, message } = await failureOf(
    fetchOf(
      source({ command: script(`console.log('${secret}'); console.error('no luck with ${secret} and ${long}'); process.exitCode = 3`) }),
    ),
    [secret, long],
  );
  assert.equal(code, 'UNEXPECTED');
  assert.match(message, /^The command \S*node failed: exit status 3: no luck with \[secret\] and \[secret\]$/);
  const missing = await failed({ command: ['no-such-program-here', secret] });
  assert.equal(missing.code, 'MISCONFIGURED');
  assert.match(missing.message, /there is no program no-such-program-here/);
  const path = join(folder, 'not-executable');
  await writeFile(path, '');
  await chmod(path, 0o600);
  assert.match((await failed({ command: [path] })).message, /cannot be run \(EACCES\)/);
  assert.match((await failed({ command: ['true'] })).message, /^The command true wrote nothing; nothing is delivered/);
  assert.match((await failed({ command: ['sh', '-c', 'kill -9 $$'] })).message, /SIGKILL/);
});

test('what aws-cli says of a missing right becomes the statement to add', async () => {
  const words =
    'An error occurred (AccessDeniedException) when calling the GetAuthorizationToken operation: User: arn:aws:iam::123456789012:user/ci is not authorized to perform: ecr:GetAuthorizationToken on resource: * because no identity-based policy allows the ecr:GetAuthorizationToken action';
  const { code, remedy } = await failed({ command: script(`console.error(${JSON.stringify(words)}); process.exitCode = 254`) });
  assert.equal(code, 'FORBIDDEN');
  assert.match(remedy, /user ci in account 123456789012: \{.*"ecr:GetAuthorizationToken"/);
});

test('a command is named as it is written, also where a sentence begins with it', async () => {
  const { remedy } = await failed({ command: ['sh', '-c', 'echo Unable to locate credentials >&2; exit 253'] });
  assert.match(remedy, /^The command sh found no AWS keys/);
});

test('a command that does not end is ended, with all that it started', async () => {
  const pidFile = join(folder, 'pid');
  const made = source({ command: `sleep 600 & echo $! > ${pidFile}; wait` }, { fetchMs: 700 });
  const { code, message, remedy } = await failureOf(fetchOf(made));
  assert.equal(code, 'TIMEOUT');
  assert.match(message, /while running the command/);
  assert.match(remedy, /must write a token and end/);
  const { readFile } = await import('node:fs/promises');
  const pid = Number(await readFile(pidFile, 'utf8'));
  while (isAlive(pid)) await clock.sleep(20, new AbortController().signal);
});

/** Whether the process is alive. A zombie is not. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !/^State:\s*Z/m.test(process.getBuiltinModule('fs').readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

test('what a command leaves running does not hold up its token', async () => {
  const made = source({ command: `echo ${secret}; sleep 15 &` }, { fetchMs: 8000 });
  assert.equal((await fetchOf(made)).password.reveal(), secret);
});

test('a command that writes without end is stopped', async () => {
  assert.match((await failed({ command: ['yes', secret] })).message, /it wrote more than 1 MiB/);
});

test('a file is read anew at every fetch, in any shape', async () => {
  const file = join(folder, 'token');
  const made = source({ file });
  await writeFile(file, `${secret}\n`);
  assert.equal((await fetchOf(made)).password.reveal(), secret);
  await writeFile(file, JSON.stringify({ auths: { [host]: { auth: Buffer.from('AWS:of-the-next-hour').toString('base64') } } }));
  const next = await fetchOf(made);
  assert.deepEqual(
    [next.password.reveal(), next.identity?.from, next.identity?.account],
    ['of-the-next-hour', `the file ${file}`, '123456789012'],
  );
  assert.equal(next.identity?.whose, `whoever asked ECR for the token of the file ${file}`);
});

test('a token that does not say its end ends twelve hours after its file was written', async () => {
  const file = join(folder, 'old');
  await writeFile(file, secret);
  const writtenHoursAgo = async (hours: number): Promise<void> => await utimes(file, new Date(), new Date(Date.now() - hours * 3_600_000));
  await writtenHoursAgo(5);
  const left = (await fetchOf(source({ file }))).expiresAt.getTime() - Date.now();
  assert.ok(Math.abs(left - 6.75 * 3_600_000) < 60_000, String(left));
  await writtenHoursAgo(13);
  const { code, message, facts } = await failed({ file });
  assert.equal(code, 'MISCONFIGURED');
  assert.match(message, new RegExp(`^${file} holds a token that expired at 20\\S+Z; nothing is delivered\\.$`));
  assert.equal(facts.retryAfterMs, 60_000);
  const future = JSON.stringify({ password: secret, expiresAt: Date.now() / 1000 + 600 });
  await writeFile(file, future);
  await writtenHoursAgo(13);
  assert.equal((await fetchOf(source({ file }))).password.reveal(), secret, 'what the content says counts before its time');
});

test('a file that is not there, is empty or holds nothing of use is waited for', async () => {
  const absent = await failed({ file: join(folder, 'absent') });
  assert.deepEqual([absent.code, absent.facts.retryAfterMs], ['MISCONFIGURED', 15_000]);
  assert.match(absent.message, /^The token file \S+absent does not exist/);
  const file = join(folder, 'bad');
  await writeFile(file, ' \n');
  assert.match((await failed({ file })).message, /is empty/);
  await writeFile(file, `{"password": "${secret}`);
  const half = await failed({ file });
  assert.deepEqual([half.code, /neither JSON nor a token/.test(half.message)], ['UNEXPECTED', true]);
  assert.match((await failed({ file: folder })).message, /^The token file \S+ is a directory/);
});

test('scope and identity tell sources, accounts and contents apart, and show no argument', async () => {
  const registry = registryOf(host);
  const other = registryOf(host.replace('1234', '9999'));
  const [a, b] = [source({ command: ['get', secret] }), source({ command: ['get', 'another'] })];
  assert.notEqual(a.scope(registry), b.scope(registry));
  assert.notEqual(a.scope(registry), a.scope(other));
  const [ofA, ofB] = [await a.askedAs?.(registry), await b.askedAs?.(registry)];
  assert.notEqual(ofA, ofB);
  assert.ok(ofA && !ofA.includes(secret));
  const file = join(folder, 'content');
  const c = source({ file });
  await writeFile(file, '1');
  const before = await c.askedAs?.(registry);
  assert.equal(before, await c.askedAs?.(registry));
  assert.notEqual(before, await c.askedAs?.(other));
  await writeFile(file, '2');
  assert.notEqual(before, await c.askedAs?.(registry));
});
