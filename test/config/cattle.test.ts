import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { fromNodeProviderChain } from '@aws-sdk/credential-providers';
import { adapters } from '../../adapters/index.ts';
import type { Config } from '../../config/load.ts';
import { load } from '../../config/load.ts';
import { Secret } from '../../src/contract/secret.ts';
import { folder, mistakesOf, readText } from './support.ts';

const [first, second] = ['111111111111', '222222222222'];
const role = `arn:aws:iam::${second}:role/pull`;
/** The variables that every container of the former updater had. */
const base = {
  CATTLE_URL: 'https://rancher.test/v1',
  CATTLE_ACCESS_KEY: 'ACCESS',
  CATTLE_SECRET_KEY: 'secret-1234',
  AWS_REGION: 'us-east-1',
};
type Env = Readonly<Record<string, string>>;
const read = (env: Env): Promise<Config> => load({ env, adapters });

interface Seen {
  readonly create: boolean | undefined;
  readonly registries: readonly string[];
  /** The region of the courier's own registry, where it is wanted. */
  readonly own: string | undefined;
  readonly role: string | undefined;
  readonly level: string;
  readonly listen: string;
  readonly warnings: readonly string[];
  readonly options: Readonly<Record<string, unknown>>;
  /**
   * The access key of the AWS identity that is found, with the session token if there is one. Looked up only where a
   * row names it.
   */
  readonly identity?: string;
}
function seen({ targets: [target], sources, log, server, warnings }: Config): Seen {
  return {
    create: target?.create,
    registries: target?.registries.map(({ host }) => host) ?? [],
    own: target?.own?.region,
    role: sources.find(({ name }) => name === 'default')?.roleArn,
    level: log.level,
    listen: `${server.listen.host}:${server.listen.port}`,
    warnings,
    options: target?.options ?? {},
  };
}
const hosts = (...accounts: string[]): string[] => accounts.map(account => `${account}.dkr.ecr.us-east-1.amazonaws.com`);

/**
 * The identity that the AWS SDK's default chain finds with these variables and a file with the profiles `default` and
 * `team`.
 */
async function identityOf(env: Env): Promise<string> {
  await using files = await folder({
    credentials: ['default', 'team'].map(name => `[${name}]\naws_access_key_id = ${name}\naws_secret_access_key = s\n`).join('\n'),
  });
  const before = process.env;
  process.env = {
    ...env,
    AWS_SHARED_CREDENTIALS_FILE: files.at('credentials'),
    AWS_CONFIG_FILE: '/dev/null',
    AWS_EC2_METADATA_DISABLED: 'true',
  };
  try {
    const { accessKeyId, sessionToken } = await fromNodeProviderChain({
      ignoreCache: true,
      logger: { ...console, warn: () => undefined },
    })();
    return [accessKeyId, ...(sessionToken ? [sessionToken] : [])].join(' ');
  } finally {
    process.env = before;
  }
}
const keys = { AWS_ACCESS_KEY_ID: 'KEYID', AWS_SECRET_ACCESS_KEY: 'aws-secret-1234' };

/**
 * Every variable of the former updater: what it did with a value, with an empty one and without one, and what we do.
 * Where `ours` is a text, loading fails, and the text names the variable.
 */
const table: readonly {
  readonly variable: string;
  readonly value: string | undefined;
  readonly former: string;
  readonly ours: Partial<Seen> | string;
  readonly beside?: Env;
}[] = [
  { variable: 'CATTLE_URL', value: base.CATTLE_URL, former: 'the API', ours: { options: { url: base.CATTLE_URL, accessKey: 'ACCESS' } } },
  { variable: 'CATTLE_URL', value: '', former: 'stops: unsupported protocol scheme ""', ours: 'CATTLE_ACCESS_KEY: ' },
  { variable: 'CATTLE_URL', value: undefined, former: 'stops: unsupported protocol scheme ""', ours: 'CATTLE_ACCESS_KEY: ' },
  { variable: 'CATTLE_URL', value: 'rancher.test', former: 'stops: unsupported protocol scheme', ours: 'CATTLE_URL: ' },
  { variable: 'CATTLE_ACCESS_KEY', value: 'OTHER', former: 'half of the key', ours: { options: { accessKey: 'OTHER' } } },
  ...['', undefined].flatMap(value => [
    {
      variable: 'CATTLE_ACCESS_KEY',
      value,
      former: 'asks without a key',
      ours: { options: { url: base.CATTLE_URL, accessKey: undefined, secretKey: undefined } },
      beside: { CATTLE_SECRET_KEY: '' },
    },
    // The adapter refuses half a key.
    {
      variable: 'CATTLE_ACCESS_KEY',
      value,
      former: 'asks with half a key: 401',
      ours: { options: { accessKey: undefined, secretKey: { secret: new Secret(base.CATTLE_SECRET_KEY) } } },
    },
    {
      variable: 'CATTLE_SECRET_KEY',
      value,
      former: 'asks with half a key: 401',
      ours: { options: { accessKey: 'ACCESS', secretKey: undefined } },
    },
    {
      variable: 'CATTLE_SECRET_KEY',
      value,
      former: 'asks without a key',
      ours: { options: { accessKey: undefined, secretKey: undefined } },
      beside: { CATTLE_ACCESS_KEY: '' },
    },
  ]),
  {
    variable: 'CATTLE_SECRET_KEY',
    value: 'other-1234',
    former: 'the other half of the key',
    ours: { options: { accessKey: 'ACCESS', secretKey: { secret: new Secret('other-1234') } } },
  },
  { variable: 'AWS_ACCESS_KEY_ID', value: 'OTHERID', former: 'the usual chain', ours: { identity: 'OTHERID', warnings: [] }, beside: keys },
  { variable: 'AWS_SECRET_ACCESS_KEY', value: 'other-1234', former: 'the usual chain', ours: { identity: 'KEYID' }, beside: keys },
  ...Object.keys(keys).flatMap(variable =>
    ['', undefined].map(value => ({
      variable,
      value,
      former: 'on to the profile',
      ours: { identity: 'default', warnings: [] },
      beside: keys,
    })),
  ),
  { variable: 'AWS_SESSION_TOKEN', value: 'session', former: 'goes with the keys', ours: { identity: 'KEYID session' }, beside: keys },
  { variable: 'AWS_SESSION_TOKEN', value: '', former: 'keys without a session', ours: { identity: 'KEYID', warnings: [] }, beside: keys },
  { variable: 'AWS_SESSION_TOKEN', value: undefined, former: 'keys without a session', ours: { identity: 'KEYID' }, beside: keys },
  { variable: 'AWS_PROFILE', value: 'team', former: 'that profile', ours: { identity: 'team', warnings: [] } },
  { variable: 'AWS_PROFILE', value: 'team', former: 'the keys beside it win', ours: { identity: 'team' }, beside: keys },
  { variable: 'AWS_PROFILE', value: '', former: 'the profile default', ours: { identity: 'default', warnings: [] } },
  { variable: 'AWS_PROFILE', value: undefined, former: 'the profile default', ours: { identity: 'default' } },
  { variable: 'AWS_REGION', value: 'eu-west-1', former: 'the one region that is served', ours: { registries: [] } },
  { variable: 'AWS_REGION', value: '', former: 'stops: a region is missing', ours: { registries: [] } },
  { variable: 'AWS_REGION', value: undefined, former: 'stops: a region is missing', ours: { registries: [] } },
  {
    variable: 'AWS_ECR_REGISTRY_IDS',
    value: `${first},${second}`,
    former: 'serves the registries of these accounts alone',
    ours: { registries: hosts(first, second), create: false },
  },
  {
    variable: 'AWS_ECR_REGISTRY_IDS',
    value: ` ${first} ,, ${second},`,
    former: 'AWS refuses blanks and empty entries',
    ours: { registries: hosts(first, second) },
  },
  { variable: 'AWS_ECR_REGISTRY_IDS', value: 'mine', former: 'AWS refuses it, every six hours', ours: 'AWS_ECR_REGISTRY_IDS: ' },
  { variable: 'AWS_ECR_REGISTRY_IDS', value: '', former: 'AWS refuses an empty id', ours: { registries: [] } },
  { variable: 'AWS_ECR_REGISTRY_IDS', value: undefined, former: 'the registry of the caller’s own account', ours: { registries: [] } },
  {
    variable: 'AWS_ECR_REGISTRY_IDS',
    value: first,
    former: 'as in other regions',
    ours: { registries: [`${first}.dkr.ecr.cn-north-1.amazonaws.com.cn`] },
    beside: { AWS_REGION: 'cn-north-1' },
  },
  { variable: 'AWS_ROLE_ARN', value: role, former: 'assumes it on top of the chain', ours: { role } },
  {
    variable: 'AWS_ROLE_ARN',
    value: role,
    former: 'assumes it a second time',
    ours: { role: undefined },
    beside: { AWS_WEB_IDENTITY_TOKEN_FILE: '/token' },
  },
  { variable: 'AWS_ROLE_ARN', value: '', former: 'tries to assume a role without a name', ours: { role: undefined } },
  { variable: 'AWS_ROLE_ARN', value: undefined, former: 'the chain alone', ours: { role: undefined } },
  { variable: 'AWS_ROLE_ARN', value: 'pull', former: 'STS refuses it, every six hours', ours: 'AWS_ROLE_ARN: ' },
  ...['true', 'TRUE', 'True', 't', 'T', '1'].map(value => ({
    variable: 'AUTO_CREATE',
    value,
    former: 'creates the registries of the token',
    ours: { create: true, registries: hosts(first), own: undefined, warnings: [] },
    beside: { AWS_ECR_REGISTRY_IDS: first },
  })),
  ...['false', 'FALSE', 'False', 'f', 'F', '0'].map(value => ({
    variable: 'AUTO_CREATE',
    value,
    former: 'creates nothing',
    ours: { create: false, own: undefined },
  })),
  { variable: 'AUTO_CREATE', value: '', former: 'stops: not a boolean', ours: { create: false, own: undefined } },
  { variable: 'AUTO_CREATE', value: undefined, former: 'creates nothing', ours: { create: false, own: undefined } },
  { variable: 'AUTO_CREATE', value: 'perhaps', former: 'stops: not a boolean', ours: 'AUTO_CREATE: ' },
  {
    variable: 'AUTO_CREATE',
    value: 'true',
    former: 'creates the registry of the role’s account',
    ours: { create: true, registries: [], own: 'us-east-1', role, warnings: [] },
    beside: { AWS_ROLE_ARN: role },
  },
  {
    variable: 'AUTO_CREATE',
    value: 'true',
    former: 'creates the registry of the caller’s own account',
    ours: { create: true, registries: [], own: 'us-east-1', warnings: [] },
  },
  {
    variable: 'AUTO_CREATE',
    value: 'true',
    former: 'AWS refuses an empty id',
    ours: { create: true, registries: [], own: 'us-east-1', warnings: [] },
    beside: { AWS_ECR_REGISTRY_IDS: ' , ' },
  },
  {
    variable: 'AUTO_CREATE',
    value: 'true',
    former: 'knows nothing of CATTLE_REGISTRIES',
    ours: { create: true, registries: hosts(second), own: undefined },
    beside: { CATTLE_REGISTRIES: hosts(second).join() },
  },
  {
    variable: 'AUTO_CREATE',
    value: 'true',
    former: 'stops: a region is missing',
    ours: 'AUTO_CREATE: ',
    beside: { AWS_REGION: '' },
  },
  {
    variable: 'AUTO_CREATE',
    value: 'true',
    former: 'stops: a region is missing',
    ours: 'AUTO_CREATE: ',
    beside: { AWS_ECR_REGISTRY_IDS: first, AWS_REGION: '' },
  },
  {
    variable: 'AUTO_CREATE',
    value: 'true',
    former: 'one region',
    ours: { registries: hosts(first) },
    beside: { AWS_ECR_REGISTRY_IDS: first, AWS_REGION: '', AWS_DEFAULT_REGION: 'us-east-1' },
  },
  { variable: 'LISTEN_PORT', value: '9000', former: 'the port of /ping', ours: { listen: '127.0.0.1:9000' } },
  { variable: 'LISTEN_PORT', value: '', former: 'any free port', ours: { listen: '127.0.0.1:8080' } },
  { variable: 'LISTEN_PORT', value: undefined, former: '8080', ours: { listen: '127.0.0.1:8080' } },
  { variable: 'LISTEN_PORT', value: 'http', former: 'stops', ours: 'LISTEN_PORT: ' },
  ...Object.entries({
    DEBUG: 'debug',
    info: 'info',
    INFO: 'info',
    Warn: 'warn',
    warning: 'warn',
    error: 'error',
    fatal: 'error',
    panic: 'error',
  }).map(([value, level]) => ({ variable: 'LOG_LEVEL', value, former: value.toLowerCase(), ours: { level, warnings: [] } })),
  { variable: 'LOG_LEVEL', value: '', former: 'nothing is logged any more', ours: { level: 'info', warnings: [] } },
  { variable: 'LOG_LEVEL', value: undefined, former: 'info', ours: { level: 'info' } },
  {
    variable: 'LOG_LEVEL',
    value: 'constructor',
    former: 'nothing is logged any more',
    ours: { level: 'info', warnings: ['LOG_LEVEL is not a known level (debug, info, warn, error), and is ignored.'] },
  },
  { variable: 'RANCHER_CLIENT_DEBUG', value: 'true', former: 'prints keys and passwords', ours: { level: 'info', warnings: [] } },
  { variable: 'RANCHER_CLIENT_DEBUG', value: '', former: 'prints nothing', ours: { level: 'info', warnings: [] } },
  { variable: 'RANCHER_CLIENT_DEBUG', value: undefined, former: 'prints nothing', ours: { level: 'info', warnings: [] } },
];

describe('the variables of the updater before us', () => {
  for (const { variable, value, former, ours, beside = {} } of table) {
    const { [variable]: _, ...rest } = { ...base, ...beside } as Env;
    const env = value === undefined ? rest : { ...rest, [variable]: value };
    const how = value === undefined ? 'absent' : value === '' ? 'empty' : `"${value}"`;
    test(`${variable} ${how}${Object.keys(beside).length > 0 ? ` beside ${Object.keys(beside).join(', ')}` : ''} (formerly: ${former})`, async () => {
      if (typeof ours === 'string') {
        const told = await mistakesOf(read(env));
        assert.ok(
          told.some(line => line.startsWith(ours)),
          told.join('\n'),
        );
        return;
      }
      const got = { ...seen(await read(env)), ...('identity' in ours && { identity: await identityOf(env) }) };
      for (const [name, expected] of Object.entries(ours)) {
        if (name !== 'options') assert.deepEqual(got[name as keyof Seen], expected, name);
        else for (const [key, option] of Object.entries(ours.options ?? {})) assert.deepEqual(got.options[key], option, key);
      }
    });
  }

  test('the table has every variable of the guide: set, empty and absent', () => {
    const guide = readFileSync(join(import.meta.dirname, '../../docs/rancher.md'), 'utf8');
    const [, moving = ''] = guide.split('### Moving from the ECR Credential Updater');
    const firsts = moving.split('\n### ')[0]?.matchAll(/^\| (`.*?`) \|/gm) ?? [];
    const named = new Set([...firsts].flatMap(([, cell = '']) => cell.match(/\b[A-Z]+(?:_[A-Z]+)+\b/g) ?? []));
    const ways = (variable: string): string[] =>
      ['absent', 'empty', 'set'].filter(way =>
        table.some(row => row.variable === variable && (row.value === undefined ? 'absent' : row.value === '' ? 'empty' : 'set') === way),
      );

    assert.deepEqual([...new Set(table.map(({ variable }) => variable))].sort(), [...named].sort());
    for (const variable of named) assert.deepEqual(ways(variable), ['absent', 'empty', 'set'], variable);
  });

  describe('a target of a file beside what Rancher injects', () => {
    const url = 'https://rancher.test/v2-beta/projects/1a7';
    const text = (more: string): string => `targets: [{kind: rancher, accessKey: FILE, secretKey: file-secret-1234, ${more}}]`;
    const beside = (more: string, env: Env = base): Promise<Config> => readText(text(more), { env, adapters });

    test('of another environment is not taken over without a word', async () => {
      for (const more of [`url: "${url}"`, `name: rancher, url: "${url}"`]) {
        const [told = '', ...others] = await mistakesOf(beside(more));
        assert.deepEqual(others, []);
        assert.match(
          told,
          /^targets\.rancher\.url: .*CATTLE_URL.*io\.rancher\.container\.create_agent.*another name.*\(courier\.yaml:1:\d+\)$/,
        );
      }
    });

    test('with a name of its own is served beside it', async () => {
      const { targets, warnings } = await beside(`name: shop, url: "${url}"`);
      assert.deepEqual(
        targets.map(({ name, options }) => [name, options['url'], options['accessKey']]),
        [
          ['shop', url, 'FILE'],
          ['rancher', base.CATTLE_URL, 'ACCESS'],
        ],
      );
      assert.deepEqual(warnings, []);
    });

    test('the example of four managers gains one target', async () => {
      const example = join(import.meta.dirname, '../../config/side-by-side.yaml');
      const alone = await load({ files: [example], env: {}, adapters });
      const { targets } = await load({ files: [example], env: base, adapters });
      const [shop, injected] = targets.filter(({ kind }) => kind === 'rancher');
      assert.equal(targets.length, alone.targets.length + 1);
      assert.equal(shop?.name, 'shop');
      assert.equal(injected?.options['url'], base.CATTLE_URL);
    });

    test('at the same address, or at none, takes the keys', async () => {
      for (const more of [`url: "${base.CATTLE_URL}/"`, `url: "HTTPS://Rancher.test/v1/schemas"`, 'required: true']) {
        const { targets } = await beside(more);
        assert.deepEqual(
          targets.map(({ options }) => options['accessKey']),
          ['ACCESS'],
          more,
        );
      }
    });
  });

  test('where nothing is injected the labels are named', async () => {
    const { warnings } = await read({ AWS_ECR_REGISTRY_IDS: '123456789012' });
    assert.match(
      warnings.join(),
      /^No target is configured: .*CATTLE_URL \(in Rancher 1\.6 the labels io\.rancher\.container\.create_agent/,
    );
  });

  test('plain http is what Rancher injects: it works as before, with a warning, unless it is forbidden', async () => {
    const env = { ...base, CATTLE_URL: 'http://rancher.test:8080/v1' };

    const { targets, warnings } = await read(env);
    const forbidden = await mistakesOf(read({ ...env, CATTLE_ALLOW_HTTP: 'false' }));
    const allowed = await read({ ...env, CATTLE_ALLOW_HTTP: 'true' });

    assert.equal(targets[0]?.allowHttp, true);
    assert.match(warnings.join('\n'), /^CATTLE_URL is plain http/);
    assert.match(forbidden.join('\n'), /^CATTLE_URL: is plain http.*CATTLE_ALLOW_HTTP=true/m);
    assert.deepEqual(allowed.warnings, []);
  });

  test('our own names win over the former ones', async () => {
    const own = `arn:aws:iam::${first}:role/own`;
    const former = { AUTO_CREATE: 'true', AWS_ECR_REGISTRY_IDS: first, AWS_ROLE_ARN: role, LOG_LEVEL: 'debug' };
    const ours = {
      CATTLE_CREATE: 'false',
      CATTLE_REGISTRIES: hosts(second).join(),
      ECR_COURIER_ROLE_ARN: own,
      ECR_COURIER_LOG_LEVEL: 'warn',
    };

    const got = seen(await read({ ...base, ...former, ...ours }));

    assert.deepEqual([got.create, got.registries, got.role, got.level], [false, hosts(second), own, 'warn']);
  });

  test('CATTLE_CREATE asks for the same as AUTO_CREATE, and is what a mistake names', async () => {
    const env = { ...base, CATTLE_CREATE: 'true' };

    const got = seen(await read(env));
    const regionless = await mistakesOf(read({ ...env, AWS_REGION: '' }));
    const listed = await mistakesOf(read({ ...env, AWS_REGION: '', AWS_ECR_REGISTRY_IDS: first }));

    assert.deepEqual([got.create, got.own, got.warnings], [true, 'us-east-1', []]);
    for (const told of [regionless, listed]) assert.match(told.join('\n'), /^CATTLE_CREATE: needs AWS_REGION: the region of /m);
  });

  test('without CATTLE_URL they mean nothing: others use such names, too', async () => {
    const env = { PORTAINER_URL: 'https://portainer.test', PORTAINER_API_KEY: 'ptr_1234' };

    const got = seen(await read({ ...env, AUTO_CREATE: 'perhaps', AWS_ECR_REGISTRY_IDS: 'x', AWS_ROLE_ARN: role, LOG_LEVEL: 'loud' }));

    assert.deepEqual([got.create, got.registries, got.role, got.level, got.warnings], [false, [], undefined, 'info', []]);
  });

  test('what Rancher injects beside its keys disturbs nothing', async () => {
    const { warnings } = await read({
      ...base,
      CATTLE_CONFIG_URL: 'https://rancher.test/v1/configcontent',
      CATTLE_AGENT_INSTANCE_AUTH: 'x',
    });

    assert.deepEqual(warnings, []);
  });
});
