import assert from 'node:assert/strict';
import { test } from 'node:test';
import { command } from '../commands/cli.ts';
import { folder } from '../config/support.ts';
import { chart, objectsIn, only } from '../deploy/chart.ts';
import { helm, rendered } from './helm.ts';
import { part } from './needs.ts';

const host = '123456789012.dkr.ecr.eu-west-1.amazonaws.com';
const role = 'arn:aws:iam::123456789012:role/pull';
type Tree = Readonly<Record<string, unknown>>;
interface Values {
  readonly target?: Tree | null;
  readonly config?: Tree;
  readonly extraEnv?: readonly { readonly name: string; readonly value: string }[];
  readonly [more: string]: unknown;
}

/** Returns the configuration that the values describe, whether or not the chart accepts them. */
function configOf({ target = {}, config = {} }: Values): string {
  const usual = { kind: 'kubernetes', name: 'kubernetes', registries: [], excludeNamespaces: ['kube-*'] };
  const own = target === null ? [] : [{ ...usual, ...target }];
  return JSON.stringify({ ...config, targets: [...own, ...((config['targets'] as object[] | undefined) ?? [])] });
}

/** Runs `config check` on a configuration with the variables of the pod. */
async function checked(text: string, { extraEnv = [] }: Values) {
  await using files = await folder({ 'courier.yaml': text });
  return await command(
    ['config', 'check', '--config', files.at('courier.yaml')],
    Object.fromEntries(extraEnv.map(({ name, value }) => [name, value])),
  );
}

const own = (target: Tree): Values => ({ target });
const more = (...targets: Tree[]): Values => ({ config: { targets } });
const sources = (...of: Tree[]): Values => ({ config: { sources: of } });
const group = (name: string, of: Tree): Values => ({ config: { [name]: of } });
const variable = (name: string, value: string): Values => ({ extraEnv: [{ name, value }] });
const variables = (of: Readonly<Record<string, string>>): Values => ({
  extraEnv: Object.entries(of).map(([name, value]) => ({ name, value })),
});
const served = { name: 'a', accounts: ['123456789012'] };
const ofRancher = { CATTLE_URL: 'https://r', CATTLE_ACCESS_KEY: 'me', CATTLE_SECRET_KEY: 's3cr3t-s3cr3t' };
const portainer = { kind: 'portainer', url: 'https://p', apiKeyFile: '/k' };

/** Values that both the chart and `config check` refuse, with the chart's message. */
const bad: readonly (readonly [Values, RegExp])[] = [
  [own({ url: 'https://a' }), /target\.url: needs a token/],
  [own({ url: 'https://a', kubeconfig: '/k' }), /target\.url: stands beside kubeconfig/],
  [own({ tokenFile: '/t', kubeconfig: '/k' }), /target\.tokenFile: stands beside kubeconfig/],
  [own({ context: 'a' }), /target\.context: is one of a kubeconfig/],
  [own({ url: 'http://a', tokenFile: '/t' }), /target\.url: is plain http/],
  [own({ url: 'ftp://a', tokenFile: '/t' }), /target\.url: must be a URL/],
  [own({ url: 'https://u:p@a', tokenFile: '/t' }), /target\.url: must be a URL/],
  [own({ tlsFingerprint: 'zz' }), /target\.tlsFingerprint: must be a SHA-256 fingerprint/],
  [own({ tlsServerName: 'https://a' }), /target\.tlsServerName: must be a bare host name/],
  [own({ window: 'foo' }), /target\.window: must be a cron pattern/],
  [own({ window: '* 24 * * *' }), /target\.window: must be a cron pattern/],
  [own({ window: '0 0 30 2 *' }), /target\.window: must be a cron pattern that comes true/],
  [own({ clientCertFile: '/c' }), /target\.clientCertFile: needs clientKeyFile/],
  [own({ clientKeyFile: '/c' }), /target\.clientKeyFile: needs clientCertFile/],
  [own({ verify: ['docker.io/library/nginx'] }), /target\.verify\[0\]: must be an ECR image/],
  [own({ verify: [`${host}/a`, host] }), /target\.verify\[1\]: must be an ECR image/],
  [own({ registries: ['docker.io'] }), /target\.registries\[0\]: must be the host of an ECR registry/],
  [own({ registries: ['123456789012.dkr.ecr.cn-north-1.amazonaws.com'] }), /target\.registries\[0\]/],
  [own({ registries: `${host}, docker.io` }), /target\.registries: must be the host/],
  [own({ concurrency: 65 }), /\/target\/concurrency.*maximum/],
  [own({ concurrency: '65' }), /target\.concurrency: must be a whole number from 1 to 64/],
  [own({ discoverSeconds: 0 }), /\/target\/discoverSeconds.*minimum/],
  [own({ deliverSeconds: '1h' }), /target\.deliverSeconds: must be a number from 0\.1 to 3600/],
  [own({ replace: 'maybe' }), /target\.replace: must be true or false/],
  [own({ replace: 1 }), /\/target\/replace': got number/],
  [own({ kubeconfig: '' }), /target\.kubeconfig: has no value/],
  [own({ name: '-a' }), /target\.name: must be a name/],
  [own({ secret: 'Bad_Name' }), /target\.secret: must be a name in Kubernetes/],
  [own({ secret: 1 }), /\/target\/secret': got number/],
  [own({ namespaces: ['Team'] }), /target\.namespaces\[0\]: must be a name of namespaces/],
  [own({ namespaceSelector: 'team in a' }), /target\.namespaceSelector: must be a selector/],
  [own({ serviceAccounts: ['a_b'] }), /target\.serviceAccounts\[0\]: must be a name/],
  [own({ restartStuckPods: true }), /target\.restartStuckPods: is about pods of serviceAccounts/],
  [own({ fieldManager: 'a\tb' }), /target\.fieldManager: must be/],
  [own({ headers: { Host: 'a' } }), /target\.headers: must be the name of a header/],
  [own({ headers: { 'X-A': 1 } }), /\/target\/headers\/X-A': got number/],
  [own({ headers: { 'X-A': '' } }), /target\.headers: must be/],
  [own({ headers: { 'X-A': 'b' }, headersFile: '/h' }), /target\.headers: is given twice/],
  [own({ registry: host }), /additional properties 'registry'/],
  [{ target: null }, /nothing to do/],
  [more({ kind: 'kubernetes', name: 'kubernetes' }), /config\.targets\[0\]\.name: is taken already by target/],
  [
    more(portainer, { ...portainer, url: 'https://q', name: 'portainer' }, { ...portainer, name: 'portainer' }),
    /config\.targets\[2\]\.name: is taken already by config\.targets\[1\]/,
  ],
  [more({ kind: 'kubernetes', context: 'a' }), /config\.targets\[0\]\.context/],
  [more({ kind: 'argocd', url: 'https://a' }), /config\.targets\[0\]\.url: needs a token/],
  [more({ kind: 'argocd', namespace: 'a*' }), /config\.targets\[0\]\.namespace/],
  [more({ kind: 'argocd', templates: 'git' }), /\/config\/targets\/0\/templates/],
  [more({ kind: 'portaner' }), /kind.*'portainer'/],
  [more({ name: 'a' }), /missing property 'kind'/],
  [more({ kind: 'portainer', apiKeyFile: '/k' }), /config\.targets\[0\]\.url: must be set/],
  [more({ kind: 'portainer', url: 'https://p' }), /config\.targets\[0\]: needs apiKey, or username and password/],
  [more({ kind: 'portainer', url: 'https://p', username: 'me' }), /config\.targets\[0\]: needs apiKey, or username and password/],
  [more({ ...portainer, apiKey: 'k3y-k3y-k3y' }), /config\.targets\[0\]\.apiKey: is given twice/],
  [more({ ...portainer, url: 'http://p' }), /config\.targets\[0\]\.url: is plain http/],
  [more({ kind: 'portainer', url: 'https://p', apiKey: '<key>' }), /config\.targets\[0\]\.apiKey: must be the secret itself/],
  [
    more({ kind: 'portainer', url: 'https://p', apiKeyFile: 'ptr_k3y-k3y-k3y' }),
    /config\.targets\[0\]\.apiKeyFile: must be the path of a file/,
  ],
  [more({ kind: 'rancher', url: 'https://r', accessKey: 'me' }), /config\.targets\[0\]: Rancher wants/],
  [more({ kind: 'docker-config', path: '~/.docker/config.json' }), /config\.targets\[0\]\.path: has a ~/],
  [sources({ name: 'a' }), /config\.sources\[0\]: serves no registry/],
  [sources(served, served), /config\.sources\[1\]\.name: is taken already by config\.sources\[0\]/],
  [sources({ accounts: ['123456789012'] }), /config\.sources\[0\]\.name: must be set/],
  [sources({ name: 'a', accounts: [123456789012] }), /accounts\/0': got number/],
  [sources({ name: 'a', accounts: ['1234'] }), /config\.sources\[0\]\.accounts\[0\]: must be 12 digits/],
  [sources({ ...served, roleArn: 'a' }), /config\.sources\[0\]\.roleArn: must be the ARN of a role/],
  [sources({ ...served, roles: [{ externalId: 'x' }] }), /config\.sources\[0\]\.roles\[0\]\.roleArn: must be set/],
  [sources({ ...served, externalId: 'x' }), /config\.sources\[0\]\.externalId: goes with roleArn/],
  [sources({ ...served, region: 'eu-west-1a' }), /config\.sources\[0\]\.region: must be a region/],
  [sources({ ...served, service: 'ecr-private' }), /service.*'ecr-public'/],
  [sources({ ...served, service: 'ecr-public' }), /config\.sources\[0\]\.accounts: are of private registries/],
  [sources({ name: 'default', service: 'ecr-public' }), /config\.sources\[0\]\.service: default serves private registries/],
  [sources({ ...served, file: '/t', command: 'aws' }), /config\.sources\[0\]: command and file exclude each other/],
  [sources({ ...served, file: '/t', profile: 'a' }), /config\.sources\[0\]\.profile: is of an AWS identity/],
  [sources({ ...served, command: './get' }), /config\.sources\[0\]\.command: must be a program/],
  [sources({ ...served, command: ['bin/get', 'x'] }), /config\.sources\[0\]\.command/],
  [sources({ ...served, lambda: 'a b', region: 'eu-west-1' }), /config\.sources\[0\]\.lambda: must be the name of a Lambda function/],
  [sources({ ...served, endpoint: 'ecr.example' }), /config\.sources\[0\]\.endpoint: must be a URL/],
  [sources({ ...served, slots: [] }), /config\.sources\[0\]\.slots: has no value/],
  [sources({ ...served, profile: null }), /config\.sources\[0\]\.profile: has no value/],
  [group('discovery', { cron: '* * * *' }), /config\.discovery\.cron: must be a cron pattern/],
  [group('discovery', { cron: '@every' }), /config\.discovery\.cron: must be a cron pattern/],
  [group('engine', { tickSeconds: 0.5 }), /tickSeconds/],
  [group('engine', { shard: '3/3' }), /shard.*i is from 0 to n - 1/],
  [group('engine', { shardBy: 'name' }), /shardBy.*'target'/],
  [group('log', { level: 'loud' }), /level.*'debug'/],
  [group('server', { listen: '8080' }), /config\.server\.listen: must be host:port/],
  [group('server', { port: 65536 }), /port.*maximum/],
  [group('server', { publicUrl: 'courier.example' }), /config\.server\.publicUrl: must be a URL/],
  [group('lease', { namespace: 'a' }), /config\.lease\.namespace: needs the name of a Lease/],
  [group('lease', { name: 'a', context: 'b' }), /config\.lease\.context: needs a kubeconfig/],
  [group('lease', { name: 'a', kubeconfig: '/k' }), /config\.lease\.namespace: must be set/],
  [group('heartbeat', { everySeconds: 60 }), /config\.heartbeat\.url: must be set/],
  [group('heartbeat', { url: 'example.com' }), /config\.heartbeat\.url: must be a URL/],
  [group('unknown', {}), /additional properties 'unknown'/],
  [{ config: { aliases: [{ host: 'A.b', registry: host }] } }, /config\.aliases\[0\]\.host: must be a bare host name/],
  [{ config: { aliases: [{ host: 'a.b', registry: 'docker.io' }] } }, /config\.aliases\[0\]\.registry: must be the host/],
  [{ config: { aliases: [{ host: 'a.b' }] } }, /config\.aliases\[0\]\.registry: must be set/],
  [{ config: { aliases: [0, 1].map(() => ({ host: 'a.b', registry: host })) } }, /config\.aliases\[1\]\.host: is taken already/],
  [{ target: { registries: ['other.example'] }, config: { aliases: [{ host: 'a.b', registry: host }] } }, /target\.registries\[0\]/],
  [{ target: { headers: { Host: 'a' } }, config: { aliases: [{ host: 'a.b', registry: host }] } }, /target\.headers: must be/],
  [{ config: { notify: [{ format: 'slack' }] } }, /config\.notify\[0\]\.url: must be set/],
  [{ config: { notify: [{ urlFile: '/u' }] } }, /config\.notify\[0\]\.format: must be set/],
  [{ config: { notify: [{ format: 'slack', url: 'hooks.example' }] } }, /config\.notify\[0\]\.url: must be a URL/],
  [
    { config: { notify: [{ format: 'ntfy', url: 'https://ntfy.sh/' }] } },
    /config\.notify\[0\]\.url: must be an address that ends with a topic/,
  ],
  [
    { config: { notify: [{ format: 'gotify', url: 'https://g/message?tokens=a' }] } },
    /config\.notify\[0\]\.url: .*token of an application/,
  ],
  [{ config: { notify: [{ format: 'teams', url: 'https://a.webhook.office.com/x' }] } }, /config\.notify\[0\]\.url: .*workflow of Teams/],
  [
    { config: { notify: [{ format: 'slack', urlFile: '/u', name: 'heartbeat' }] } },
    /config\.notify\[0\]\.name: is the name of the heartbeat/,
  ],
  [variable('ECR_COURIER_TICK_SECONDS', '1000'), /extraEnv\[0\] \(ECR_COURIER_TICK_SECONDS\): must be a whole number/],
  [variable('ECR_COURIER_START_SPREAD_SECONDS', '-1'), /\(ECR_COURIER_START_SPREAD_SECONDS\): must be a number from 0 to 3600/],
  [variable('ECR_COURIER_LOG_LEVEL', 'DEBUG'), /\(ECR_COURIER_LOG_LEVEL\): must be one of debug, info, warn, error/],
  [variable('ECR_COURIER_LOG_FORMAT', 'xml'), /\(ECR_COURIER_LOG_FORMAT\): must be one of/],
  [variables({ ECR_COURIER_SHARD: '0/3', ECR_COURIER_SHARD_BY: 'x' }), /\(ECR_COURIER_SHARD_BY\): must be one of slot, target/],
  [
    variables({ PORTAINER_URL: 'https://p', PORTAINER_API_KEY: 'k3y-k3y-k3y', PORTAINER_SERVICES: 'some' }),
    /\(PORTAINER_SERVICES\): must be one of labelled, all/,
  ],
  [variable('AWS_USE_FIPS_ENDPOINT', 'yes'), /\(AWS_USE_FIPS_ENDPOINT\): must be true or false, in lower case/],
  [variable('AWS_ENDPOINT_URL_ECR', 'ecr.example'), /\(AWS_ENDPOINT_URL_ECR\): must be a URL/],
  [variable('AWS_MAX_ATTEMPTS', '0'), /\(AWS_MAX_ATTEMPTS\): must be a whole number from 1 to 99/],
  [variable('AWS_RETRY_MODE', 'never'), /\(AWS_RETRY_MODE\): must be one of standard, adaptive, legacy/],
  [variable('AWS_ROLE_SESSION_NAME', 'a b'), /\(AWS_ROLE_SESSION_NAME\): must be a name of 2 to 64/],
  [variable('AWS_SECRET_ACCESS_KEY', 'a b'), /\(AWS_SECRET_ACCESS_KEY\): must be the AWS key/],
  [variable('https_proxy', 'socks5://p:1080'), /\(https_proxy\): must be the address of an HTTP proxy/],
  [
    variables({ ECR_COURIER_NOTIFY_SLACK_URL: 'https://s', ECR_COURIER_NOTIFY_SLACK_URL_FILE: '/s' }),
    /\(ECR_COURIER_NOTIFY_SLACK_URL\): is given twice: here and as ECR_COURIER_NOTIFY_SLACK_URL_FILE \(extraEnv\)/,
  ],
  [variables({ AWS_SESSION_TOKEN: 'abc', AWS_SESSION_TOKEN_FILE: '/t' }), /\(AWS_SESSION_TOKEN\): is given twice/],
  [variable('ECR_COURIER_EXTERNAL_ID', 'x'), /extraEnv \(the source default\)\.externalId: goes with roleArn/],
  [{ ...sources({ name: 'default' }), ...variable('ECR_COURIER_EXTERNAL_ID', 'x') }, /config\.sources\[0\]\.externalId: goes with roleArn/],
  [
    { ...sources({ name: 'default', file: '/t' }), ...variable('ECR_COURIER_ROLE_ARN', role) },
    /config\.sources\[0\]\.roleArn: is of an AWS identity, which file does not use/,
  ],
  [variables({ ...ofRancher, AUTO_CREATE: 'maybe' }), /\(AUTO_CREATE\): must be true or false/],
  [variables({ ...ofRancher, AWS_ECR_REGISTRY_IDS: '123456789012,1' }), /\(AWS_ECR_REGISTRY_IDS\): must be 12 digits/],
  [variable('ECR_COURIER_SHARD', '1'), /extraEnv\[0\] \(ECR_COURIER_SHARD\): must be i\/n/],
  [variable('ECR_COURIER_SHARDS', '0/3'), /extraEnv\[0\] \(ECR_COURIER_SHARDS\): the courier knows no such variable/],
  [variable('AWS_REGION', 'eu'), /extraEnv\[0\] \(AWS_REGION\): must be a region/],
  [variable('ECR_COURIER_LEASE_NAMESPACE', 'a'), /config\.lease\.namespace: needs the name of a Lease/],
  [variables({ ECR_COURIER_LEASE: 'a', ECR_COURIER_LEASE_KUBECONFIG: '/k' }), /config\.lease\.namespace: must be set/],
  [
    { ...group('lease', { namespace: 'a' }), ...variable('ECR_COURIER_LEASE_KUBECONFIG', '/k') },
    /config\.lease\.kubeconfig: needs the name/,
  ],
  [
    { ...group('lease', { name: 'a', context: 'b' }), ...variable('ECR_COURIER_LEASE_NAMESPACE', 'c') },
    /config\.lease\.context: needs a kube/,
  ],
  [variable('ECR_COURIER_HEARTBEAT_SECONDS', '60'), /config\.heartbeat\.url: must be set/],
  [{ ...group('heartbeat', { everySeconds: 60 }), ...variable('ECR_COURIER_HEARTBEAT_URL', '') }, /config\.heartbeat\.url: must be set/],
  [variable('PORTAINER_URL', 'https://p'), /extraEnv \(PORTAINER_URL\): needs apiKey, or username and password/],
  [variables({ PORTAINER_URL: 'https://p', PORTAINER_USERNAME: 'me' }), /extraEnv \(PORTAINER_URL\): needs apiKey/],
  [variables({ PORTAINER_URL: 'http://p', PORTAINER_API_KEY: 'k3y-k3y-k3y' }), /extraEnv \(PORTAINER_URL\)\.url: is plain http/],
  [variable('PORTAINER_API_KEY', 'k3y-k3y-k3y'), /extraEnv \(PORTAINER_API_KEY\): has no effect alone/],
  [variables({ PORTAINER_URL: '', PORTAINER_API_KEY: 'k3y-k3y-k3y' }), /extraEnv \(PORTAINER_API_KEY\): has no effect alone/],
  [variables({ HARBOR_URL: 'https://h', HARBOR_USERNAME: 'me' }), /extraEnv \(HARBOR_URL\)\.password: must be set/],
  [variable('RANCHER_URL', 'https://r'), /extraEnv \(RANCHER_URL\)\.token: must be set/],
  [{ ...more({ kind: 'portainer' }), ...variable('PORTAINER_URL', 'https://p') }, /config\.targets\[0\]: needs apiKey/],
  [{ ...more({ kind: 'portainer' }), ...variable('PORTAINER_API_KEY', 'k3y-k3y-k3y') }, /config\.targets\[0\]\.url: must be set/],
  [
    { ...more({ ...portainer, name: 'other' }), ...variable('PORTAINER_CA_FILE', '/c') },
    /extraEnv \(PORTAINER_CA_FILE\): has no effect alone/,
  ],
  [
    { ...more({ kind: 'portainer', name: 'other', url: 'https://q' }), ...variable('PORTAINER_API_KEY', 'k3y-k3y-k3y') },
    /targets\[0\]: needs/,
  ],
  [{ ...more(portainer), ...variable('PORTAINER_CLIENT_CERT_FILE', '/c') }, /config\.targets\[0\]\.clientCertFile: needs clientKeyFile/],
  [
    {
      ...more({ kind: 'swarm', name: 'portainer', url: 'unix:///d' }),
      ...variables({ PORTAINER_URL: 'https://p', PORTAINER_API_KEY: 'k3y-k3y' }),
    },
    /extraEnv \(PORTAINER_URL\): makes a target with the name portainer/,
  ],
  [variables({ CATTLE_URL: 'https://r', CATTLE_ACCESS_KEY: 'me' }), /extraEnv \(CATTLE_URL\): Rancher wants/],
  [variable('ECR_COURIER_NOTIFY_SLACK_URL', 'hooks.example'), /\(ECR_COURIER_NOTIFY_SLACK_URL\): must be a URL/],
  [
    variable('ECR_COURIER_NOTIFY_NTFY_URL', 'https://ntfy.sh/'),
    /\(ECR_COURIER_NOTIFY_NTFY_URL\): must be an address that ends with a topic/,
  ],
  [
    { config: { notify: [{ format: 'ntfy' }] }, ...variable('ECR_COURIER_NOTIFY_SLACK_URL', 'https://hooks.example/a') },
    /config\.notify\[0\]\.url: must be set/,
  ],
  [
    { config: { notify: [{ name: 'other', format: 'slack' }] }, ...variable('ECR_COURIER_NOTIFY_SLACK_URL', 'https://hooks.example/a') },
    /config\.notify\[0\]\.url: must be set/,
  ],
];

/** Values that both the chart and `config check` accept. */
const good: readonly Values[] = [
  {},
  own({ url: 'https://a:6443/', tokenFile: '/t', tlsFingerprint: 'ab'.repeat(32), clientCertFile: '/c', clientKeyFile: '/k' }),
  own({ url: 'http://a', tokenFile: '/t', allowHttp: true }),
  own({ url: 'http://a', tokenFile: '/t', allowHttp: 'yes' }),
  own({ kubeconfig: 'sub/config', context: 'a b' }),
  own({
    registries: [host, `https://${host.toUpperCase()}:443/team/`, 'public.ecr.aws'],
    verify: [`${host}/team/app:1@sha256:${'0'.repeat(64)}`],
  }),
  own({
    registries: `${host}, public.ecr.aws`,
    namespaces: 'shop,!kube-*',
    serviceAccounts: 'default',
    replace: 'off',
    restartStuckPods: 'on',
  }),
  own({ concurrency: '4', discoverSeconds: 0.5, deliverSeconds: '30', window: '*/5 2-4 * * MON-FRI', create: null, secret: '' }),
  own({ tlsFingerprint: `sha256 Fingerprint=${Array(32).fill('ab').join(':')}`, tlsServerName: '::1', tokenFile: 'token' }),
  own({ headers: { 'X-Access': 'a: b' }, namespaceSelector: 'team in (a, b),!x', fieldManager: '' }),
  own({ headers: 'X-A: b\nX-B: c' }),
  own({ headers: ['X-A: b'] }),
  { target: { namespaceSelector: null, optIn: null, registries: null } },
  { target: null, ...more(portainer) },
  { target: null, ...variable('DOCKER_CONFIG_PATH', '/d') },
  more({ kind: 'kubernetes' }, { kind: 'kubernetes', name: '' }),
  more({ kind: 'portainer', url: 'https://p', username: 'me', passwordFile: './p' }, { ...portainer, name: 'other', url: 'https://q' }),
  {
    ...more({ kind: 'portainer' }),
    extraEnv: [
      { name: 'PORTAINER_URL', value: 'https://p' },
      { name: 'PORTAINER_API_KEY', value: 'k3y-k3y-k3y' },
    ],
  },
  more({ kind: 'swarm', url: 'unix:///var/run/docker.sock' }, { kind: 'helper-cache' }, { kind: 'docker-config', path: '/d' }),
  {
    target: { registries: ['mirror.example', 'https://MIRROR.example:443/x'], verify: ['mirror.example/a'] },
    config: { aliases: [{ host: 'mirror.example', registry: host }] },
  },
  sources(
    { ...served, roleArn: role, externalId: 'x' },
    { name: 'default' },
    { name: 'b', slots: ['kubernetes/*'], command: ['aws', 'ecr'] },
  ),
  sources(
    { name: 'p', service: 'ecr-public' },
    { name: 'c', accounts: '123456789012,210987654321', lambda: 'a:live', region: 'eu-west-1' },
  ),
  sources({ name: 'r', registries: ['*.dkr.ecr.eu-*'], roles: [{ roleArn: role }], endpoint: 'https://e' }),
  { config: { sources: null, targets: null, aliases: null, notify: null, log: null, lease: null } },
  {
    config: { targets: [{ kind: 'portainer', url: 'https://p', apiKeyFile: 'sub/key' }], server: { listen: '0.0.0.0:9090', port: '8081' } },
  },
  { config: { log: { level: '', format: 'json' }, discovery: { cron: '@hourly' }, engine: { shard: '0/3', tickSeconds: '15' } } },
  { config: { server: { listen: '0.0.0.0:8080', publicUrl: 'https://c.example', adminTokenFile: '/run/t' } } },
  {
    config: {
      lease: { name: 'a', namespace: 'b', kubeconfig: '/k' },
      heartbeat: { urlFile: '/u', everySeconds: 60 },
      notify: [
        { format: 'ntfy', url: 'HTTPS://n/a/topic/?x=y' },
        { format: 'gotify', url: 'https://g/message?a=b&token=c' },
        { format: 'teams', url: 'https://a.logic.azure.com/webhook.office.com' },
        { format: 'slack', urlFile: '/u' },
        { format: 'slack', urlFile: '/v' },
      ],
    },
  },
  variables({ ECR_COURIER_LEASE: 'a', ECR_COURIER_LEASE_NAMESPACE: 'b', ECR_COURIER_LEASE_KUBECONFIG: '/k' }),
  { ...group('lease', { namespace: 'b', context: 'c' }), ...variables({ ECR_COURIER_LEASE: 'a', ECR_COURIER_LEASE_KUBECONFIG: '/k' }) },
  { ...group('lease', { name: 'Bad_', namespace: 'b' }), ...variable('ECR_COURIER_LEASE', 'a') },
  { ...group('heartbeat', { everySeconds: 60 }), ...variable('ECR_COURIER_HEARTBEAT_URL', 'https://h/a') },
  { ...group('heartbeat', { url: 'nowhere' }), ...variable('ECR_COURIER_HEARTBEAT_URL_FILE', '/u') },
  variables({ PORTAINER_URL: 'https://p', PORTAINER_USERNAME: 'me', PORTAINER_PASSWORD_FILE: '/p' }),
  variables({ PORTAINER_URL: 'http://p', PORTAINER_API_KEY_FILE: '/k', PORTAINER_ALLOW_HTTP: 'true' }),
  { ...more({ ...portainer, url: 'http://p' }), ...variable('PORTAINER_URL', 'https://p') },
  { ...more({ ...portainer, name: 'other' }), ...variables({ PORTAINER_URL: 'https://q', PORTAINER_API_KEY_FILE: '/q' }) },
  variables({ CATTLE_URL: 'http://r', CATTLE_ACCESS_KEY: 'me', CATTLE_SECRET_KEY: 's3cr3t-s3cr3t' }),
  { config: { notify: [{ format: 'slack' }] }, ...variable('ECR_COURIER_NOTIFY_SLACK_URL', 'https://hooks.example/a') },
  variables({ ECR_COURIER_NOTIFY_SLACK_URL_FILE: '/u', ECR_COURIER_NOTIFY_NTFY_URL: 'https://ntfy.sh/topic' }),
  variable('ECR_COURIER_LOG_LEVEL', 'debug'),
  variables({ ECR_COURIER_ROLE_ARN: role, ECR_COURIER_EXTERNAL_ID: 'x' }),
  { ...sources({ name: 'default', roleArn: role }), ...variable('ECR_COURIER_EXTERNAL_ID', 'x') },
  { ...sources({ name: 'default', externalId: 'x' }), ...variables({ ...ofRancher, AWS_ROLE_ARN: role }) },
  variables({ ...ofRancher, AUTO_CREATE: 'f', AWS_ECR_REGISTRY_IDS: '123456789012, 210987654321', LOG_LEVEL: 'Warning' }),
  variables({ AUTO_CREATE: 'maybe', AWS_ECR_REGISTRY_IDS: 'mine', LOG_LEVEL: 'loud' }),
  variables({ AWS_USE_FIPS_ENDPOINT: 'true', AWS_ENDPOINT_URL: 'https://a/b?c', AWS_DEFAULTS_MODE: 'Standard', AWS_MAX_ATTEMPTS: '3' }),
  variables({ HTTPS_PROXY: 'proxy:3128', http_proxy: 'http://u:p@proxy:3128', NO_PROXY: '*' }),
  variables({ ECR_COURIER_ADMIN_TOKEN: '', ECR_COURIER_ADMIN_TOKEN_FILE: '/t' }),
  sources({ ...served, command: ['aws', '', 'a/b', './c'] }),
  group('engine', { startSpreadSeconds: '0' }),
  variable('ECR_COURIER_SERVICE_HOST', '10.0.0.1'),
];

part('the values of the chart', { programs: ['helm'] }, () => {
  for (const [values, words] of bad)
    test(`are refused, as the courier would end with 78: ${JSON.stringify(values)}`, async () => {
      const { status, stderr } = helm(['template', 'ecr-courier', chart], values);
      assert.notEqual(status, 0);
      assert.match(stderr, words);
      assert.equal((await checked(configOf(values), values)).code, 78);
    });

  for (const values of good)
    test(`are taken, as the courier takes them: ${JSON.stringify(values)}`, async () => {
      const before = await checked(configOf(values), values);
      assert.equal(before.code, 0, before.stderr);
      const text = only(objectsIn(rendered(values)), 'ConfigMap').data?.['courier.yaml'] ?? '';
      const after = await checked(text, values);
      assert.deepEqual([after.code, after.stdout], [0, before.stdout], after.stderr);
    });

  test('are taken where a variable brings what nobody can see, and refused where it brings something else', () => {
    const from = (...names: string[]) => names.map(name => ({ name, valueFrom: { secretKeyRef: { name: 'a', key: 'b' } } }));
    const made = [{ name: 'PORTAINER_URL', value: 'https://p' }];
    const role = { sources: [{ name: 'default', externalId: 'x' }] };
    for (const values of [
      { extraEnv: [...made, ...from('PORTAINER_API_KEY')] },
      { extraEnv: from('PORTAINER_URL', 'PORTAINER_USERNAME', 'PORTAINER_PASSWORD') },
      { extraEnv: from('ECR_COURIER_HEARTBEAT_URL', 'ECR_COURIER_NOTIFY_NTFY_URL'), config: { heartbeat: { everySeconds: 60 } } },
      { extraEnv: from('ECR_COURIER_ROLE_ARN'), config: role },
      { extraEnv: from('ECR_COURIER_LEASE_NAMESPACE', 'PORTAINER_API_KEY'), existingConfigMap: 'a' },
    ])
      rendered(values);
    const { stderr } = helm(['template', 'ecr-courier', chart], { extraEnv: [...made, ...from('PORTAINER_USERNAME')] });
    assert.match(stderr, /extraEnv \(PORTAINER_URL\): needs apiKey, or username and password/);
  });

  test('are told all at once, and never quoted', () => {
    const values = {
      target: { tlsFingerprint: 'zz-s3cr3t', tokenFile: 's3\ncr3t', window: 's3cr3t' },
      config: { targets: [{ ...portainer, apiKeyFile: 's3cr3t' }] },
    };
    const { stderr } = helm(['template', 'ecr-courier', chart], values);
    assert.match(stderr, /the values have 4 mistakes:/);
    assert.doesNotMatch(stderr, /s3/);
  });
});
