import assert from 'node:assert/strict';
import { chmod, mkdir, rm, writeFile } from 'node:fs/promises';
import { test } from 'node:test';
import { ConfigError } from '../../config/config-error.ts';
import { type TargetConfig } from '../../config/load.ts';
import { readSecret, readSecretFile, resolveOptions } from '../../config/secrets.ts';
import { Failure } from '../../src/contract/failures.ts';
import { visiblyNoSecret } from '../../src/contract/keys.ts';
import { redact, Secret } from '../../src/contract/secret.ts';
import { folder, mistakesOf, read } from './support.ts';

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

test('a credential of a unit is a copy: the message says whose file it is, and that the unit must start anew', async () => {
  const { remedy } = await failureOf(
    readSecretFile({ file: '/run/credentials/courier.service/no-such-key' }, { what: 'the key', keyHint: 'create it' }),
  );
  assert.equal(
    remedy,
    'Create it, then put it into the file that LoadCredential=no-such-key of courier.service names. Then: systemctl restart courier.service',
  );
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
  assert.match(waiting.message, /^DEPOT_USERNAME_FILE: .* \(the user name of depot\) does not exist/);
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
  /** The end of the remedy; the hint of the option itself by default. */
  readonly remedy?: string;
}
const troubles: Readonly<Record<string, Unready>> = {
  absent: { prepare: path => rm(path, { force: true }), why: 'does not exist' },
  empty: { prepare: path => writeFile(path, ''), why: 'is empty' },
  'blanks alone': { prepare: path => writeFile(path, ' \t \n'), why: 'is empty' },
  'a line break alone': { prepare: path => writeFile(path, '\n'), why: 'is empty' },
  'several lines': {
    prepare: path => writeFile(path, 'hunter2\nhunter2\n'),
    why: 'holds more than one line, or control characters',
    remedy: 'Put nothing but the API key of depot into FILE.',
  },
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
    assert.equal(failure.message, `DEPOT_API_KEY_FILE: ${files.at('key')} (the API key of depot) ${why}.`);
    const create = `Create it at Settings > Keys, then put it into ${files.at('key')}.`;
    assert.equal(failure.remedy, `${remedy?.replace('FILE', files.at('key')) ?? create} The daemon reads the file again by itself.`);
    assert.equal(failure.facts.retryAfterMs, 15_000);
  });

const visiblyNone: Readonly<Record<string, { readonly text: string; readonly why: RegExp; readonly password?: 'odd' | 'fine' }>> = {
  'a login page': { text: '<!DOCTYPE html><html><body>Sign in</body></html>', why: /holds a page, and no key/ },
  'a variable that nobody set': { text: '${PORTAINER_TOKEN}', why: /holds a placeholder that nothing has replaced/ },
  'a variable with a default': { text: '${PORTAINER_TOKEN:-}', why: /holds a placeholder/ },
  'a variable without braces': { text: '$PORTAINER_TOKEN', why: /holds a placeholder/ },
  'a command': { text: '$(cat /run/key)', why: /holds a placeholder/ },
  'a template': { text: '{{ .Values.key }}', why: /holds a placeholder/ },
  'the words of a guide': { text: '<your key>', why: /holds a placeholder/ },
  'a variable of Windows': { text: '%API_KEY%', why: /holds a placeholder/ },
  'a word of a template': { text: 'changeme', why: /holds a word that stands for a secret/, password: 'odd' },
  'two words of a template': { text: 'CHANGE-ME-NOW', why: /holds a word that stands for a secret/, password: 'odd' },
  'what a guide says': { text: 'your-portainer-api-key', why: /holds a word that stands for a secret/, password: 'odd' },
  'what a guide says, in small signs': { text: '<your-key>', why: /holds a placeholder/ },
  'what a guide says behind the start of a key': { text: 'ptr_<your key>', why: /holds a placeholder/, password: 'odd' },
  'crosses behind the start of a key': { text: 'ptr_xxxxxxxx', why: /holds a word that stands for a secret/, password: 'odd' },
  'stars, as a page shows it': { text: '********', why: /holds a word that stands for a secret/, password: 'odd' },
  'the beginning of a key, as a page shows it': { text: 'ptr_aGVs...', why: /holds a placeholder/, password: 'odd' },
  'a template in the spelling of an address': { text: '%7B%7B%20.key%20%7D%7D', why: /holds a placeholder/, password: 'odd' },
  'a variable in the spelling of an address': { text: '%24%7BAPI_KEY%7D', why: /holds a placeholder/, password: 'odd' },
  'a template of a build': { text: '__API_KEY__', why: /holds a placeholder/, password: 'odd' },
  'what a program says of nothing': { text: 'undefined', why: /holds a word that stands for a secret/, password: 'odd' },
  JSON: { text: '{"apiKey":"ptr_key"}', why: /holds a placeholder that nothing has replaced, or JSON/, password: 'odd' },
  'where a secret lies': { text: 'vault://kv/portainer', why: /holds a reference to a secret/, password: 'odd' },
  'where a file lies': { text: '/run/secrets/portainer', why: /holds a reference to a secret/, password: 'odd' },
  'a byte order mark': { text: '\uFEFFptr_key', why: /begins with a byte order mark/ },
  'quotes around it': { text: '"ptr_key"', why: /has quotes around it/, password: 'odd' },
  'single quotes around it': { text: "'ptr_key'", why: /has quotes around it/, password: 'odd' },
  'a name in front': { text: 'PORTAINER_API_KEY=ptr_key', why: /holds a name and a value/, password: 'odd' },
  'a name in front, as shells have it': { text: 'export key=ptr_key', why: /holds a name and a value/, password: 'odd' },
  'a name in front, as YAML has it': { text: 'apiKey: ptr_key', why: /holds a name and a value/, password: 'odd' },
  'a word of HTTP': { text: 'Bearer ptr_key', why: /holds a word of an HTTP header/, password: 'odd' },
  'a header': { text: 'X-API-Key: ptr_key', why: /holds a (word of an HTTP header|name and a value)/, password: 'odd' },
  'a character that cannot be seen': { text: 'ptr_\u200bkey', why: /holds a character that cannot be seen/, password: 'odd' },
  'a blank that cannot be seen behind a key': { text: 'ptr_aGVsbG8=\u00a0', why: /holds a character that cannot be seen/, password: 'odd' },
  'what a guide says behind the start of a key, without signs': {
    text: 'ptr_your_token_here',
    why: /holds a word that stands/,
    password: 'odd',
  },
  'what a guide says in capitals': { text: 'YOUR_TOKEN_GOES_HERE', why: /holds a word that stands/, password: 'odd' },
  'a word of a programmer': { text: 'FIXME', why: /holds a word that stands/, password: 'odd' },
  'what a template asks for': { text: 'replace-with-your-token', why: /holds a word that stands/, password: 'odd' },
  'what a template asks for, without whose': { text: 'insert-api-key-here', why: /holds a word that stands/, password: 'odd' },
  'what is to come': { text: 'to-be-replaced', why: /holds a word that stands/, password: 'odd' },
  'a place in Vault': { text: 'vault:secret/data#key', why: /holds a reference/, password: 'odd' },
  'a parameter of AWS': { text: 'ssm:/a/b', why: /holds a reference/, password: 'odd' },
  'a variable by its name': { text: 'env:PORTAINER_KEY', why: /holds a reference/, password: 'odd' },
  'a mark of Ansible': { text: '!vault', why: /holds a reference/, password: 'odd' },
  'what SOPS has encrypted': { text: 'ENC[AES256_GCM,data:Zm9v,type:str]', why: /holds a reference/, password: 'odd' },
  'what Jasypt has encrypted': { text: 'ENC(Zm9vYmFy)', why: /holds a reference/, password: 'odd' },
  'a template of Python': { text: '%(token)s', why: /holds a placeholder/, password: 'odd' },
  'a template with double brackets': { text: '[[ token ]]', why: /holds a placeholder/, password: 'odd' },
  'a template with double dollars': { text: '$$TOKEN$$', why: /holds a placeholder/, password: 'odd' },
  'a line break that is written out': { text: 'ptr_key\\n', why: /begins or ends with a line break that is written out/, password: 'odd' },
  'a key that begins as a word': { text: 'testdrive7Qx9', why: /^$/, password: 'fine' },
  'a key with a word in it': { text: 'ptr_yourS3cretIsSafe=', why: /^$/, password: 'fine' },
  'a colon behind a word': { text: 'kubeconfig-user-secret:abc', why: /^$/, password: 'fine' },
  'an exclamation mark in front': { text: '!valley7', why: /^$/, password: 'fine' },
  'a key': { text: 'ptr_aGVsbG8gd29ybGQ/+x==', why: /^$/, password: 'fine' },
  'a key with small letters alone': { text: 'myxtokenofnobodyx1', why: /^$/, password: 'fine' },
  'a key of signs that addresses have': { text: 'a%7Bb%2Fc', why: /^$/, password: 'fine' },
  'a key that ends like a name': { text: 'ABCDEF==', why: /^$/, password: 'fine' },
  'a token of Rancher': { text: 'token-abc12:x8w7v6', why: /^$/, password: 'fine' },
  'dollars inside': { text: 'pa$$w0rd-${x', why: /^$/, password: 'fine' },
};
test('a blank text is nothing of what an option could be', async () => {
  const env = { DEPOT_URL: 'https://depot' };
  const said = async (more: Record<string, string>) => (await mistakesOf(read({ env: { ...env, ...more } }))).join();
  for (const blank of [' ', '\t', '   '])
    for (const [name, more] of [
      ['DEPOT_API_KEY', {}],
      ['DEPOT_USERNAME', { DEPOT_PASSWORD: 'p4ss-w0rd' }],
      ['DEPOT_PASSWORD', { DEPOT_USERNAME: 'robot' }],
      ['ECR_COURIER_ADMIN_TOKEN', { DEPOT_API_KEY: 'k3y-k3y-k3y' }],
    ] as const)
      assert.match(await said({ ...more, [name]: blank }), new RegExp(`^${name}: must not (be blank|contain line breaks .*)$`));
});

test('a user name is looked at as a password is', async () => {
  const env = { DEPOT_URL: 'https://depot', DEPOT_PASSWORD: 'p4ss-w0rd' };
  const [mistake] = await mistakesOf(read({ env: { ...env, DEPOT_USERNAME: '${HARBOR_USER}' } }));
  assert.match(mistake ?? '', /^DEPOT_USERNAME: holds a placeholder that nothing has replaced$/);
  const { warnings } = await read({ env: { ...env, DEPOT_USERNAME: 'admin\\n' } });
  assert.match(
    warnings.join(),
    /DEPOT_USERNAME\) begins or ends with a line break that is written out .*, unless that is the user name\.$/,
  );
  for (const name of ['test', 'robot$team+pull', 'admin'])
    assert.deepEqual((await read({ env: { ...env, DEPOT_USERNAME: name } })).warnings, []);
});

test('two keys are not name and value', async () => {
  await using files = await folder({ key: 'ptr_aGVsbG8==\nptr_aGVsbG8==\n' });
  const { message } = await failureOf(resolveOptions(await targetWith({ DEPOT_API_KEY_FILE: files.at('key') })));
  assert.match(message, /holds more than one line/);
});

for (const [name, { text, why, password }] of Object.entries(visiblyNone))
  test(`in the place of a secret stands ${name}: said before anything is sent, and not shown`, async () => {
    await using files = await folder({ key: `${text}\n` });
    const fine = password === 'fine';
    const inline = async (env: Record<string, string>) => {
      const given = await read({ env: { DEPOT_URL: 'https://depot', ...env } }).catch((error: ConfigError) => error);
      const [mistakes, warnings] = given instanceof ConfigError ? [given.mistakes, []] : [[], given.warnings];
      assert.ok(!JSON.stringify([mistakes, warnings, given.settings]).includes(text));
      return { mistakes, warnings };
    };

    const { mistakes } = await inline({ DEPOT_API_KEY: text });
    assert.equal(mistakes.length, fine ? 0 : 1);
    if (!fine)
      assert.match(
        `${mistakes[0]?.path} ${mistakes[0]?.origin} ${mistakes[0]?.message}`,
        new RegExp(`^targets.depot.apiKey DEPOT_API_KEY ${why.source}`),
      );

    const target = await targetWith({ DEPOT_API_KEY_FILE: files.at('key') });
    if (fine) assert.equal(revealed((await resolveOptions(target)).options['apiKey']), text);
    else {
      const failure = await failureOf(resolveOptions(target));
      assert.equal(failure.code, 'MISCONFIGURED');
      assert.match(failure.message, new RegExp(`^DEPOT_API_KEY_FILE: ${files.at('key')} \\(the API key of depot\\) ${why.source}`));
      assert.match(failure.remedy, /^Put nothing but the API key of depot into .*\. The daemon reads the file again by itself\.$/);
      assert.ok(!`${failure.message}${failure.remedy}`.includes(text));
    }

    const word = await inline({ DEPOT_USERNAME: 'u', DEPOT_PASSWORD: text });
    assert.equal(word.mistakes.length, password ? 0 : 1);
    assert.equal(word.warnings.filter(warning => why.test(warning.replace(/^.*?\) /, ''))).length, password === 'odd' ? 1 : 0);
    const { warnings } = await read({ env: { DEPOT_URL: 'https://depot', DEPOT_USERNAME: 'u', DEPOT_PASSWORD_FILE: files.at('key') } });
    assert.equal(
      warnings.some(warning => new RegExp(`${files.at('key')} (holds|has|begins)`).test(warning)),
      password === 'odd',
      warnings.join(),
    );

    const admin = await inline({ DEPOT_API_KEY: 'k3y', ECR_COURIER_ADMIN_TOKEN: text });
    assert.equal(admin.mistakes.length, fine ? 0 : 1);
  });

test('a word to have something there is no key of a manager, odd as a password, and fine for a double of AWS', async () => {
  for (const text of ['dummy', 'fake-key', 'password', 'secret', 'TEST', 'test-token-1']) {
    const env = { DEPOT_URL: 'https://depot' };
    await assert.rejects(read({ env: { ...env, DEPOT_API_KEY: text } }), /DEPOT_API_KEY: holds a word that stands for a secret/);
    const { warnings } = await read({ env: { ...env, DEPOT_USERNAME: 'u', DEPOT_PASSWORD: text } });
    assert.match(warnings.join(), /holds a word that stands for a secret/);
    const aws = { AWS_ACCESS_KEY_ID: text, AWS_SECRET_ACCESS_KEY: text };
    assert.deepEqual((await read({ env: { ...env, DEPOT_API_KEY: 'ptr_key', ...aws } })).warnings, []);
  }
});

test('letters beyond ASCII are not part of a key, which goes into a header; a password or a token of ours may have them', async () => {
  for (const text of ['ptr_ключ', 'ptr_schlüssel', 'ptr_\u2013dash']) {
    const env = { DEPOT_URL: 'https://depot' };
    await assert.rejects(read({ env: { ...env, DEPOT_API_KEY: text } }), /DEPOT_API_KEY: holds a letter that no key has/);
    await using files = await folder({ key: text });
    const failure = await failureOf(resolveOptions(await targetWith({ DEPOT_API_KEY_FILE: files.at('key') })));
    assert.match(failure.message, /holds a letter that no key has/);
    const { warnings } = await read({ env: { ...env, DEPOT_USERNAME: 'u', DEPOT_PASSWORD: text, ECR_COURIER_ADMIN_TOKEN: text } });
    assert.deepEqual(warnings, []);
    assert.equal((await readSecret({ file: files.at('key') }, 'the admin token')).reveal(), text);
  }
});

test('a key file in UTF-16 says so', async () => {
  await using files = await folder();
  await writeFile(files.at('key'), Buffer.from('\uFEFFptr_key\r\n', 'utf16le'));
  const failure = await failureOf(resolveOptions(await targetWith({ DEPOT_API_KEY_FILE: files.at('key') })));
  assert.match(failure.message, /is not text in UTF-8: save it as plain text\.$/);
});

test('a secret in the place of the path of its file is refused, and shown nowhere', async () => {
  const says = (name: string, secret: string) =>
    new RegExp(
      `${name}: names no file \\(not shown, as it may be the secret itself\\)\\. Let a path begin with / or \\./; a secret itself belongs into ${secret}$`,
      'm',
    );
  for (const pasted of ['ptr_cGFzdGVkL2ludG8rYV9maWxlPT0abcdefghij8=', 'hunter2', 'ptr_x/Yz+4n/aBC0', 'key.pem'])
    for (const [given, told] of [
      [{ env: { DEPOT_URL: 'https://depot', DEPOT_API_KEY_FILE: pasted } }, says('DEPOT_API_KEY_FILE', 'apiKey or DEPOT_API_KEY')],
      [{ env: { ECR_COURIER_ADMIN_TOKEN_FILE: pasted } }, says('ECR_COURIER_ADMIN_TOKEN_FILE', 'adminToken or ECR_COURIER_ADMIN_TOKEN')],
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
    assert.deepEqual((await targetWith({ DEPOT_API_KEY_FILE: path })).options['apiKey'], { file: path, variable: 'DEPOT_API_KEY_FILE' });
  const { targets } = await read({ files: [files.at('courier.yaml')] });
  assert.deepEqual(targets[0]?.options['apiKey'], { file: files.at('key') });
});

test('a device without an end is not read to its end', async () => {
  const failure = await failureOf(readSecret({ file: '/dev/zero' }, 'the admin token'));

  assert.match(failure.message, /is not a regular file/);
});

for (const text of ['agent-secret', 'angels-token', 'anna-password'])
  test(`a key that begins as an article does is one: ${text}`, () => assert.equal(visiblyNoSecret(text, 'key'), undefined));
