import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { adapters } from '../../adapters/index.ts';
import { variables } from '../../config/env.ts';
import { load } from '../../config/load.ts';
import { compose, courier, environment, secretsFolder } from './compose.ts';

const root = join(import.meta.dirname, '../..');
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };

test('the environment is a configuration without a mistake or a warning', async () => {
  const { targets, warnings } = await load({ env: environment(), adapters });
  assert.deepEqual(
    targets.map(({ name, options }) => [name, options]),
    [
      [
        'portainer',
        {
          url: 'https://portainer:9443',
          apiKey: { file: `${secretsFolder}/api-key`, variable: 'PORTAINER_API_KEY_FILE' },
          swarm: false,
          services: 'labelled',
        },
      ],
    ],
  );
  assert.deepEqual(warnings, []);
});

test('a Portainer that runs elsewhere is named outside', () => {
  assert.equal(environment({ PORTAINER_URL: 'https://192.0.2.10:9443' })['PORTAINER_URL'], 'https://192.0.2.10:9443');
});

test('services of Swarms are switched on outside', async () => {
  const { targets } = await load({ env: environment({ PORTAINER_SWARM: 'true', PORTAINER_SERVICES: 'all' }), adapters });
  const { swarm, services } = targets[0]?.options ?? {};
  assert.deepEqual([swarm, services], [true, 'all']);
});

test('what is passed on is known to us, to AWS, or names a proxy', async () => {
  const known = new Set(variables(adapters).map(({ name }) => name));
  const passed = courier.environment.filter(line => !line.includes('='));
  for (const name of passed) assert.ok(known.has(name) || /^AWS_|^(HTTPS|NO)_PROXY$/.test(name), name);
  const given = environment({
    PORTAINER_TLS_FINGERPRINT: Array(32).fill('AB').join(':'),
    ECR_COURIER_ROLE_ARN: 'arn:aws:iam::123456789012:role/pull',
  });
  const { targets, sources } = await load({ env: given, adapters });
  assert.match(JSON.stringify(targets[0]?.tls), /ab:?ab/i);
  assert.match(JSON.stringify(sources), /role\/pull/);
});

test('the container may do nothing that it does not need', () => {
  assert.equal(courier['read_only'], true);
  assert.deepEqual(courier['cap_drop'], ['ALL']);
  assert.deepEqual(courier['security_opt'], ['no-new-privileges:true']);
  assert.match(courier.user, /^[1-9]\d*:[1-9]\d*$/);
  assert.ok(readFileSync(join(root, 'Dockerfile'), 'utf8').includes(`\nUSER ${courier.user}\n`), 'the user is that of the image');
  assert.ok(!('ports' in courier), 'nothing is published');
  for (const key of ['privileged', 'cap_add', 'network_mode', 'pid', 'devices']) assert.ok(!(key in courier), key);
});

test('the key comes from a folder that is mounted to be read, not from a single file', () => {
  assert.deepEqual(courier.volumes, [`./secrets:${secretsFolder}:ro`]);
  assert.ok(!('secrets' in courier) && !('secrets' in compose));
});

/** Keys of the specification since 2020, so docker-compose 1.27 and everything later reads them. None is deprecated. */
const understood = {
  top: ['services', 'volumes'],
  service:
    'build cap_drop environment image mem_limit pids_limit ports read_only restart security_opt stop_grace_period tmpfs user volumes'.split(
      ' ',
    ),
};

test('docker-compose 1 and docker compose 2 understand every key, in the form that both do', () => {
  const { services, ...rest } = compose;
  assert.deepEqual(
    ['services', ...Object.keys(rest)].filter(key => !understood.top.includes(key)),
    [],
    '`version` is not among them: without it docker-compose 1 reads the specification, and with it docker compose 2 warns',
  );
  for (const [name, service] of Object.entries(services)) {
    for (const [key, value] of Object.entries(service)) {
      assert.ok(understood.service.includes(key), `${name}.${key}`);
      // Most keys also have a long form, which docker-compose 1 supports only in part.
      const entries: unknown[] = [value].flat();
      assert.ok(
        entries.every(entry => typeof entry !== 'object'),
        `${name}.${key} is in the short form`,
      );
    }
    // Some YAML parsers read a bare number as octal or in base 60.
    for (const port of [service['ports'] ?? []].flat()) assert.equal(typeof port, 'string', `${name}.ports`);
  }
});

test('the image is the one of this version, in every guide too', () => {
  assert.equal(courier.image, `ghcr.io/ecr-courier/ecr-courier:${version}`);
  const guides = readdirSync(join(root, 'docs')).filter(name => name.endsWith('.md'));
  const images = ['README.md', ...guides.map(name => `docs/${name}`)].flatMap(guide => {
    const named = [...readFileSync(join(root, guide), 'utf8').matchAll(/image: (\S+\/ecr-courier\S*)/g)];
    return named.map(([, image]) => ({ guide, image }));
  });
  assert.ok(images.length > 0);
  for (const { guide, image } of images) assert.equal(image, courier.image, guide);
});
