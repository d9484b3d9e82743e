import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import type { Status } from '../../src/observe/status-view.ts';
import { folder } from '../config/support.ts';
import { createAuthority } from '../fakes/authority.ts';
import { type FakeEcr, startEcr } from '../fakes/ecr.ts';
import { type Front, startFront } from '../fakes/front.ts';
import { digests, recorded } from '../fakes/registry/recorded.ts';
import { type FakeRegistry, startRegistry } from '../fakes/registry.ts';
import { startServer } from '../fakes/server.ts';
import { command } from './cli.ts';

const host = '123456789012.dkr.ecr.eu-west-1.amazonaws.com';
const principal = 'arn:aws:sts::123456789012:assumed-role/ci/session';
const secret = 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY';

let ecr: FakeEcr;
let door: FakeRegistry;
let front: Front;
let files: Awaited<ReturnType<typeof folder>>;
let env: Record<string, string>;

before(async () => {
  const authority = createAuthority();
  ecr = await startEcr({ principal });
  door = await startRegistry(ecr, { content: recorded });
  front = await startFront(authority, name => (name === host ? door.server.port : undefined));
  files = await folder({
    'ca.pem': authority.ca,
    'sources.yaml': `sources:
  - {name: other, accounts: ["444455556666"], profile: other}
  - {name: globs, registries: ["*.dkr.ecr.us-*.amazonaws.com"]}
  - {name: wished, slots: ["portainer/*"]}
  - {name: team, accounts: ["123456789012"], region: eu-west-1}
  - {name: late, registries: ["${host}"]}
  - {name: public, service: ecr-public}
aliases: [{host: registry.example.com, registry: ${host}}]
targets: 7
`,
  });
  env = {
    HOME: files.path,
    AWS_ACCESS_KEY_ID: 'AKIDTEST',
    AWS_SECRET_ACCESS_KEY: secret,
    AWS_ENDPOINT_URL_ECR: ecr.url,
    AWS_ENDPOINT_URL_STS: ecr.url,
    AWS_CA_BUNDLE: files.at('ca.pem'),
    HTTPS_PROXY: front.url,
    NO_PROXY: '127.0.0.1',
    ECR_COURIER_LISTEN: '127.0.0.1:9',
    ECR_COURIER_SOCKET: files.at('no.sock'),
  };
});
after(async () => {
  for (const server of [front, door, ecr, files]) await server[Symbol.asyncDispose]();
});
beforeEach(() => {
  door.rights = { principal };
  door.server.requests.length = 0;
  ecr.calls.length = 0;
});

async function explain(args: readonly string[], more: Readonly<Record<string, string>> = {}) {
  const ended = await command(['explain', ...args], { ...env, ...more });
  assert.ok(!`${ended.stdout}${ended.stderr}`.includes(secret));
  return ended;
}
const lines = (text: string): Readonly<Record<string, string>> => {
  const found: Record<string, string> = {};
  let head = '';
  for (const [, named = '', said = ''] of text.matchAll(/^ {2}(.{10}) (.*)$/gm)) {
    head = named.trim() || head;
    found[head] = found[head] === undefined ? said : `${found[head]} | ${said}`;
  }
  return found;
};

test('an image from its name to its pull: registry, source, identity, token, each right, daemon, clients', async () => {
  const { code, stdout, stderr } = await explain([`${host}/team/app:1`]);
  assert.deepEqual([code, stderr], [0, '']);
  const { token = '', ...said } = lines(stdout);
  assert.match(token, /^good until 20\S+Z, in 12 h$/);
  assert.deepEqual(said, {
    registry: 'account 123456789012, region eu-west-1, partition aws',
    source: 'default: it is the only source',
    identity: `${principal} | by environment (AWS_ACCESS_KEY_ID): AWS_ACCESS_KEY_ID is set`,
    pull: 'registry ok, manifest ok (ecr:BatchGetImage), config ok (ecr:GetDownloadUrlForLayer)',
    daemon: 'none was found on this machine, for this user and this configuration',
    clients: `\`ecr-courier helper doctor ${host}/team/app\` tells what Docker, podman and others on this machine would send`,
    note: 'Identity, token and pull are those of this shell. Daemon, nodes and users may be others: then their policies count.',
  });
});

test('a right that is missing: exit 1, which right, and what mends it', async () => {
  door.rights = { principal, deny: { 'ecr:BatchGetImage': 'identity' } };
  const { code, stdout } = await explain([`${host}/team/app:1`]);
  assert.equal(code, 1);
  assert.match(lines(stdout)['pull'] ?? '', /^registry ok, manifest refused \(ecr:BatchGetImage\) \| .*role ci/);
  const json = JSON.parse((await explain([`${host}/team/app:1`, '--json'])).stdout) as Record<string, unknown>;
  assert.equal(json['outcome'], 'refused');
});

test('a registry alone: its token is tried at the door, and nothing else is asked', async () => {
  for (const text of [host, `https://${host}/`, `${host}:443`]) {
    const { code, stdout } = await explain([text]);
    assert.equal(code, 0, stdout);
    assert.equal(lines(stdout)['pull'], 'registry ok');
    assert.match(stdout, new RegExp(`^${host}$`, 'm'));
  }
  assert.ok(door.server.requests.every(({ path }) => path === '/v2/'));
});

test('the hint names host, port and repository, without tag and digest', async () => {
  for (const [text, place] of [
    [`${host}:8443`, `${host}:8443`],
    [`${host}:443/team/app:1`, `${host}:443/team/app`],
    [`${host}:8443/team/app:1`, `${host}:8443/team/app`],
    [`${host}/team/app:1@${digests.manifest}`, `${host}/team/app`],
  ] as const)
    assert.match(lines((await explain([text, '--offline'])).stdout)['clients'] ?? '', new RegExp(`helper doctor ${place}\``));
});

test('--offline asks nobody', async () => {
  const { code, stdout } = await explain([`${host}/team/app`, '--offline']);
  assert.equal(code, 0);
  assert.match(lines(stdout)['identity'] ?? '', /^access key AKIDTEST.*\(AWS was not asked\)$/);
  assert.equal(lines(stdout)['pull'], 'not tried, as --offline was given');
  assert.deepEqual([ecr.calls.length, door.server.requests.length], [0, 0]);
});

test('which source is chosen, and why each of the others is not; mistakes elsewhere in the file do not matter', async () => {
  const source = async (...args: string[]): Promise<string | undefined> =>
    lines((await explain([...args, '--offline', '--config', files.at('sources.yaml')])).stdout)['source'];
  assert.equal(
    await source(`${host}/app`),
    [
      'team: its accounts have 123456789012',
      'not other: its accounts (444455556666) do not match 123456789012',
      `not globs: its registries (*.dkr.ecr.us-*.amazonaws.com) do not match ${host}`,
      'not wished: it serves only slots that ask for it',
      'not late: it matches as well, and team stands before it',
      'not public: it serves ECR Public alone',
      'not default: it takes what no other source matches',
    ].join(' | '),
  );
  assert.match((await source('333333333333.dkr.ecr.eu-west-1.amazonaws.com/app')) ?? '', /^default: no other source matches \| not other/);
  assert.match((await source('210987654321.dkr.ecr.us-east-1.amazonaws.com')) ?? '', /^globs: its registries have \*\.dkr\.ecr\.us-/);
  assert.match(
    (await source('public.ecr.aws/a/b')) ?? '',
    /^public: no other source matches \| not other: it serves private registries alone/,
  );
  const alias = (await explain(['registry.example.com/app', '--offline', '--config', files.at('sources.yaml')])).stdout;
  assert.equal(lines(alias)['spelling'], `registry.example.com is an alias of ${host}.`);
  assert.match(lines(alias)['source'] ?? '', /^team:/);
  assert.match(lines((await explain(['public.ecr.aws/a/b', '--offline'])).stdout)['source'] ?? '', /^none: it is pulled without a login/);
});

test('spellings that make a difference are told', async () => {
  const spelling = async (text: string): Promise<string> => lines((await explain([text, '--offline'])).stdout)['spelling'] ?? '';
  assert.equal(await spelling(`${host}/app`), '');
  assert.match(await spelling(`${host}:443/app`), /under the host with its port/);
  assert.match(await spelling(`${host.toUpperCase()}/app`), /as it is spelled/);
  assert.match(await spelling(`https://${host}/app`), /no scheme/);
  assert.match(await spelling(host.replace('.dkr.ecr.', '.dkr.ecr-fips.')), /asks for FIPS/);
  assert.match(await spelling('123456789012.dkr-ecr.eu-west-1.on.aws/app'), /dual-stack/);
});

test('what is not an ECR registry gets its sentence, and a name that somebody may have meant is exit 1, any other 2', async () => {
  for (const [text, code, words] of [
    ['ghcr.io/a/b', 2, /^ghcr\.io is not an ECR registry: .*is expected\n$/],
    ['nginx', 2, /^nginx is an image of Docker Hub, and not of ECR: .*\n$/],
    [
      'vpce-0123-abcd.dkr.ecr.eu-west-1.vpce.amazonaws.com/app',
      1,
      /is the name of a VPC endpoint, which does not say the account\. Add .*aliases: \[\{ host: vpce-0123-abcd/,
    ],
    ['123456789012.dkr.ecr.eu-west-1.amazonaws.org/app', 1, /looks like an ECR registry and is not one/],
  ] as const) {
    const ended = await explain([text]);
    assert.equal(ended.code, code, text);
    assert.match(ended.stdout, words);
  }
  assert.equal(ecr.calls.length, 0);
  for (const [args, words] of [
    [[], /one image or registry is needed/],
    [['a', 'b'], /one image or registry is needed/],
    [[`${host}/Team/App`], /repository in upper case/],
    [[`${host}:latest`], /is a registry, and no image in it/],
  ] as const) {
    const { code, stdout, stderr } = await explain(args);
    assert.deepEqual([code, stdout], [2, '']);
    assert.match(stderr, words);
  }
});

test('without keys each place is told once, and no daemon, token or pull makes it longer', async () => {
  const { AWS_ACCESS_KEY_ID: _, AWS_SECRET_ACCESS_KEY: __, ...bare } = env;
  const { code, stdout } = await command(['explain', `${host}/team/app`], { ...bare, AWS_EC2_METADATA_DISABLED: 'true' });
  assert.equal(code, 1);
  const said = lines(stdout);
  assert.match(
    said['looked at'] ?? '',
    /^environment: AWS_ACCESS_KEY_ID is not set \| profile "default": .* \| instance metadata: switched off/,
  );
  assert.match(said['fails'] ?? '', /^No AWS credentials\. \| Give the courier keys/);
  assert.equal(said['token'], 'none, as there is no identity');
  assert.equal(stdout.split('No AWS credentials').length, 2);
});

test('targets and slots that hold it, and when they were last served, as the running daemon knows', async () => {
  const ago = (minutes: number): string => new Date(Date.now() - minutes * 60_000).toISOString();
  const holding = {
    host,
    source: 'default',
    fingerprint: 'aa',
    issuedAt: ago(180),
    agesAt: null,
    expiresAt: ago(-540),
    valid: true,
    proven: true,
  };
  const slot = {
    id: '1',
    title: 'ecr-shop (row 1)',
    state: 'ok',
    registries: [holding, { ...holding, host: host.replace('123456789012', '444455556666') }],
    trouble: null,
    lastAttemptAt: ago(1),
    nextAttemptAt: null,
    findings: [],
  } as const;
  const failing = {
    ...slot,
    id: '2',
    title: 'ecr-billing (row 2)',
    state: 'failing',
    registries: [{ ...holding, issuedAt: null, expiresAt: null }],
    trouble: { code: 'FORBIDDEN', message: 'The key may not write row 2.', remedy: '', since: ago(9), count: 3, help: '' },
  } as const;
  const outcome = { at: ago(120), slot: '1', title: '', reason: '', result: 'updated', ok: true, ms: 1 };
  const target = { name: 'portainer', slots: [slot, failing], outcomes: [outcome] } as unknown as Status['targets'][number];
  const status = { schema: 1, targets: [target] } as unknown as Status;
  await using daemon = await startServer(() => ({ status: 200, json: status as unknown as Record<string, unknown> }));
  const listen = { ECR_COURIER_LISTEN: new URL(daemon.url).host };
  const { stdout } = await explain([`${host}/team/app`, '--offline'], listen);
  assert.equal(
    lines(stdout)['daemon'],
    'portainer, ecr-shop (row 1): ok; served 2 h ago; its password ends in 9 h | portainer, ecr-billing (row 2): failing; never served; The key may not write row 2.',
  );
  const { slots, daemon: absent } = JSON.parse((await explain([host, '--offline', '--json'], listen)).stdout) as Record<string, unknown>;
  assert.equal(absent, null);
  assert.deepEqual(
    (slots as { slot: string }[]).map(one => one.slot),
    ['ecr-shop (row 1)', 'ecr-billing (row 2)'],
  );
  const other = await explain([host.replace('123456789012', '333333333333'), '--offline'], listen);
  assert.equal(lines(other.stdout)['daemon'], 'no slot of its targets holds a password for this registry');
});

test('--json has all of it', async () => {
  const { code, stdout } = await explain([`${host}/team/app:1`, '--json']);
  assert.equal(code, 0);
  const { steps, identity, registry, ...rest } = JSON.parse(stdout) as Record<string, unknown>;
  assert.equal((registry as { account: string }).account, '123456789012');
  assert.equal((identity as { arn: string }).arn, principal);
  assert.deepEqual(
    (steps as { name: string; verdict: string }[]).map(({ name, verdict }) => [name, verdict]),
    [
      ['identity', 'ok'],
      ['token', 'ok'],
      ['registry', 'ok'],
      ['manifest', 'ok'],
      ['config', 'ok'],
    ],
  );
  // The steps have the shape of `check IMAGE --json`.
  const [, , door] = steps as unknown[];
  assert.deepEqual(door, { name: 'registry', action: 'none', underCache: [], verdict: 'ok', status: 200, text: null, diagnosis: null });
  const { tokenExpiresAt, configured, daemon, ...plain } = rest;
  assert.ok(tokenExpiresAt && configured && daemon);
  assert.deepEqual(plain, {
    schema: 1,
    image: `${host}/team/app:1`,
    port: null,
    repository: 'team/app',
    reference: '1',
    remarks: [],
    sources: [{ source: 'default', chosen: true, why: 'it is the only source' }],
    asked: true,
    outcome: 'would pull',
    slots: [],
    kubelet: null,
  });
});
