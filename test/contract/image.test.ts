import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readImage, registryOfImage } from '../../src/contract/image.ts';
import { parseAddress } from '../../src/contract/registry.ts';

const host = '123456789012.dkr.ecr.eu-west-1.amazonaws.com';
const digest = `sha256:${'a'.repeat(64)}`;

/** A spelling, with the repository, reference and port that it is parsed to. */
const spellings: readonly (readonly [string, string, string, number?])[] = [
  [`${host}/app`, 'app', 'latest'],
  [`${host}/team/app:1.2`, 'team/app', '1.2'],
  [`${host}/team/app@${digest}`, 'team/app', digest],
  [`${host}/team/app:1.2@${digest}`, 'team/app', digest],
  [`${host}:443/team/app:1`, 'team/app', '1'],
  [`${host}:8443/team/app:1`, 'team/app', '1', 8443],
  [`https://${host}/team/app`, 'team/app', 'latest'],
  [`docker://${host}/team/app`, 'team/app', 'latest'],
  [`https://${host}/v2/team/app/manifests/1.2`, 'team/app', '1.2'],
  [`https://${host}/v2/team/app/manifests/${digest}?ns=docker.io`, 'team/app', digest],
  [`https://${host}/v2/team/app/tags/list?n=1000`, 'team/app', 'latest'],
  [`${host}/v2/team/app:1`, 'v2/team/app', '1'],
  [` ${host.toUpperCase()}/team/app:V1\n`, 'team/app', 'V1'],
  [`${host}/a__b/c--d/e.f_g-h:_x`, 'a__b/c--d/e.f_g-h', '_x'],
];
for (const [text, repository, reference, port] of spellings) {
  test(`an image is read from ${text.trim()}`, () => {
    const image = readImage(text);
    assert.ok('registry' in image, JSON.stringify(image));
    assert.deepEqual([image.registry.host, image.repository, image.reference, image.port], [host, repository, reference, port]);
  });
}

test('upper case in the host is remarked: logins are kept by its spelling', () => {
  const image = readImage(`${host.toUpperCase()}/app`);
  assert.ok('registry' in image);
  assert.match(image.remark ?? '', /^Clients look for a login under the host as it is spelled, .*AMAZONAWS\.COM: write 1234/);
});

test('an alias is read as the registry behind it', () => {
  const image = readImage('registry.example/app', new Map([['registry.example', host]]));
  assert.ok('registry' in image);
  assert.deepEqual([image.registry.host, image.registry.account], ['registry.example', '123456789012']);
});

/** Texts that are not ECR images, and what is said of them. */
const wrong: readonly (readonly [string, RegExp])[] = [
  ['nginx', /^nginx is an image of Docker Hub, and not of ECR/],
  ['library/nginx:1', /Docker Hub/],
  ['ghcr.io/team/app', /^ghcr\.io is not an ECR registry: ACCOUNT\.dkr/],
  ['localhost:5000/app', /^localhost:5000 is not an ECR registry/],
  [host, /is a registry, and no image in it: write 1234.*\/REPOSITORY$/],
  [`${host}/`, /no image in it/],
  [`https://${host}/v2/`, /no image in it/],
  [`https://${host}/v2/team/app/blobs/${digest}`, /is the address of a layer, and of no image: write 1234\S+\/team\/app:TAG$/],
  [`${host}/Team/App`, /upper case, which no registry takes: team\/app/],
  [`${host}/team//app`, /no valid name of a repository/],
  [`${host}/../v2/app`, /no valid name of a repository/],
  [`${host}/app:`, /no valid tag/],
  [`${host}/app:a b`, /no valid tag/],
  [`${host}/app@sha256:xyz`, /no valid digest/],
  [`${host}/app@${digest}@${digest}`, /two digests/],
  [`${host}/app?x=y`, /no valid name of a repository/],
  [
    'arn:aws:ecr:eu-west-1:123456789012:repository/team/app',
    /is an ARN: write 123456789012\.dkr\.ecr\.eu-west-1\.amazonaws\.com\/team\/app$/,
  ],
  ['1234.dkr.ecr.eu-west-1.amazonaws.com/app', /looks like an ECR registry and is not one/],
  ['', /not a name of an image/],
  [`${host}/${'a/'.repeat(600)}a`, /not a name of an image/],
];
for (const [text, words] of wrong) {
  test(`no image: ${text.slice(0, 80)}`, () => {
    const image = readImage(text);
    assert.ok('wrong' in image, JSON.stringify(image));
    assert.match(image.wrong, words);
  });
}

test('a password in the place of a host is not repeated', () => {
  for (const text of [`AWS:hunter2@${host}/app`, `https://AWS:hunter2@${host}/app`, `AWS:hun/ter2@${host}/app`]) {
    const image = readImage(text);
    assert.ok('wrong' in image);
    assert.doesNotMatch(image.wrong, /hunter2|ter2/, text);
  }
});

/** The image of a container, and where an engine pulls it from; `registry` and `mirror.example` are aliases. */
const pulled: readonly (readonly [string, 'ecr' | 'elsewhere'])[] = [
  [`${host}/app`, 'ecr'],
  [`${host}/team/app:1@${digest}`, 'ecr'],
  [`${host.toUpperCase()}/app`, 'ecr'],
  [`${host}:443/app`, 'ecr'],
  ['mirror.example/app', 'ecr'],
  ['registry:443/app', 'ecr'],
  [host, 'elsewhere'],
  [`${host}:1`, 'elsewhere'],
  [`${host}:443`, 'elsewhere'],
  [`${host}@${digest}`, 'elsewhere'],
  [`${host}:8443/app`, 'elsewhere'],
  ['mirror.example:5000/app', 'elsewhere'],
  ['mirror.example', 'elsewhere'],
  ['registry/app', 'elsewhere'],
  [`docker.io/${host}/app`, 'elsewhere'],
  [`${host}.evil.test/app`, 'elsewhere'],
  [`${host}?.evil.test/app`, 'elsewhere'],
  [`${host}#.evil.test/app`, 'elsewhere'],
  [`https://${host}/app`, 'elsewhere'],
  [` ${host}/app`, 'elsewhere'],
  ['app', 'elsewhere'],
  ['', 'elsewhere'],
];
for (const [image, from] of pulled) {
  test(`an engine pulls ${JSON.stringify(image.slice(0, 80))} from ${from}`, () => {
    const aliases = new Map(['registry', 'mirror.example'].map(name => [name, host]));
    const registry = registryOfImage(image, address => parseAddress(address, aliases));
    assert.equal(registry ? 'ecr' : 'elsewhere', from);
  });
}
