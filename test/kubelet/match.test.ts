import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseGoDuration } from '../../src/kubelet/duration.ts';
import { matchImage } from '../../src/kubelet/match.ts';
import { verdictsOn } from '../../src/kubelet/patterns.ts';
import { host, matchingNothing, stopping } from './forms.ts';

test('an image is one of a pattern as the kubelet decides', () => {
  const yes: readonly (readonly [pattern: string, image: string])[] = [
    [host, `${host}/app`],
    [`${host}/te`, `${host}/team/app`],
    [`${host}/`, `${host}/team/app`],
    [`${host}:443`, `${host}:443/app`],
    ['*.dkr.ecr.*.amazonaws.com', `${host}/app`],
    ['1234*.dkr.ecr.eu-*-1.amazonaws.com', `${host}/app`],
    ['app*.k8s.io', 'app1.k8s.io/x'],
    ['docker.io', 'docker.io/library/nginx'],
  ];
  const no: readonly (readonly [pattern: string, image: string, why: RegExp])[] = [
    [host, `${host}:443/app`, /port is none/],
    [`${host}:443`, `${host}/app`, /port is 443/],
    ['*.io', 'a.k8s.io/x', /2 parts.*3/],
    [`${host}/app`, `${host}/ap`, /path/],
    ['*.dkr.ecr.*.amazonaws.com', '123456789012.dkr.ecr-fips.us-east-1.amazonaws.com/a', /ecr does not match ecr-fips/],
    ['*.dkr.ecr.*.amazonaws.com', '123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn/a', /6 parts.*7/],
    [`${host}/team/*`, `${host}/team/app`, /path/],
    [host.toUpperCase(), `${host}/app`, /does not match/],
    ['docker.io', 'nginx', /parts/],
  ];
  for (const [pattern, image] of yes) assert.deepEqual(matchImage(pattern, image), { matches: true }, pattern);
  for (const [pattern, image, why] of no) {
    const match = matchImage(pattern, image);
    assert.match(match.matches ? 'it matches' : match.why, why, `${pattern} for ${image}`);
  }
});

test('what loads and never matches, and what stops the kubelet', () => {
  const levels = (pattern: string): string[] => verdictsOn(pattern).map(({ level }) => level);
  for (const pattern of [
    host,
    '*.dkr.ecr.*.amazonaws.com',
    '*.dkr-ecr-fips.*.on.aws',
    'public.ecr.aws',
    '*.gcr.io',
    'registry.k8s.io',
    `${host}/`,
    '12345*.dkr.ecr.*.*.*',
  ])
    assert.deepEqual(levels(pattern), [], pattern);
  for (const pattern of matchingNothing) assert.deepEqual(levels(pattern), ['never'], pattern);
  for (const pattern of stopping) assert.deepEqual(levels(pattern), ['stops'], pattern);
  assert.match(verdictsOn(`${host}/te`)[0]?.text ?? '', /te-other/);
});

test('durations of Go, in milliseconds', () => {
  const known = {
    '0': 0,
    '0s': 0,
    '12h': 43_200_000,
    '1h30m': 5_400_000,
    '1.5s': 1500,
    '.5s': 500,
    '-1s': -1000,
    '+2ms': 2,
    '1us': 0.001,
    '1µs': 0.001,
  };
  for (const [text, ms] of Object.entries(known)) assert.equal(parseGoDuration(text), ms, text);
  for (const text of ['', '12', '1d', '1 h', 's', '1', '-', '1h ', '9999999h', '1e3s', '.s'])
    assert.equal(parseGoDuration(text), undefined, text);
});
