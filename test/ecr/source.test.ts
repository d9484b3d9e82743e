import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clock } from '../../src/contract/clock.ts';
import { parseAddress, type Registry } from '../../src/contract/registry.ts';
import { Secret } from '../../src/contract/secret.ts';
import { choiceOf } from '../../src/ecr/sources/choice.ts';
import { reasonsFor } from '../../src/ecr/sources/reasons.ts';
import { makeSources, type SourceSpec } from '../../src/ecr/sources/source.ts';
import { openOnce } from '../../src/io/once.ts';

const deps = { once: openOnce({ env: {} }), clock, env: {} };
function registry(host: string): Registry {
  const found = parseAddress(host)?.registry;
  assert.ok(found, host);
  return found;
}
const anywhere = { target: 'portainer', id: 'row/7' };
const inIreland = registry('111111111111.dkr.ecr.eu-west-1.amazonaws.com');
const inPublic = registry('public.ecr.aws');
const inVirginia = registry('222222222222.dkr.ecr.us-east-1.amazonaws.com');

const choices: readonly [name: string, specs: SourceSpec[], registry: Registry, wish: string | undefined, expected: string | undefined][] =
  [
    ['without a spec there is default', [], inIreland, undefined, 'default'],
    [
      'by account',
      [
        { name: 'a', accounts: ['111111111111'] },
        { name: 'b', accounts: ['222222222222'] },
      ],
      inVirginia,
      undefined,
      'b',
    ],
    [
      'file order decides',
      [
        { name: 'a', registries: ['*'] },
        { name: 'b', accounts: ['111111111111'] },
      ],
      inIreland,
      undefined,
      'a',
    ],
    ['by glob of the host', [{ name: 'a', registries: ['*.us-*.amazonaws.com'] }], inVirginia, undefined, 'a'],
    ['a glob is not a regular expression', [{ name: 'a', registries: ['.*'] }], inVirginia, undefined, 'default'],
    ['? is one character', [{ name: 'a', registries: ['22222222222?.dkr.ecr.*'] }], inVirginia, undefined, 'a'],
    [
      'accounts and registries must both match',
      [{ name: 'a', accounts: ['222222222222'], registries: ['*eu-west-1*'] }],
      inVirginia,
      undefined,
      'default',
    ],
    [
      'what nobody takes goes to default, wherever it stands',
      [
        { name: 'default', profile: 'x' },
        { name: 'a', accounts: ['111111111111'] },
      ],
      inVirginia,
      undefined,
      'default',
    ],
    [
      'a source without patterns is the default if none has the name',
      [{ name: 'only', roleArn: 'arn:aws:iam::1:role/r' }],
      inVirginia,
      undefined,
      'only',
    ],
    ['a source for wishes only is never the default', [{ name: 'a', slots: ['*'] }], inVirginia, undefined, 'default'],
    ['a wish is granted where the slots say so', [{ name: 'a', slots: ['portainer/*'] }], inVirginia, 'a', 'a'],
    ['a wish is not granted elsewhere', [{ name: 'a', slots: ['harbor/*'] }], inVirginia, 'a', 'default'],
    ['a wish is not granted without slots', [{ name: 'a', accounts: ['111111111111'] }], inVirginia, 'a', 'default'],
    ['a wish does not widen the patterns', [{ name: 'a', accounts: ['111111111111'], slots: ['*'] }], inVirginia, 'a', 'default'],
    [
      'what matches serves the slots that it names',
      [{ name: 'a', accounts: ['222222222222'], slots: ['portainer/row/*'] }],
      inVirginia,
      undefined,
      'a',
    ],
    [
      'and no other slot, whatever matches',
      [{ name: 'a', accounts: ['222222222222'], registries: ['*'], slots: ['harbor/*'] }],
      inVirginia,
      undefined,
      'default',
    ],
    [
      'nor is it in the way of one that stands behind it',
      [
        { name: 'a', accounts: ['222222222222'], slots: ['harbor/*'] },
        { name: 'b', accounts: ['222222222222'] },
      ],
      inVirginia,
      undefined,
      'b',
    ],
    ['a default with slots serves no others', [{ name: 'default', slots: ['harbor/*'] }], inVirginia, undefined, undefined],
    ['a default with slots serves those', [{ name: 'default', slots: ['portainer/*'] }], inVirginia, undefined, 'default'],
    [
      'ECR Public, too, only in its slots',
      [{ name: 'a', service: 'ecr-public', registries: ['*'], slots: ['harbor/*'] }],
      inPublic,
      undefined,
      undefined,
    ],
    ['a default with accounts serves no others', [{ name: 'default', accounts: ['111111111111'] }], inVirginia, undefined, undefined],
    ['empty lists exclude nothing', [{ name: 'only', accounts: [], registries: [], slots: [] }], inVirginia, undefined, 'only'],
    ['ECR Public is served by nobody unless somebody says so', [{ name: 'a', registries: ['*'] }], inPublic, undefined, undefined],
    ['ECR Public by a source for it', [{ name: 'default' }, { name: 'a', service: 'ecr-public' }], inPublic, undefined, 'a'],
    ['ECR Public by its other name', [{ name: 'a', service: 'ecr-public' }], registry('ecr-public.aws.com'), undefined, 'a'],
    [
      'ECR Public by a glob of the host',
      [
        { name: 'a', service: 'ecr-public', registries: ['ecr-public.*'] },
        { name: 'b', service: 'ecr-public' },
      ],
      inPublic,
      undefined,
      'b',
    ],
    ['a source for ECR Public serves nothing else', [{ name: 'a', service: 'ecr-public' }], inIreland, undefined, 'default'],
  ];
for (const [name, specs, wanted, source, expected] of choices) {
  test(`choose: ${name}`, () => assert.equal(makeSources(specs, deps).choose(wanted, { ...anywhere, source })?.name, expected));
}

test('whoever asks without a slot is kept from no source by its slots', () => {
  const { choose } = makeSources([{ name: 'a', accounts: ['222222222222'], slots: ['harbor/*'] }], deps);
  assert.equal(choose(inVirginia)?.name, 'a');
  assert.equal(choose(inVirginia, anywhere)?.name, 'default');
});

test('the sources that only their slots keep from a slot are those that match, and the one that is wished for', () => {
  const slots = ['harbor/*'];
  const specs: SourceSpec[] = [
    { name: 'default', slots },
    { name: 'matches', accounts: ['222222222222'], slots },
    { name: 'does not match', accounts: ['111111111111'], slots },
    { name: 'wished', slots },
    { name: 'not wished', slots },
    { name: 'public', service: 'ecr-public', registries: ['*'], slots },
    { name: 'everywhere', registries: ['*.us-*'] },
  ];
  const { withheld } = makeSources(specs, deps);
  assert.deepEqual(withheld?.(inVirginia, { ...anywhere, source: 'wished' }), ['default', 'matches', 'wished']);
  assert.deepEqual(withheld?.(inPublic, anywhere), ['public']);
  assert.deepEqual(withheld?.(inVirginia, { target: 'harbor', id: '7' }), []);
});

test('why a source is chosen, or is not, says where slots limit it', () => {
  const specs: SourceSpec[] = [
    { name: 'team', accounts: ['222222222222'], slots: ['kubernetes/team-*', 'harbor/*'] },
    { name: 'late', registries: ['*'] },
    { name: 'default' },
  ];
  assert.deepEqual(
    reasonsFor(inVirginia, choiceOf(specs)).map(({ source, why }) => `${source}: ${why}`),
    [
      'team: its accounts have 222222222222; of the slots of the daemon it serves only kubernetes/team-*, harbor/*',
      'late: it matches as well, and team, in its `slots` alone, stands before it',
      'default: it takes what team, in its `slots` alone, does not',
    ],
  );
});

test('all lists every source once, default included when it is the last resort', () => {
  assert.deepEqual(
    makeSources([{ name: 'a', accounts: ['1'] }], deps).all.map(({ name }) => name),
    ['a', 'default'],
  );
  assert.deepEqual(
    makeSources([{ name: 'default' }], deps).all.map(({ name }) => name),
    ['default'],
  );
});

const scopeOf = (spec: Omit<SourceSpec, 'name'>, host: string, name = 'a', env: NodeJS.ProcessEnv = {}): string => {
  const [source] = makeSources([{ name, ...spec }], { ...deps, env }).all;
  assert.ok(source);
  return source.scope(registry(host));
};
const plain = '111111111111.dkr.ecr.us-east-1.amazonaws.com';

test('one key serves every account of a region', () => {
  assert.equal(scopeOf({}, plain), scopeOf({}, '222222222222.dkr.ecr.us-east-1.amazonaws.com'));
});

test('the key tells regions, endpoint variants, sources and identities apart', () => {
  const keys = [
    scopeOf({}, plain),
    scopeOf({}, '111111111111.dkr.ecr.eu-west-1.amazonaws.com'),
    scopeOf({}, '111111111111.dkr.ecr-fips.us-east-1.amazonaws.com'),
    scopeOf({}, '111111111111.dkr-ecr.us-east-1.on.aws'),
    scopeOf({}, '111111111111.dkr-ecr-fips.us-east-1.on.aws'),
    scopeOf({}, plain, 'b'),
    scopeOf({ profile: 'p' }, plain),
    scopeOf({ roleArn: 'arn:aws:iam::1:role/r' }, plain),
    scopeOf({ roleArn: 'arn:aws:iam::1:role/r', externalId: 'x' }, plain),
    scopeOf({ roleArn: 'arn:aws:iam::1:role/r', externalId: new Secret('another-id') }, plain),
    scopeOf({ roleArn: 'arn:aws:iam::1:role/r', externalId: new Secret('a-third-id') }, plain),
    scopeOf({ roles: [{ roleArn: 'arn:aws:iam::2:role/hop' }], roleArn: 'arn:aws:iam::1:role/r' }, plain),
    scopeOf({ endpoint: 'https://vpce.test' }, plain),
  ];
  assert.equal(new Set(keys).size, keys.length);
  for (const key of keys) assert.doesNotMatch(key, /another-id/);
});

test('spellings share a key where an override decides the endpoint', () => {
  const fips = '111111111111.dkr.ecr-fips.us-east-1.amazonaws.com';
  assert.equal(scopeOf({ endpoint: 'https://vpce.test' }, plain), scopeOf({ endpoint: 'https://vpce.test' }, fips));
  const env = { AWS_ENDPOINT_URL_ECR: 'http://127.0.0.1:1' };
  assert.equal(scopeOf({}, plain, 'a', env), scopeOf({}, fips, 'a', env));
});

test('a FIPS name beside an address that is set: a sentence names both, wherever it is set', () => {
  const remark = (spec: Omit<SourceSpec, 'name'>, host: string, env: NodeJS.ProcessEnv = {}) =>
    makeSources([{ name: 'a', ...spec }], { ...deps, env }).all[0]?.remarkOn?.(registry(host));
  const fips = '111111111111.dkr.ecr-fips.us-east-1.amazonaws.com';
  assert.match(
    remark({ endpoint: 'https://vpce.test' }, fips) ?? '',
    new RegExp(`^${fips} asks for the FIPS ECR address.*endpoint of the source`),
  );
  assert.match(remark({}, fips, { AWS_ENDPOINT_URL: 'https://vpce.test' }) ?? '', /and AWS_ENDPOINT_URL sets an address/);
  for (const said of [remark({}, fips), remark({ endpoint: 'https://vpce.test' }, plain)]) assert.equal(said, undefined);
});
