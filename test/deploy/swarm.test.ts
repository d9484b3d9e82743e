import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { parse } from 'yaml';
import { adapters } from '../../adapters/index.ts';
import { load } from '../../config/load.ts';
import { given, host } from '../adapters/rig.ts';
import { loginOf, rig, specOf } from '../adapters/swarm/rig.ts';
import { courier } from './compose.ts';

const folder = join(import.meta.dirname, '../../deploy/swarm');
const conf = readFileSync(join(folder, 'socket-proxy.conf'), 'utf8');

describe('the proxy in front of the socket', () => {
  const [, map = ''] = /map "\$request_method \$request_uri" \$is_let_through \{\n(.*?)\n {2}\}/s.exec(conf) ?? [];
  const lines = map.split('\n').map(line => line.trim());
  const patterns = lines.flatMap(line => /^"~(\^.*\$)" 1;$/.exec(line)?.slice(1) ?? []).map(pattern => new RegExp(pattern));
  const letsThrough = (request: string): boolean => patterns.some(pattern => pattern.test(request));

  test('refuses what is in no line of its list, and compares what goes on, undecoded', () => {
    assert.deepEqual([lines[0], patterns.length], ['default 0;', lines.length - 1]);
    assert.match(conf, /location \/ \{\s*if \(\$is_let_through = 0\) \{\s*return 403;\s*\}/);
    assert.equal(conf.match(/\blocation\b/g)?.length, 1);
    assert.match(conf, /proxy_pass http:\/\/unix:\/var\/run\/docker\.sock:;/, 'without a path: the request goes on as it came');
  });

  test('lets through everything that the courier asks', async () => {
    const template = { RestartPolicy: { Condition: 'none' } };
    await using s = await rig({ services: [{ spec: specOf('web', { template }), login: loginOf('first') }] });
    const slot = await s.slot('web');
    await s.rehearse(slot, given(host));
    await s.deliver(slot, given(host));
    const asked = s.fake.requests.map(({ method, path }) => `${method} ${path}`);
    const kinds = new Set(asked.map(request => request.replace(/[0-9a-z]{25}/, 'ID').replace(/=\d+$|filters=.*/, '')));
    assert.deepEqual([...kinds].sort(), [
      'GET /services',
      'GET /services/ID',
      'GET /tasks?',
      'GET /version',
      'POST /v1.41/services/ID/update?registryAuthFrom=previous-spec&version',
      'POST /v1.41/services/ID/update?version',
    ]);
    assert.deepEqual(
      asked.filter(request => !letsThrough(request)),
      [],
    );
  });

  test('lets nothing else through', () => {
    const service = '/services/p7qmblkyotqwfgneyi7apv48x';
    const reads =
      `/containers/json /containers/create /images/json /volumes /secrets /configs /nodes /swarm /info /events ${service}/logs //services
      /services/../containers/json /services/%2e%2e/containers/json /v1.41/v1.41/services /services?x=/containers /tasks?filters={}
      /_ping/../containers/json /Services /v2.0/services`
        .split(/\s+/)
        .map(path => `GET ${path}`);
    const writes =
      `/services/create ${service}/update ${service} ${service}/update?version=1&rollback=previous /containers/create /swarm/leave?force=1
      ${service}/update?registryAuthFrom=previous-spec&version=1 /exec/1/start`
        .split(/\s+/)
        .map(path => `POST ${path}`);
    const others = [`DELETE ${service}`, `PUT ${service}/update?version=1`, `HEAD ${service}`, 'GET /services\nPOST /x'];
    assert.deepEqual(
      [...reads, ...writes, ...others].filter(request => letsThrough(request)),
      [],
    );
  });

  test('writes no body and no header to a log or a lasting file', () => {
    assert.match(conf, /access_log off;/);
    for (const [, path] of conf.matchAll(/_temp_path (\S+);/g)) assert.match(path ?? '', /^\/tmp\//);
  });
});

interface Service extends Readonly<Record<string, unknown>> {
  readonly image: string;
  readonly environment?: Readonly<Record<string, string>>;
  readonly networks: readonly string[];
  readonly volumes: readonly { readonly type: string; readonly source?: string; readonly target: string }[];
}
const text = readFileSync(join(folder, 'stack.yml'), 'utf8');
const stack = parse(text) as {
  readonly services: Readonly<Record<'socket-proxy' | 'ecr-courier', Service>>;
  readonly volumes: Readonly<Record<string, unknown>>;
  readonly networks: Readonly<
    Record<string, { readonly internal?: boolean; readonly driver_opts?: { readonly encrypted?: string } } | undefined>
  >;
};

describe('the stack', () => {
  const { 'socket-proxy': proxy, 'ecr-courier': own } = stack.services;

  test('gives the socket to the proxy alone, on a manager', () => {
    assert.ok(JSON.stringify(proxy['volumes']).includes('/var/run/docker.sock'));
    assert.ok(!JSON.stringify(own).includes('docker.sock'));
    assert.match(JSON.stringify(proxy['deploy']), /node\.role == manager/);
  });

  test('lets nobody but the courier reach the proxy, and encrypts what passes between nodes', () => {
    assert.deepEqual(proxy.networks, ['socket']);
    assert.deepEqual(own.networks, ['socket', 'outside']);
    assert.deepEqual([stack.networks['socket']?.internal, stack.networks['socket']?.driver_opts?.encrypted], [true, 'true']);
    for (const service of [proxy, own]) assert.ok(!('ports' in service));
  });

  test('keeps what it wrote last in a volume that the image lets any user write to', () => {
    const { source = '', target: at } = own.volumes.find(({ type }) => type === 'volume') ?? assert.fail();
    assert.ok(Object.hasOwn(stack.volumes, source));
    assert.equal(own.environment?.['ECR_COURIER_CACHE'], `${at}/answers`);
    assert.match(readFileSync(join(folder, '../image/rootfs.sh'), 'utf8'), new RegExp(`^chmod 1777 "\\$root${at}"$`, 'm'));
  });

  test('has a /tmp on each root that is read only, and nothing of which `docker stack deploy` takes no notice', () => {
    // Recorded with docker 28.2.2, which silently ignores `tmpfs`.
    const taken = /^(image|configs|secrets|volumes|networks|read_only|deploy|environment|user|cap_drop|stop_grace_period)$/;
    for (const service of [proxy, own]) {
      assert.deepEqual(
        service.volumes.filter(({ type }) => type === 'tmpfs'),
        [{ type: 'tmpfs', target: '/tmp' }],
      );
      assert.deepEqual(
        Object.keys(service).filter(key => !taken.test(key)),
        [],
      );
    }
  });

  test('has AWS keys as secrets once the lines for them are let in, and the guide makes those', () => {
    const { services, secrets } = parse(text.replace(/^( *)# (?=AWS_|secrets:| {2}aws-)/gm, '$1')) as typeof stack & {
      readonly secrets: Readonly<Record<string, unknown>>;
    };
    const { environment = {}, secrets: named } = services['ecr-courier'];
    const names = Object.keys(secrets);
    assert.deepEqual(named, names);
    const files = Object.entries(environment).filter(([name]) => name.startsWith('AWS_'));
    assert.deepEqual(files, [
      ['AWS_ACCESS_KEY_ID_FILE', `/run/secrets/${names[0]}`],
      ['AWS_SECRET_ACCESS_KEY_FILE', `/run/secrets/${names[1]}`],
    ]);
    const guide = readFileSync(join(folder, '../../docs/swarm.md'), 'utf8');
    for (const name of names) {
      assert.deepEqual(secrets[name], { external: true });
      assert.match(guide, new RegExp(`docker secret create ${name} -`));
    }
  });

  test('runs the image of this version, with no more rights than it needs', async () => {
    assert.equal(own.image, courier.image);
    assert.equal(own['user'], courier.user);
    assert.deepEqual([own['read_only'], own['cap_drop'], proxy['read_only']], [true, ['ALL'], true]);
    const { targets, warnings } = await load({ env: own['environment'] as NodeJS.ProcessEnv, adapters });
    assert.deepEqual(
      targets.map(({ name, options }) => [name, options]),
      [['swarm', { url: 'http://socket-proxy:2375', services: 'labelled' }]],
    );
    assert.deepEqual(warnings, []);
  });
});
