import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { chmod, chown, mkdir, mkdtemp, readdir, readFile, rename, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, beforeEach, test } from 'node:test';
import { promisify } from 'node:util';
import { writeFronts } from '../../scripts/fronts.ts';
import { type Answer, digestOf, nameOfAnswer } from '../../src/contract/answer-file.ts';
import { parseAddress } from '../../src/contract/registry.ts';
import { Secret } from '../../src/contract/secret.ts';
import { bootIdFile } from '../../src/ecr/keys/hidden.ts';
import { openAnswers } from '../../src/io/answers.ts';
import { keyOf } from '../../src/pull/answer.ts';
import { keepHit, unanswered, variables, witnessesOf } from '../../src/pull/hits.ts';
import { readSettings } from '../../src/pull/settings.ts';

const run = promisify(execFile);
const folder = await mkdtemp(join(tmpdir(), 'front-'));
after(() => rm(folder, { recursive: true }));
await writeFronts(folder);
const front = join(folder, 'docker-credential-ecr-courier');
// A stand-in for Node, which prints its arguments, the request that was read and the rest of stdin.
await writeFile(
  join(folder, 'node'),
  '#!/bin/sh\nshift\necho "NODE $*"\n[ -z "${ECR_COURIER_BEGUN+x}" ] || printf "%s\\n" "$ECR_COURIER_BEGUN"\ncat\n',
  { mode: 0o755 },
);

const shells: string[][] = [];
for (const [program = '', ...args] of [['dash'], ['bash'], ['busybox', 'sh']])
  await run(program, [...args, '-c', 'exit 0']).then(
    () => shells.push([program, ...args]),
    () => undefined,
  );

const home = join(folder, 'home');
const cache = join(home, '.cache/ecr-courier');
const host = '123456789012.dkr.ecr.eu-west-1.amazonaws.com';
type Env = Readonly<Record<string, string>>;

/** Runs the front, with its own interpreter unless a shell is given. */
async function ask(env: Env, { stdin = host, args = ['get'], shell = [] as readonly string[], file = front } = {}): Promise<string> {
  const [program = file, ...rest] = [...shell, file, ...args];
  const child = run(program, rest, { env: { PATH: process.env['PATH'] ?? '', HOME: home, ...env }, encoding: 'utf8' });
  child.child.stdin?.on('error', () => undefined).end(stdin);
  return (await child).stdout;
}
/** Fronts with a stand-in for Node that does not read stdin, because these run a thousand times. */
const hasty = join(folder, 'hasty');
await mkdir(hasty);
await writeFronts(hasty);
await writeFile(join(hasty, 'node'), '#!/bin/sh\necho NODE\n', { mode: 0o755 });

/**
 * Returns what the front prints in each of these environments. One shell reads the front for all of them, each time in
 * a subshell: to start a shell costs more than a front, and to start it from Node costs even more.
 */
async function askInEach(envs: readonly Env[]): Promise<readonly string[]> {
  const file = join(hasty, 'docker-credential-ecr-courier');
  const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;
  const asked = envs.map(env => {
    const given = Object.entries(env).map(([name, value]) => `export ${name}=${quoted(value)}; `);
    return `(${given.join('')}set -- get; . "$0" <<END\n${host}\nEND\n)\nprintf '\\0'\n`;
  });
  const script = join(hasty, 'asked');
  await writeFile(script, asked.join(''));
  const ours = { PATH: process.env['PATH'] ?? '', HOME: home };
  const { stdout } = await run('sh', ['-c', '. "$1"', file, script], { env: ours, encoding: 'utf8' });
  return stdout.split('\0').slice(0, -1);
}
const answerOf = (token: string, server = host): string => `${JSON.stringify({ ServerURL: server, Username: 'AWS', Secret: token })}\n`;

const now = Date.now();
const answer = (token: string, from = now - 3_600_000): Answer => ({
  username: 'AWS',
  password: new Secret(token),
  issuedAt: from,
  freshUntil: from + 6 * 3_600_000,
  expiresAt: from + 12 * 3_600_000,
});
const keyFor = (identity: string) => ({ identity, service: 'ecr', partition: 'aws', region: 'eu-west-1' });
async function lay(env: Env, kept = answer('token-kept'), identity = 'one', directory = cache): Promise<void> {
  const all = { HOME: home, ...env };
  const key = keyFor(identity);
  await (await openAnswers(directory)).write(key, kept);
  await keepHit({ directory, host, env: all, digest: digestOf(key), witnesses: await witnessesOf(all) }, Date.now());
}
beforeEach(async () => {
  await rm(home, { recursive: true, force: true });
  await mkdir(home);
});

for (const shell of shells)
  test(`${shell.join(' ')}: an answer that was laid down is given, as long as it is fresh`, async () => {
    await lay({});
    for (const server of [host, `https://${host}`, `http://${host}:443/team/app`]) {
      assert.equal(await ask({}, { shell, stdin: server }), answerOf('token-kept', server));
      assert.equal(await ask({ EPOCHSECONDS: '1' }, { shell, stdin: `${server}\n` }), answerOf('token-kept', server));
    }
    await lay({}, answer('a"b\\c%s\\n$(x)'));
    assert.equal(await ask({}, { shell }), answerOf('a"b\\c%s\\n$(x)'));
    for (const from of [now - 6 * 3_600_000 - 1000, now - 24 * 3_600_000, now + 60_000]) {
      await (await openAnswers(cache)).write(keyFor('one'), answer('token-old', from));
      // As if the clock had been set meanwhile.
      await utimes((await laidDown()).answer, from / 1000, from / 1000);
      assert.match(await ask({}, { shell }), /^NODE docker get/);
    }
  });

for (const shell of shells)
  test(`${shell.join(' ')}: the times of the files tell what date would tell, and the rest is asked of date`, async () => {
    const none = join(folder, 'no-date');
    await mkdir(none, { recursive: true });
    await writeFile(join(none, 'date'), '#!/bin/sh\n', { mode: 0o755 });
    const env = { PATH: `${none}:${process.env['PATH']}` };
    const isBash = shell[0] === 'bash';
    const withoutDate = () => ask(env, { shell });
    await lay({});
    const { hit, answer: kept } = await laidDown();
    const at = async (path: string, ms: number): Promise<void> => utimes(path, ms / 1000, ms / 1000);
    // File times tick every few milliseconds, and a pipe of the same tick is not newer than the answer. So make the
    // answer older.
    await at(kept, now);
    assert.equal(await withoutDate(), answerOf('token-kept'));
    assert.ok(Math.abs((await stat(hit)).mtimeMs - (now + 5 * 3_600_000)) < 2000, 'the end of its freshness');
    // After the end of its freshness, or before the answer was written, only the actual time decides.
    for (const [path, wrong, right] of [
      [hit, now - 1000, now + 3_600_000],
      [kept, now + 3_600_000, now],
    ] as const) {
      await at(path, wrong);
      assert.equal((await withoutDate()).startsWith('NODE'), !isBash);
      assert.equal(await ask({}, { shell }), answerOf('token-kept'));
      await at(path, right);
      assert.equal(await withoutDate(), answerOf('token-kept'));
    }
    // An answer that was fetched later and is fresh for a shorter time.
    const brief = { ...answer('token-brief'), freshUntil: Date.now() + 60_000 };
    await (await openAnswers(cache)).write(keyFor('one'), brief);
    assert.equal((await withoutDate()).startsWith('NODE'), !isBash);
    assert.equal(await ask({}, { shell }), answerOf('token-brief'));
  });

for (const shell of shells)
  test(`${shell.join(' ')}: homes, profiles and paths of any letters are answered, and half a key is for Node`, async () => {
    const whole = { AWS_ACCESS_KEY_ID: 'AKIA1', AWS_SECRET_ACCESS_KEY: 's' };
    const odd = join(home, 'me@corp.example');
    const blank = join(home, 'O\'Neil $(x) [a-z]* \\n "é" #1? -e');
    await mkdir(odd);
    await writeFile(join(home, 'token'), 'of-the-pod');
    for (const env of [
      ...['team/dev', 'dev:admin', 'x@y', 'te am', '../..', 'été', '-n', '!', '(', 'a\\b', '*', ' '].map(name => ({ AWS_PROFILE: name })),
      ...[odd, blank].map(path => ({ HOME: path, ECR_COURIER_CACHE: cache, AWS_CONFIG_FILE: `${path}/config` })),
      {
        AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: join(home, 'token'),
        AWS_CONTAINER_CREDENTIALS_FULL_URI: 'http://169.254.170.23/v1/credentials',
      },
      whole,
    ]) {
      await rm(cache, { recursive: true, force: true });
      await lay(env);
      assert.equal(await ask(env, { shell }), answerOf('token-kept'), JSON.stringify(env));
      for (const other of [
        { ...env, AWS_PROFILE: 'other/é' },
        { ...env, HOME: '/other home' },
      ])
        assert.match(await ask({ ECR_COURIER_CACHE: cache, ...other }, { shell }), /^NODE/, JSON.stringify(other));
    }
    await writeFile(join(home, 'token'), 'of-another');
    await lay(whole);
    assert.match(await ask({ AWS_ACCESS_KEY_ID: 'AKIA1' }, { shell }), /^NODE/);
    assert.equal(
      await ask({ AWS_ACCESS_KEY_ID: 'AKIA1', AWS_SECRET_ACCESS_KEY_FILE: '/run/s' }, { shell }).then(said => said.startsWith('NODE')),
      false,
    );
    await lay({ AWS_PROFILE: 'a\tb', HOME: home });
    assert.match(await ask({ AWS_PROFILE: 'a\tb' }, { shell }), /^NODE/, 'a character that separates');
  });

const strange = [
  '',
  ' ',
  `${host} `,
  `me@${host}`,
  host.toUpperCase(),
  `${host}.`,
  `${host}:x`,
  `${host}:`,
  `https://https://${host}`,
  `ftp://${host}`,
];
for (const server of [
  ...strange,
  `x${host}`,
  `other.example\nsecond`,
  `\n${host}`,
  `a"b`,
  `../../${host}`,
  `${host}?x`,
  `${host}é`,
  '{"kind":"x"}',
])
  test(`what is not a plain host is for Node, which gets it whole: ${JSON.stringify(server)}`, async () => {
    await lay({});
    const [first, ...rest] = (await ask({}, { stdin: server })).split('\n');
    assert.equal(first, 'NODE docker get');
    assert.equal(rest.join('\n').trimEnd(), server.trimEnd());
  });

for (const shell of shells)
  test(`${shell.join(' ')}: one line is the question, and nobody waits for more of it`, async () => {
    await lay({});
    const keptOpen = async (line: string): Promise<string> => {
      const [program, ...rest] = [...shell, front, 'get'];
      const child = run(program, rest, { env: { PATH: process.env['PATH'] ?? '', HOME: home }, encoding: 'utf8' });
      child.child.stdin?.on('error', () => undefined).write(line);
      return (await child).stdout;
    };
    assert.equal(await keptOpen(`${host}\n`), answerOf('token-kept'));
    assert.equal(await keptOpen(`${host}\nsecond\n`), answerOf('token-kept'));
    const long = `${'é'.repeat(40_000)}\nsecond`;
    assert.equal(await ask({}, { shell, stdin: long }), `NODE docker get\n${long}`);
  });

/** Stand-ins for the program `sleep`: one returns after 0.3 s, the other cannot be started. */
for (const [sleep, script] of [
  ['that ends', '#!/bin/sh\nexec /bin/sleep 0.3\n'],
  ['that is not there', '#!/nowhere\n'],
] as const)
  for (const shell of shells.filter(([program]) => program === 'dash'))
    test(`${shell.join(' ')}: a line that does not end, beside a sleep ${sleep}`, async () => {
      await lay({});
      const place = join(folder, `sleep ${sleep}`);
      await mkdir(place, { recursive: true });
      await writeFile(join(place, 'sleep'), script, { mode: 0o755 });
      const env = { PATH: `${place}:${process.env['PATH'] ?? ''}`, HOME: home };
      const [program, ...rest] = [...shell, front, 'get'];
      const child = run(program, rest, { env, encoding: 'utf8' });
      child.child.stdin?.on('error', () => undefined).write(host);
      if (sleep === 'that is not there') {
        setTimeout(() => child.child.stdin?.end(), 300);
        assert.equal((await child).stdout, answerOf('token-kept'));
        return;
      }
      await assert.rejects(child, ({ code, stdout, stderr }: { code: number; stdout: string; stderr: string }) => {
        assert.deepEqual([code, stdout], [1, 'No complete request came on standard input in time.\n']);
        assert.match(stderr, /^docker-credential-ecr-courier: No complete request came .* Look at what starts this program\.\n$/);
        return true;
      });
    });

test('all other verbs are for Node, with standard input as it is', async () => {
  const stdin = '{\n "ServerURL": "x"\n}';
  for (const args of [['store'], ['list'], ['erase'], [], ['get', 'more'], ['GET'], ['--version']])
    assert.equal(await ask({}, { args, stdin }), `NODE docker${args.map(arg => ` ${arg}`).join('')}\n${stdin}`);
});

/**
 * An environment, and files of the home with their age in seconds. `single`: the environment sets one variable only.
 */
interface Scene {
  readonly env: Env;
  readonly files: Readonly<Record<string, readonly [text: string, age: number]>>;
  readonly single?: true;
}
const profile = (id: string): string => `[default]\naws_access_key_id = ${id}\naws_secret_access_key = s\n[team]\nrole_arn = arn:${id}\n`;
const role = (arn: string): string => `sources: [{ name: default, roleArn: "arn:aws:iam::123456789012:role/${arn}" }]`;
const config = '.config/ecr-courier/config.yaml';
const scenes: readonly Scene[] = [
  { env: {}, files: {} },
  ...variables.filter(name => name !== 'HOME').map(name => ({ env: { [name]: `/value-of-${name}` }, files: {}, single: true as const })),
  ...unanswered.map(name => ({ env: { [name]: '1' }, files: {}, single: true as const })),
  { env: { AWS_ACCESS_KEY_ID: 'AKIA1', AWS_SECRET_ACCESS_KEY: 's' }, files: {} },
  { env: { AWS_ACCESS_KEY_ID: 'AKIA1', AWS_SECRET_ACCESS_KEY: 's', AWS_SESSION_TOKEN: 'x' }, files: {} },
  { env: { AWS_ACCESS_KEY_ID: 'AKIA1', AWS_SECRET_ACCESS_KEY: 's', AWS_PROFILE: 'team' }, files: {} },
  { env: { AWS_PROFILE: 'team' }, files: { '.aws/config': [profile('AKIA1'), 100.5] } },
  { env: { AWS_PROFILE: 'team' }, files: { '.aws/config': [profile('AKIA2'), 50.5] } },
  { env: { AWS_PROFILE: 'team' }, files: { '.aws/config': [profile('AKIA3'), 200.5] } },
  { env: { AWS_PROFILE: 'team' }, files: { '.aws/credentials': [profile('AKIA3'), 100.5] } },
  { env: {}, files: { '.aws/credentials': [profile('AKIA3'), 100.5] } },
  { env: {}, files: { '.aws/credentials': [profile('AKIA4'), 0] } },
  ...['te am', 'te/am', 'te//am', 'te@am', 'téam', 'te*am'].map(name => ({ env: { AWS_PROFILE: name }, files: {} })),
  { env: { AWS_REGION: 'eu-west-3', AWS_USE_FIPS_ENDPOINT: 'true' }, files: {} },
  { env: { AWS_ROLE_ARN: 'arn:a', AWS_WEB_IDENTITY_TOKEN_FILE: '/token' }, files: {} },
  { env: { AWS_ROLE_ARN: 'arn:b', AWS_WEB_IDENTITY_TOKEN_FILE: '/token' }, files: {} },
  ...['a', 'b'].map(query => ({ env: { AWS_CONTAINER_CREDENTIALS_FULL_URI: `http://127.0.0.1/?role=${query}` }, files: {} })),
  ...['podA', 'podB'].map(token => ({
    env: { AWS_CONTAINER_CREDENTIALS_FULL_URI: 'http://127.0.0.1/', AWS_CONTAINER_AUTHORIZATION_TOKEN: token },
    files: {},
  })),
  ...['podA', 'podB'].map(token => ({
    env: { AWS_CONTAINER_CREDENTIALS_FULL_URI: 'http://127.0.0.1/', AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: join(home, 'token') },
    files: { token: [token, 100.5] as const },
  })),
  { env: {}, files: { [config]: [role('a'), 100.5] } },
  { env: {}, files: { [config]: [role('b'), 300.5] } },
  { env: { XDG_CONFIG_HOME: join(home, 'xdg') }, files: { 'xdg/ecr-courier/config.yaml': [role('c'), 100.5] } },
  { env: { ECR_COURIER_CONFIG: join(home, 'own.yaml') }, files: { 'own.yaml': [role('d'), 100.5] } },
  { env: { AWS_ACCESS_KEY_ID_FILE: join(home, 'id') }, files: { id: ['AKIA5', 100.5] } },
  { env: { AWS_ACCESS_KEY_ID_FILE: join(home, 'id') }, files: { id: ['AKIA6', 101.5] } },
];

async function set({ files }: Scene): Promise<void> {
  for (const name of await readdir(home)) if (name !== '.cache') await rm(join(home, name), { recursive: true });
  for (const [name, [text, age]] of Object.entries(files)) {
    await mkdir(dirname(join(home, name)), { recursive: true });
    await writeFile(join(home, name), text);
    if (age > 0) await utimes(join(home, name), now / 1000 - age, now / 1000 - age);
  }
}

/** Returns the identity that Node computes for the scene, or undefined where it gives no answer. */
async function identityIn({ env }: Scene): Promise<string | undefined> {
  const all = { HOME: home, ...env };
  const registry = parseAddress(host)?.registry;
  assert.ok(registry);
  try {
    const { sources } = await readSettings(all);
    const spec = sources.choose(registry);
    return spec && (await keyOf(spec, registry, all)).identity;
  } catch {
    return undefined;
  }
}

test('a front never answers what Node would not: every environment after every other', async () => {
  const known = new Map<Scene, string>();
  for (const [at, scene] of scenes.entries()) {
    await set(scene);
    const identity = await identityIn(scene);
    if (identity === undefined) continue;
    known.set(scene, identity);
    await lay(scene.env, answer(`token of ${identity}`), identity, join(folder, `laid-${at}`));
  }
  let hits = 0;
  for (const group of Map.groupBy(scenes, ({ files }) => JSON.stringify(files)).values()) {
    await set(group[0] ?? assert.fail());
    // Scenes of one variable each are paired only with themselves and with all others, not with each other.
    const pairs = scenes.flatMap((scene, at) =>
      known.has(scene)
        ? group
            .filter(other => other === scene || !(other.single && scene.single))
            .map(other => ({ scene, other, env: { ...other.env, ECR_COURIER_CACHE: join(folder, `laid-${at}`) } }))
        : [],
    );
    const all = await askInEach(pairs.map(({ env }) => env));
    assert.equal(all.length, pairs.length);
    for (const [at, { scene, other }] of pairs.entries()) {
      if (all[at]?.startsWith('NODE')) continue;
      hits++;
      assert.equal(all[at], answerOf(`token of ${known.get(other)}`), JSON.stringify([scene, other]));
    }
  }
  assert.ok(hits >= 25, `${hits} hits`);
});

test('the front puts together what Node does, in the same order', async () => {
  const text = await readFile(front, 'utf8');
  assert.deepEqual(
    [...text.matchAll(/^ *here="(?:\$here\$t)?(.*)"$/gm)].flatMap(([, names = '']) => names.split('$t')),
    [...variables.map(name => `$${name}`), '$boot'],
  );
  for (const name of unanswered) assert.ok(text.includes(`$${name}`), name);
});

/** The paths of the hit file, which names the answer, and of the answer. */
const laidDown = async (): Promise<Readonly<Record<'hit' | 'answer', string>>> => {
  const [hit = ''] = (await readdir(join(cache, 'hits'))).filter(one => one.startsWith('1'));
  return { hit: join(cache, 'hits', hit), answer: join(cache, nameOfAnswer(digestOf(keyFor('one')))) };
};
test('a home that machines share has an answer for each of them', async context => {
  const boot = (await readFile(bootIdFile, 'utf8').catch(() => '')).trim();
  if (!boot) return context.skip('this system does not tell machines apart');
  await lay({});
  assert.equal(await ask({}), answerOf('token-kept'));
  const { hit } = await laidDown();
  const text = await readFile(hit, 'utf8');
  await writeFile(hit, text.replace(boot, '0e5c3f0a-0000-4000-8000-000000000000'));
  assert.match(await ask({}), /^NODE/);
});

test('a relative directory is passed over, as Node does it', async () => {
  await lay({});
  for (const env of [{ XDG_CACHE_HOME: 'rel' }, { ECR_COURIER_CACHE: './rel' }]) assert.equal(await ask(env), answerOf('token-kept'));
});

test('what may be secret in an address is not laid down', async () => {
  for (const uri of ['http://127.0.0.1/?pass=word', 'http://me:pw@127.0.0.1/', 'http://127.0.0.1/#x']) {
    await lay({ AWS_CONTAINER_CREDENTIALS_FULL_URI: uri });
    assert.deepEqual(await readdir(join(cache, 'hits')).catch(() => []), []);
  }
});

const spoilt: readonly (readonly [file: 'hit' | 'answer', name: string, spoil: (text: string) => string])[] = [
  ['hit', 'empty', () => ''],
  ['hit', 'cut off', text => text.slice(0, 40)],
  ['hit', 'another version', text => text.replace(/^5 /, '1 ')],
  ['hit', 'no time', text => text.replace(/^5 \d+ /, '5 x ')],
  ['hit', 'too old', text => text.replace(/^5 \d+ /, '5 1 ')],
  ['hit', 'no time until which it is surely fresh', text => text.replace(/^(5 \d+) \d+ /, '$1 x ')],
  ['hit', 'no answer', text => text.replace(/^(5 \d+ \d+) \w+/, '$1 ')],
  ['hit', 'another answer', text => text.replace(/^(5 \d+ \d+) \w+/, `$1 ${'0'.repeat(32)}`)],
  ['hit', 'a path', text => text.replace(/^(5 \d+ \d+) \w+/, '$1 ../x')],
  ['answer', 'empty', () => ''],
  ['answer', 'another version', text => text.replace(/^2 /, '1 ')],
  ['answer', 'of another key', text => text.replace(/^2 \w+/, `2 ${'0'.repeat(32)}`)],
  ['answer', 'another user', text => text.replace('\nAWS\n', '\n<token>\n')],
  ['answer', 'no user', text => text.replace('\nAWS\n', '\n\n')],
  ['answer', 'a blank password', text => text.replace('token-kept', '  ')],
  ['answer', 'no times', text => text.replace(/ \d+\n/, ' x\n')],
  ['answer', 'a time less', text => text.replace(/ \d+\n/, '\n')],
  ['answer', 'no password', text => text.replace('token-kept\n', '')],
  ['answer', 'an empty password', text => text.replace('token-kept', '')],
  ['answer', 'half a password', text => text.slice(0, -3)],
];
for (const [file, name, spoil] of spoilt)
  test(`a file that is not as it should be is for Node: ${file}, ${name}`, async () => {
    await lay({});
    assert.equal(await ask({}), answerOf('token-kept'));
    const path = (await laidDown())[file];
    const { atime, mtime } = await stat(path);
    await writeFile(path, spoil(await readFile(path, 'utf8')));
    await utimes(path, atime, mtime);
    assert.match(await ask({}), /^NODE/);
  });

test('whoever refreshes the answer refreshes what the front gives', async () => {
  await lay({});
  const answers = await openAnswers(cache);
  await answers.write(keyFor('one'), answer('token-next'));
  await answers.write(keyFor('another'), answer('token-of-another'));
  assert.equal(await ask({}), answerOf('token-next'));
});

test('what somebody else laid down is none', { skip: process.getuid?.() === 0 ? false : 'only root can give files away' }, async () => {
  for (const file of ['hit', 'answer'] as const) {
    await rm(cache, { recursive: true, force: true });
    await lay({});
    await chown((await laidDown())[file], 12345, 12345);
    assert.match(await ask({}), /^NODE/);
  }
});

for (const shell of shells)
  test(`${shell.join(' ')}: what lies in the files decides, and not their times`, async () => {
    const file = join(home, '.aws/credentials');
    const put = async (path: string, id: string): Promise<void> => {
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, profile(id));
      await utimes(path, 1_700_000_000, 1_700_000_000);
    };
    await put(file, 'AKIA1');
    await lay({});
    assert.equal(await ask({}, { shell }), answerOf('token-kept'));
    await put(file, 'AKIA2');
    assert.match(await ask({}, { shell }), /^NODE/, 'edited, with its time put back');
    await put(file, 'AKIA1');
    await utimes(file, now / 1000, now / 1000);
    assert.equal(await ask({}, { shell }), answerOf('token-kept'), 'touched');
    await put(`${file}.b`, 'AKIA3');
    await rename(`${file}.b`, file);
    assert.match(await ask({}, { shell }), /^NODE/, 'another one in its place');
    for (const name of ['A', 'B']) await put(join(home, name, 'keys'), `AKIA${name}`);
    await symlink('A', join(home, 'cur'));
    const env = { AWS_SHARED_CREDENTIALS_FILE: join(home, 'cur/keys') };
    await lay(env);
    assert.equal(await ask(env, { shell }), answerOf('token-kept'));
    await rm(join(home, 'cur'));
    await symlink('B', join(home, 'cur'));
    assert.match(await ask(env, { shell }), /^NODE/, 'a link that leads to another folder');
  });

test('sums of files are those of the program that the front asks', async () => {
  for (const text of ['', 'x', '\u00ff\n'.repeat(300), 'a'.repeat(70_000)]) {
    await mkdir(join(home, '.aws'), { recursive: true });
    await writeFile(join(home, '.aws/config'), text);
    const said = (await run('cksum', [join(home, '.aws/config')])).stdout.trim();
    const found = (await witnessesOf({ HOME: home }))?.map(({ path, sum }) => `${sum} ${path}`);
    assert.ok(found?.includes(said), `${said} of ${JSON.stringify(found)}`);
  }
});

test('a file that was changed while Node looked leaves it to Node', async () => {
  const all = { HOME: home };
  const witnesses = await witnessesOf(all);
  await lay({});
  await rm(join(cache, 'hits'), { recursive: true });
  await mkdir(join(home, '.aws'));
  await writeFile(join(home, '.aws/config'), '[default]');
  await keepHit({ directory: cache, host, env: all, digest: digestOf(keyFor('one')), witnesses }, Date.now());
  assert.deepEqual(await readdir(join(cache, 'hits')), []);
});

test('Node is found beside the program, behind a link, where it ran last, and on PATH; else it is said', async () => {
  const place = join(folder, 'elsewhere');
  await mkdir(join(place, 'lib'), { recursive: true });
  await mkdir(join(place, 'bin'));
  await writeFronts(join(place, 'lib'));
  await symlink('../lib/docker-credential-ecr-courier', join(place, 'bin/docker-credential-ecr-courier'));
  const file = join(place, 'bin/docker-credential-ecr-courier');
  const node = (name: string): string => `#!/bin/sh\necho ${name} "$@"\n`;
  const bare = join(folder, 'bare');
  await mkdir(bare);
  for (const name of ['readlink', 'date', 'sh', 'cat', 'dirname'])
    await symlink((await run('sh', ['-c', `command -v ${name}`])).stdout.trim(), join(bare, name)).catch(() => undefined);

  const none = ask({ PATH: bare }, { file });
  await assert.rejects(none, ({ code, stdout, stderr }: { code: number; stdout: string; stderr: string }) => {
    assert.equal(code, 1);
    assert.match(stdout, /^[^\n]*no Node\.js found\n$/);
    assert.match(stderr, /no Node\.js found.*PATH.*docker-credential-ecr-courier/);
    return true;
  });
  await mkdir(cache, { recursive: true });
  const put = (path: string, name: string) => writeFile(path, node(name), { mode: 0o755 });
  await mkdir(join(place, 'path'));
  const PATH = `${join(place, 'path')}:${bare}`;
  const pull = `${place}/bin/../lib/pull.js`;
  for (const [path, name] of [
    [join(place, 'path/node'), 'on-path'],
    [join(place, 'last'), 'where-it-ran'],
    [join(place, 'bin/node'), 'beside-the-link'],
    [join(place, 'lib/node'), 'beside'],
  ] as const) {
    await put(path, name);
    if (name === 'where-it-ran') await writeFile(join(cache, 'node'), `${path}\n`);
    assert.equal(await ask({ PATH }, { file }), `${name} ${pull} docker get\n`);
  }
  await chmod(join(place, 'lib/node'), 0o644);
  assert.match(await ask({ PATH }, { file }), /^beside-the-link/);
});

test('Node is told where what it has compiled lies, where this folder is ours', async () => {
  const told = join(folder, 'told');
  await mkdir(told);
  await writeFronts(told);
  await writeFile(join(told, 'node'), '#!/bin/sh\necho "<$NODE_COMPILE_CACHE>"\n', { mode: 0o755 });
  const file = join(told, 'docker-credential-ecr-courier');
  const compiled = join(cache, 'compiled');
  for (const shell of shells) {
    await rm(cache, { recursive: true, force: true });
    assert.equal(await ask({}, { file, shell }), '<>\n');
    await mkdir(compiled, { recursive: true, mode: 0o700 });
    assert.equal(await ask({}, { file, shell }), `<${compiled}>\n`);
    assert.equal(await ask({ NODE_COMPILE_CACHE: '/else' }, { file, shell }), '</else>\n');
    assert.equal(await ask({ ECR_COURIER_CACHE: '/' }, { file, shell }), '<>\n');
    if (process.getuid?.() !== 0) continue;
    await chown(compiled, 65534, 65534);
    assert.equal(await ask({}, { file, shell }), '<>\n');
    await chown(compiled, 0, 0);
    await chown(cache, 65534, 65534);
    assert.equal(await ask({}, { file, shell }), '<>\n');
  }
});
