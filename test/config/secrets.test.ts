import assert from 'node:assert/strict';
import { chmod, mkdir, rm, writeFile } from 'node:fs/promises';
import { test } from 'node:test';
import { ConfigError, type TargetConfig } from '../../config/load.ts';
import { readSecret, resolveOptions } from '../../config/secrets.ts';
import { Failure } from '../../src/contract/failures.ts';
import { redact, Secret } from '../../src/contract/secret.ts';
import { folder, read } from './support.ts';

async function targetWith(env: Record<string, string>): Promise<TargetConfig> {
  const { targets } = await read({ env: { DEPOT_URL: 'https://depot', ...env } });
  assert.ok(targets[0]);
  return targets[0];
}

async function failureOf(work: Promise<unknown>): Promise<Failure> {
  const thrown: unknown = await work.then(
    () => undefined,
    (error: unknown) => error,
  );
  assert.ok(thrown instanceof Failure);
  return thrown;
}

const revealed = (value: unknown): string => {
  assert.ok(value instanceof Secret);
  return value.reveal();
};

test('a key in a file is read anew each time, without its last line break', async () => {
  await using files = await folder({ key: 'first\n' });
  const target = await targetWith({ DEPOT_API_KEY_FILE: files.at('key') });

  const first = await resolveOptions(target);
  const again = await resolveOptions(target);
  await writeFile(files.at('key'), 'second\r\n');
  const second = await resolveOptions(target);

  assert.equal(revealed(first.options['apiKey']), 'first');
  assert.equal(revealed(second.options['apiKey']), 'second');
  assert.equal(first.options['username'], undefined);
  assert.equal(first.fingerprintOfFiles, again.fingerprintOfFiles);
  assert.notEqual(first.fingerprintOfFiles, second.fingerprintOfFiles);
});

test('a login may come from a file as its secret does: both are read anew, and only the secret is one', async () => {
  await using files = await folder({ user: 'robot$one\n', password: 'p4ss-w0rd-one\n' });
  const target = await targetWith({ DEPOT_USERNAME_FILE: files.at('user'), DEPOT_PASSWORD_FILE: files.at('password') });

  const first = await resolveOptions(target);
  await writeFile(files.at('user'), 'robot$two\n');
  const second = await resolveOptions(target);
  await rm(files.at('user'));
  const waiting = await failureOf(resolveOptions(target));

  assert.deepEqual([first.options['username'], second.options['username']], ['robot$one', 'robot$two']);
  assert.equal(revealed(second.options['password']), 'p4ss-w0rd-one');
  assert.notEqual(first.fingerprintOfFiles, second.fingerprintOfFiles);
  assert.match(waiting.message, /^Waiting for the user name of depot: .* does not exist/);
});

test('a login in a file that everybody can read is nothing to warn of', async () => {
  await using files = await folder({ user: 'robot', password: 'p4ss-w0rd-one' });
  await chmod(files.at('user'), 0o644);
  const env = { DEPOT_URL: 'https://depot', DEPOT_USERNAME_FILE: files.at('user'), DEPOT_PASSWORD_FILE: files.at('password') };
  assert.deepEqual((await read({ env })).warnings, []);
});

test('a secret in the configuration itself is handed on', async () => {
  const { options } = await resolveOptions(await targetWith({ DEPOT_API_KEY: ' keeps its blanks ' }));

  assert.equal(revealed(options['apiKey']), ' keeps its blanks ');
});

interface Unready {
  readonly prepare: (path: string) => Promise<unknown>;
  readonly why: string;
  /** The rest of a key's own hint unless given. */
  readonly remedy?: string;
}
const troubles: Readonly<Record<string, Unready>> = {
  absent: { prepare: path => rm(path, { force: true }), why: 'does not exist' },
  empty: { prepare: path => writeFile(path, ''), why: 'is empty' },
  'a line break alone': { prepare: path => writeFile(path, '\n'), why: 'is empty' },
  'several lines': { prepare: path => writeFile(path, 'hunter2\nhunter2\n'), why: 'holds more than one line, or control characters' },
  'far too large': { prepare: path => writeFile(path, 'hunter2'.repeat(20_000)), why: 'is far too large for one' },
  'a directory': { prepare: path => mkdir(path), why: 'is a directory', remedy: 'Name the file in it.' },
};
for (const [name, { prepare, why, remedy }] of Object.entries(troubles))
  test(`a key file that is ${name} is waited for`, async () => {
    await using files = await folder();
    await prepare(files.at('key'));
    const target = await targetWith({ DEPOT_API_KEY_FILE: files.at('key') });

    const failure = await failureOf(resolveOptions(target));

    assert.equal(failure.code, 'MISCONFIGURED');
    assert.equal(failure.message, `Waiting for the API key of depot: ${files.at('key')} ${why}.`);
    const create = `Create it at Settings > Keys, then put it into ${files.at('key')}.`;
    assert.equal(failure.remedy, `${remedy ?? create} The file is looked at again by itself.`);
    assert.equal(failure.facts.retryAfterMs, 15_000);
  });

test('a secret in the place of the path of its file is refused, and shown nowhere', async () => {
  const says = (name: string, secret: string) =>
    new RegExp(
      `${name}: names no file \\(not shown, as it may be the secret itself\\)\\. Let a path begin with / or \\./; a secret itself belongs into ${secret} `,
    );
  for (const pasted of ['ptr_cGFzdGVkL2ludG8rYV9maWxlPT0abcdefghij8=', 'hunter2', 'ptr_x/Yz+4n/aBC0', 'key.pem'])
    for (const [given, told] of [
      [{ env: { DEPOT_URL: 'https://depot', DEPOT_API_KEY_FILE: pasted } }, says('targets.depot.apiKeyFile', 'apiKey or DEPOT_API_KEY')],
      [{ env: { ECR_COURIER_ADMIN_TOKEN_FILE: pasted } }, says('server.adminTokenFile', 'adminToken or ECR_COURIER_ADMIN_TOKEN')],
    ] as const) {
      const error: unknown = await read(given).catch(thrown => thrown);
      assert.ok(error instanceof ConfigError);
      assert.match(error.message, told);
      assert.ok(!JSON.stringify([error.message, error.mistakes, error.settings]).includes(pasted));
    }
});

test('what may be a key is not shown where a path or a list of hosts is expected', async () => {
  const key = 'ptr_cGFzdGVkL2ludG8rYV9wYXRoPT0abcdefghij8=';
  const settingsOf = async (env: Record<string, string>) => {
    const given = await read({ env: { DEPOT_URL: 'https://depot', DEPOT_API_KEY: 'k3y-k3y-k3y', ...env } }).catch(thrown => thrown);
    assert.ok(!JSON.stringify([given.message, given.mistakes, given.warnings, given.settings]).includes(key.slice(4, 20)));
    return (given as ConfigError).settings.flatMap(({ value, origin }) => (origin in env ? value : []));
  };
  const hidden = '[not shown: it may be a secret]';
  for (const name of ['DEPOT_CA_FILE', 'DEPOT_FOLDER', 'ECR_COURIER_SOCKET', 'ECR_COURIER_ADAPTERS'])
    assert.deepEqual(await settingsOf({ [name]: key }), [hidden], name);
  assert.deepEqual(await settingsOf({ DEPOT_REGISTRIES: `own,${key}` }), [`[own, ${hidden}]`]);
  assert.deepEqual(await settingsOf({ ECR_COURIER_CONFIG: key }), []);
  assert.ok(!redact(`There is nobody at ${key}.`).includes(key.slice(4, 20)), 'it is a secret from now on');

  for (const [name, value] of [
    ['DEPOT_CA_FILE', 'authority.pem'],
    ['DEPOT_FOLDER', './a9B'],
    ['ECR_COURIER_SOCKET', '/run/x/courier.sock'],
    ['ECR_COURIER_ADAPTERS', './depot.ts,@company/depot-adapter2'],
  ] as const)
    assert.deepEqual(await settingsOf({ [name]: value }), [value]);
  const hosts = '123456789012.dkr.ecr.eu-west-1.amazonaws.com,registry:5000';
  assert.deepEqual(await settingsOf({ DEPOT_REGISTRIES: hosts }), [`[${hosts.replace(',', ', ')}]`]);
});

test('a path need not lead to a file yet, if it looks like a path; a name alone is taken when the file is there', async () => {
  await using files = await folder({ key: 'k3y', 'courier.yaml': 'targets: [{kind: depot, url: "https://depot", apiKeyFile: key}]' });
  for (const path of ['/absent/key', './key', '../key', 'secrets/depot-key', files.at('key')])
    assert.deepEqual((await targetWith({ DEPOT_API_KEY_FILE: path })).options['apiKey'], { file: path });
  const { targets } = await read({ files: [files.at('courier.yaml')] });
  assert.deepEqual(targets[0]?.options['apiKey'], { file: files.at('key') });
});

test('a device without an end is not read to its end', async () => {
  const failure = await failureOf(readSecret({ file: '/dev/zero' }, 'the admin token'));

  assert.match(failure.message, /is not a regular file/);
});
