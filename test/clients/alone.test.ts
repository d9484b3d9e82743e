import assert from 'node:assert/strict';
import { test } from 'node:test';
import { diagnose } from '../../src/clients/diagnosis.ts';
import type { Sent } from '../../src/clients/entry.ts';
import type { Outcome } from '../../src/clients/helpers.ts';
import { predict } from '../../src/clients/predict.ts';
import { type ClientId, clients } from '../../src/clients/rules.ts';
import { a, au, G, H } from './forms/words.ts';
import { image } from './measured.ts';

/** The outcomes of helpers in forms that were recorded with some clients only, in November 2026. */
const outcomes: Readonly<Record<string, Outcome>> = { help: 'login', other: 'login', none: 'notFound', fail: 'failing', lists: 'login' };

function predicted(id: ClientId, text: string): string {
  const listed = (program: string): boolean => program.startsWith('lists');
  const helper = (program: string): Outcome => outcomes[program] ?? (program === 'listsAndFails' ? 'failing' : 'missing');
  const [sent] = predict(clients[id], { text, image, helper, listed });
  return sent ? inShort(sent) : '-';
}

function inShort(sent: Sent): string {
  if (sent.kind === 'login') return `${sent.plainHttp ? 'http:' : ''}${sent.password}`;
  if (sent.kind === 'helper') return `${sent.plainHttp ? 'http:' : ''}${sent.program}`;
  return { token: 'token', nothing: '-', 'empty login': ':', undecoded: 'undecoded', fails: 'FAIL', 'not predicted': '?' }[sent.kind];
}

const A = `"${H}":${a('A')}`;
const spelled = `"https://${H}":${a('A')}`;
const file = (auths: string, credHelpers: string, store?: string): string =>
  `{"auths":{${auths}},"credHelpers":{${credHelpers}}${store === undefined ? '' : `,"credsStore":"${store}"`}}`;

test('regctl merges entries, helpers and what a store lists, as regctl 0.11.7 did', () => {
  const rows: readonly (readonly [text: string, seen: string])[] = [
    [file(A, `"https://${H}":"help"`), 'help'],
    [file(spelled, `"${H}":"help"`), 'help'],
    ...['none', 'fail', 'gone', ''].flatMap((program): (readonly [string, string])[] => [
      [file(A, `"https://${H}":"${program}"`), '-'],
      [file(spelled, `"${H}":"${program}"`), '-'],
      [file(A, `"${H}":"${program}"`), 'A'],
      [file(A, `"${H}":"other","https://${H}":"${program}"`), '-'],
      [file(`"${H}":{}`, `"https://${H}":"${program}"`), '-'],
      [file(A, `"${H}":"${program}"`, 'lists'), 'lists'],
      [file(A, `"${H}":"${program}"`, 'listsAndFails'), 'A'],
    ]),
    [file(A, `"${H}":"help"`, 'lists'), 'lists'],
    [file(A, `"${H}":"help"`, 'listsAndFails'), 'A'],
    [file(A, `"${H}":"other","https://${H}":"help"`), 'help'],
    [file(A, '', 'gone'), 'A'],
    [file('', '', 'listsAndFails'), '-'],
    [file(A, `"http://${H}":"help"`), 'http:help'],
    [file(`"http://${H}":${a('A')}`, `"${H}":"help"`), 'help'],
    [file(`"${H}":{"auth":"!!!"}`, `"${H}":"help"`), '-'],
  ];
  for (const [text, seen] of rows) assert.equal(predicted('regctl', text), seen, text.replaceAll(H, 'H'));
});

test('regctl merges DOCKER_AUTH_CONFIG after the file, as regctl 0.11.7 did', () => {
  const [entry, other, help] = [file(A, ''), au(`"${H}":${a('B')}`), file('', `"${H}":"help"`)];
  const rows: readonly (readonly [docker: string, variable: string, does: RegExp])[] = [
    [entry, help, /^asks docker-credential-help$/],
    [entry, file('', `"${H}":"gone"`), /^sends no login: docker-credential-gone is not on PATH/],
    [entry, other, /^sends the entry \S+ of DOCKER_AUTH_CONFIG$/],
    [help, other, /^sends the entry \S+ of DOCKER_AUTH_CONFIG$/],
    [file('', '', 'ecr-courier'), other, /^sends the entry \S+ of DOCKER_AUTH_CONFIG$/],
    [entry, file('', '', 'ecr-courier'), /^asks docker-credential-ecr-courier, its credsStore$/],
    [entry, '{}', /^sends the entry \S+$/],
    [entry, '{', /^sends no login/],
    ['{', other, /^sends no login/],
  ];
  const onPath = (program: string): boolean => ['help', 'ecr-courier'].includes(program);
  const none = { text: undefined };
  const nowhere = { places: { podman: [], skopeo: [], 'docker-py': [] }, crane: undefined, dockercfg: none };
  const isListed = (host: string): boolean => host === H;
  for (const [docker, variable, does] of rows) {
    const told = diagnose(image, { ...nowhere, docker: { text: docker }, variable, onPath, isListed, now: 0 }).find(
      ({ client }) => client === 'regctl',
    );
    assert.match(told?.does ?? '', does, `${docker} ${variable}`.replaceAll(H, 'H'));
  }
});

test('docker-py takes NaN and Infinity for numbers, as docker-py 7.2.0 did; nobody else does', () => {
  const rows: readonly (readonly [text: string, seen: string])[] = [
    [`{"auths":{${G}},"x":NaN}`, 'good'],
    [`{"auths":{${G}},"x":[Infinity,-Infinity]}`, 'good'],
    [`{"auths":{"${H}":{"auth":"QVdTOmdvb2Q=","email":NaN}}}`, 'good'],
    [`{"auths":{${G}},"credHelpers":{"o":NaN}}`, 'good'],
    [`{"auths":{${G}},"x":"NaN"}`, 'good'],
    ['{"auths":NaN}', 'FAIL'],
    ['NaN', 'FAIL'],
    [`{"auths":{"${H}":NaN}}`, 'FAIL'],
    [`{"auths":{"${H}":{"auth":NaN}}}`, 'FAIL'],
    [`{"auths":{${G},"o":{"auth":NaN}}}`, 'FAIL'],
    [`{"auths":{${G}},"credsStore":NaN}`, 'FAIL'],
    [`{"auths":{${G}},"credHelpers":NaN}`, 'FAIL'],
    [`{"auths":{${G}},"credHelpers":{"${H}":NaN}}`, 'FAIL'],
    ['{"x":NaN}', '-'],
    [`{"auths":{${G}},"x":nan}`, '-'],
    [`{"auths":{${G}},"x":-NaN}`, '-'],
    [`{"auths":{${G}},"x":+Infinity}`, '-'],
  ];
  for (const [text, seen] of rows) assert.equal(predicted('dockerpy', text), seen, text.replaceAll(H, 'H'));
  for (const id of Object.keys(clients) as ClientId[])
    if (id !== 'dockerpy') assert.notEqual(predicted(id, `{"auths":{${G}},"x":NaN}`), 'good', id);
});

test('deep nesting is read as far as it was seen to be, and not predicted where that depends on more than the file', () => {
  const nested = (depth: number): string => `{"auths":{${G}},"x":${'['.repeat(depth - 1)}${']'.repeat(depth - 1)}}`;
  const seen: readonly (readonly [id: ClientId, depth: number, what: string])[] = [
    ['regctl', 10_000, 'good'],
    ['regctl', 10_001, '-'],
    ['oras', 10_000, 'good'],
    ['oras', 10_001, 'FAIL'],
    ['skopeo19', 10_000, 'good'],
    ['skopeo19', 10_001, 'FAIL'],
    ['rust', 100_000, 'good'],
    ['tcnode', 100_000, 'good'],
    ['dockerpy', 500, 'good'],
    ['dockerpy', 1000, '?'],
    ['djava', 1000, 'good'],
    ['djava', 1001, '?'],
  ];
  for (const [id, depth, what] of seen) assert.equal(predicted(id, nested(depth)), what, `${id} at ${depth}`);
  assert.equal(predicted('regctl', `${au(G)} ${nested(20_000)}`), 'good', 'what stands behind is not read');
});
