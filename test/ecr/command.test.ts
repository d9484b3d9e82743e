import assert from 'node:assert/strict';
import { test } from 'node:test';
import { adapters } from '../../adapters/index.ts';
import { withoutOurs } from '../../config/env.ts';
import { runCommand } from '../../src/ecr/keys/command.ts';
import { programOf, wordsOf } from '../../src/ecr/keys/command-line.ts';

const none = '/nonexistent/sh';
const env = { PATH: process.env['PATH'] };
const why = (line: string, shell?: string): Promise<string> =>
  runCommand(line, env, shell).then(
    () => assert.fail('it should fail'),
    (error: Error) => error.message,
  );

test('a line is split as a shell would split it, where no shell is needed', () => {
  const lines: readonly [line: string, words: readonly string[]][] = [
    ['vault-keys --role pull', ['vault-keys', '--role', 'pull']],
    [`/opt/keys "a b" 'c d'  e\\ f`, ['/opt/keys', 'a b', 'c d', 'e f']],
    [`keys "say \\"hi\\"" a'b'"c"`, ['keys', 'say "hi"', 'abc']],
    ['"/opt/my tools/keys" --a=b 100% a#b a~b', ['/opt/my tools/keys', '--a=b', '100%', 'a#b', 'a~b']],
    [`keys ''`, ['keys', '']],
  ];
  for (const [line, words] of lines) assert.deepEqual(wordsOf(line), words, line);
});

test('what only a shell can do is named', () => {
  const lines: readonly (readonly [line: string, sign: string])[] = [
    ['$HOME/keys', 'the sign $'],
    ['~/keys', 'the sign ~'],
    ['keys | jq .', 'the sign |'],
    ['true; keys', 'the sign ;'],
    ['keys > file', 'the sign >'],
    ['keys "$ROLE"', 'the sign "'],
    ['keys *', 'the sign *'],
    ['A=1 keys', 'a variable before the program'],
    ["keys 'open", "the sign '"],
  ];
  for (const [line, sign] of lines) assert.equal(wordsOf(line), sign, line);
});

test('the program of a line is told, and nothing else of it', () => {
  const lines: readonly (readonly [line: string, program: string])[] = [
    ['vault-keys --pin secret', 'vault-keys'],
    ['"/opt/my tools/keys" secret', '/opt/my tools/keys'],
    ['keys secret | jq .', 'keys'],
    ['  /bin/sh -c "echo $SECRET"', '/bin/sh'],
    ['PIN=secret keys', 'a line for a shell'],
    ['$(cat secret)', 'a line for a shell'],
  ];
  for (const [line, program] of lines) assert.equal(programOf(line), program, line);
});

test('a process that does not end is stopped', async () => {
  const stopped = await runCommand('sleep 30', env, undefined, 300).catch((error: unknown) => error);
  assert.ok(stopped instanceof Error);
  assert.equal(stopped.message, 'credential_process failed: it did not end within 0.3 s and was stopped');
});

test('without a shell a plain line runs all the same, and any other is refused before it runs', async () => {
  const node = `"${process.execPath}" -e "process.stdout.write(process.argv[1])" 'a b'`;
  for (const shell of [undefined, none]) assert.equal((await runCommand(node, env, shell)).stdout, 'a b');
  assert.match(await why('true; echo', none), /needs a shell, because its line holds the sign ;, and there is no \/nonexistent\/sh here/);
  assert.equal(await why('/nonexistent/keys hidden-argument', none), 'credential_process failed: there is no program /nonexistent/keys');
});

test('one that reads its input comes to the end of it at once', async () => {
  assert.equal((await runCommand('cat', env)).stdout, '');
  assert.equal((await runCommand('cat', env, none)).stdout, '');
});

test('a failure says what the program said and how it ended, and nothing of its line', async () => {
  assert.equal(
    await why(`echo the vault is sealed >&2; exit 3 # hidden-argument`),
    'credential_process failed: the vault is sealed (exit status 3)',
  );
  assert.match(await why('kill -9 $$'), /\(SIGKILL\)/);
  assert.equal(await why('false'), 'credential_process failed (exit status 1), and does not say why');
  assert.equal(await why('head -c 1200000 /dev/zero'), 'credential_process failed: it wrote more than 1 MiB');
});

test('a program of others gets no variable of ours or of a manager', () => {
  const kept = { PATH: '/bin', HOME: '/root', AWS_PROFILE: 'p', AWS_ROLE_ARN: 'r', HTTPS_PROXY: 'http://p', VAULT_TOKEN: 't' };
  const ours = {
    PORTAINER_API_KEY: 'k',
    PORTAINER_ANYTHING: 'k',
    ECR_COURIER_ADMIN_TOKEN: 't',
    HARBOR_PASSWORD: 'p',
    RANCHER_TOKEN: 't',
    CATTLE_SECRET_KEY: 's',
    AUTO_CREATE: 'true',
    UV_THREADPOOL_SIZE: '64',
    NODE_EXTRA_CA_CERTS_LEFT_OUT: '/pipe',
    STATE_DIRECTORY: '/var/lib/ecr-courier',
    CREDENTIALS_DIRECTORY: '/run/credentials/ecr-courier.service',
    NOTIFY_SOCKET: '/run/systemd/notify',
    LISTEN_FDS: '1',
    WATCHDOG_USEC: '30000000',
    INVOCATION_ID: '0',
    JOURNAL_STREAM: '8:1',
  };
  assert.deepEqual(withoutOurs({ ...kept, ...ours }, adapters), kept);
});

test('keys that a failing program prints are not quoted', async () => {
  const secret = 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY';
  const said = `AWS_SECRET_ACCESS_KEY=${secret} then {\\"SecretAccessKey\\":\\"${secret}\\"} from /usr/local/lib/python3/Vault2/keys.py`;
  const message = await why(`echo "${said}" >&2; exit 1`);
  assert.doesNotMatch(message, /wJalr|bPxRf/);
  assert.match(
    message,
    /AWS_SECRET_ACCESS_KEY=\[secret\] then .*SecretAccessKey.*\[secret\].* from \/usr\/local\/lib\/python3\/Vault2\/keys\.py/,
  );
});
