import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { channel } from '../../../adapters/kubernetes/channel.ts';
import { choose, explicitNames } from '../../../adapters/kubernetes/choice.ts';
import { annotationOf, contentOf } from '../../../adapters/kubernetes/content.ts';
import { readEntries, undecodable, writeEntries } from '../../../adapters/kubernetes/entries.ts';
import * as forms from '../../../adapters/kubernetes/forms.ts';
import { metaOf } from '../../../adapters/kubernetes/objects.ts';
import { ownWrites } from '../../../adapters/kubernetes/own-writes.ts';
import { conflictIn, standingOf } from '../../../adapters/kubernetes/owner.ts';
import { podIn } from '../../../adapters/kubernetes/pods.ts';
import type { TextForm } from '../../../src/contract/adapter.ts';
import { parseAddress } from '../../../src/contract/registry.ts';
import { createVirtualClock } from '../../fakes/clock.ts';
import { host, other } from '../rig.ts';
import { ours } from './rig.ts';

const base64 = (text: string): string => Buffer.from(text).toString('base64');
const meta = (name: string, annotations: object = {}, more: object = {}) =>
  metaOf({ metadata: { name, annotations, ...more } }) ?? assert.fail(name);

describe('a namespace', () => {
  const all = { namespaces: [], excludeNamespaces: [], optIn: false };
  const rows: readonly (readonly [
    what: string,
    namespace: ReturnType<typeof meta>,
    choice: typeof all | object,
    chosen: object | undefined,
  ])[] = [
    ['of any name', meta('a'), {}, {}],
    ['that is named', meta('a'), { namespaces: ['a'] }, {}],
    ['of a name that only begins so', meta('ab'), { namespaces: ['a'] }, undefined],
    ['by a pattern', meta('team-a'), { namespaces: ['team-*'] }, {}],
    ['by a pattern with a letter that does not matter', meta('team-a'), { namespaces: ['tea?-?'] }, {}],
    ['that lacks such a letter', meta('team-'), { namespaces: ['team-?'] }, undefined],
    ['that is taken away again', meta('team-a'), { namespaces: ['team-*', '!team-a'] }, undefined],
    ['that is excluded', meta('team-a'), { excludeNamespaces: ['*-a'] }, undefined],
    ['whose annotation says no', meta('a', { 'ecr-courier/enabled': ' False ' }), { namespaces: ['a'] }, undefined],
    ['that does not say yes where it must', meta('a'), { optIn: true }, undefined],
    ['that says yes where it must', meta('a', { 'ecr-courier/enabled': 'true' }), { optIn: true }, {}],
    ['that is being deleted', meta('a', {}, { deletionTimestamp: '2026-11-29T00:00:00Z' }), {}, undefined],
    ['that wishes for a source', meta('a', { 'ecr-courier/source': ' shop ' }), {}, { source: 'shop' }],
  ];
  for (const [what, namespace, choice, chosen] of rows)
    test(`${what} is ${chosen ? 'chosen' : 'left alone'}`, () => assert.deepEqual(choose(namespace, { ...all, ...choice }), chosen));

  test('can be served with rights of its own where all are named one by one', () => {
    assert.deepEqual(explicitNames({ ...all, namespaces: ['b', 'a', 'b'] }, undefined), ['a', 'b']);
    assert.deepEqual(explicitNames({ ...all, namespaces: ['a', '!b', 'c'], excludeNamespaces: ['c'] }, undefined), ['a']);
    for (const [choice, selector] of [
      [{ namespaces: ['a*'] }],
      [{ namespaces: ['a?'] }],
      [{}],
      [{ namespaces: ['!a'] }],
      [{ namespaces: ['a'], optIn: true }],
      [{ namespaces: ['a'] }, 'x=y'],
    ] as const)
      assert.equal(explicitNames({ ...all, ...choice }, selector), undefined);
  });
});

describe('an entry', () => {
  const rows: readonly (readonly [value: unknown, why: string | undefined])[] = [
    [{ auth: base64('AWS:x') }, undefined],
    [{ auth: base64('AWS:xy').replace(/=+$/, '') }, undefined],
    [{ auth: `${base64('AWS:x').slice(0, 4)}\n${base64('AWS:x').slice(4)}` }, undefined],
    [{ auth: '' }, undefined],
    [{}, undefined],
    [null, undefined],
    [{ username: 'a', password: 'b' }, undefined],
    [{ auth: base64('no colon') }, 'has an `auth` without a colon between user name and password'],
    [{ auth: 'a_-b' }, 'has an `auth` that is not base64'],
    [{ AUTH: '%' }, 'has an `auth` that is not base64'],
    [{ auth: 'QQ=' }, 'has an `auth` that is not base64'],
    [{ auth: 'Q' }, 'has an `auth` that is not base64'],
    [{ auth: 7 }, 'has a member `auth` that is not text'],
    [{ email: {} }, 'has a member `email` that is not text'],
    ['text', 'is not a map'],
    [[], 'is not a map'],
  ];
  for (const [value, why] of rows) test(`${JSON.stringify(value)} ${why ?? 'can be decoded'}`, () => assert.equal(undecodable(value), why));
});

test('a configuration is read and written without a change to what is not asked for', () => {
  const hub = `"https://index.docker.io/v1/": { "auth" : "${base64('a:b')}" }`;
  const text = `{"HttpHeaders":{"X":"1"},"auths":{${hub},"https://${host}/v1/":{"username":"AWS","password":"spelled"},"${host}":{"auth":"${base64('AWS:bare')}"},"${other}":{"auth":"%"}}}`;
  const reading = readEntries(text, [host, other], { replaced: new Set([host, other]) }) ?? assert.fail('it can be read');
  assert.deepEqual([...reading.logins], [[host, { username: 'AWS', password: 'bare' }]]);
  assert.deepEqual(
    [reading.spellings, reading.broken, reading.others, reading.beside],
    [[`https://${host}/v1/`], [], [hub], ['"HttpHeaders":{"X":"1"}']],
  );
  const unreplaced = readEntries(text, [host, other]);
  assert.deepEqual(unreplaced?.broken, [[other, 'has an `auth` that is not base64']], 'no other login comes in its place');
  assert.ok(unreplaced.others.includes(`"${other}":{"auth":"%"}`));
  const login = { username: 'AWS', password: 'new' };
  const written = writeEntries(new Map([[host, login]]), reading);
  assert.equal(
    written,
    `{"HttpHeaders":{"X":"1"},"auths":{"${host}":{"username":"AWS","password":"new","auth":"${base64('AWS:new')}"},${hub}}}`,
  );
  for (const nothing of ['', '[]', '{}', 'null', '{"auths":[]}', '{"auths":{}', '{"auths":null}'])
    assert.equal(readEntries(nothing, [host]), undefined, nothing);
});

test('what a Secret holds is written down so that the same is the same text, and anything else is nothing', () => {
  const one = { fingerprint: 'abcdef012345', expiresAt: new Date('2026-11-30T00:00:00Z') };
  const two = { fingerprint: '000000000000', expiresAt: new Date('2026-11-30T01:00:00Z') };
  const text = annotationOf({
    holds: new Map([
      [host, one],
      [other, two],
    ]),
    others: 0,
  });
  assert.equal(
    annotationOf({
      holds: new Map([
        [other, two],
        [host, one],
      ]),
      others: 0,
    }),
    text,
  );
  assert.deepEqual(contentOf(text), {
    holds: new Map([
      [host, one],
      [other, two],
    ]),
    others: 0,
  });
  assert.equal(contentOf(annotationOf({ holds: new Map(), others: 2 })).others, 2);
  for (const wrong of [
    '',
    'x',
    '7',
    'null',
    '[]',
    '{"holds":7}',
    `{"holds":{"${host}":{"fingerprint":"x","expiresAt":"2026"}}}`,
    `{"holds":{"${host}":{"fingerprint":"abcdef012345","expiresAt":"soon"}}}`,
  ])
    assert.deepEqual(contentOf(wrong), { holds: new Map(), others: 0 }, wrong);
});

test('whose a Secret is stands in its label, and whether somebody has changed it in the owners of its fields', () => {
  const fields = { 'f:data': { 'f:.dockerconfigjson': {} }, 'f:metadata': { 'f:annotations': { 'f:ecr-courier/content': {} } } };
  const by = (manager: string, operation = 'Apply', owned: object = fields) => ({ manager, operation, fieldsV1: owned });
  const { 'f:data': data } = fields;
  const rows = [
    [ours, [by('ecr-courier')], 'as-written'],
    [ours, [by('ecr-courier'), by('kubectl', 'Update', { 'f:metadata': { 'f:labels': {} } })], 'as-written'],
    [ours, [by('ecr-courier', 'Update')], 'edited'],
    [ours, [by('ecr-courier', 'Apply', { 'f:data': data })], 'edited'],
    [ours, [by('kubectl', 'Update')], 'edited'],
    [ours, [], 'edited'],
    [{}, [by('ecr-courier')], 'foreign'],
    [{ 'app.kubernetes.io/managed-by': 'Helm' }, [by('helm')], 'foreign'],
  ] as const;
  for (const [labels, managedFields, standing] of rows) assert.equal(standingOf({ labels, managedFields }, 'ecr-courier'), standing);
  const causes = [
    { reason: 'FieldManagerConflict', message: 'conflict with "kubectl-edit" using v1', field: '.data..dockerconfigjson' },
    { reason: 'FieldManagerConflict', message: 'conflict with "helm"', field: '.type' },
  ];
  assert.deepEqual(conflictIn({ details: { causes } }), {
    managers: ['kubectl-edit', 'helm'],
    fields: ['.data..dockerconfigjson', '.type'],
  });
  assert.equal(conflictIn({ details: {} }), undefined);
});

describe('the event of a write of ours', () => {
  const made = (version: string, uid = 'u1') => ({ version, uid });
  const begin = () => {
    let now = 0;
    const own = ownWrites(() => now);
    const told: string[] = [];
    own.overtaken = namespace => void told.push(namespace);
    const see = (namespace: string, version: string, type: 'MODIFIED' | 'DELETED' = 'MODIFIED', uid = 'u1') =>
      own.see(type, { namespace, version, uid });
    return { own, told, see, pass: (ms: number) => void (now += ms) };
  };
  test('is known after its answer, and before it', () => {
    const { own, see } = begin();
    own.begin('a')(made('5'));
    assert.deepEqual([see('a', '5'), see('a', '6')], ['own', 'news']);
    const ended = own.begin('a');
    assert.equal(see('a', '7'), 'unsure', 'nobody knows yet');
    ended(made('7'));
    assert.equal(see('a', '8'), 'news', 'nothing is waited for');
  });
  test('makes all before it the past', () => {
    const { own, see } = begin();
    own.begin('a')(made('5'));
    own.begin('a')(made('7'));
    assert.deepEqual(
      ['4', '5', '6', '7', '8'].map(version => see('a', version)),
      ['past', 'past', 'past', 'own', 'news'],
    );
  });
  test('that was another one is told of when ours is answered, and when it came to nothing', () => {
    const { own, see, told } = begin();
    for (const [seen, answer] of [
      [['5'], '5'],
      [['6', '7'], '6'],
      [['8'], undefined],
      [[], undefined],
    ] as const) {
      const ended = own.begin(seen.join('-'));
      for (const version of seen) assert.equal(see(seen.join('-'), version), 'unsure');
      ended(answer === undefined ? undefined : made(answer));
    }
    assert.deepEqual(told, ['6-7', '8']);
  });
  test('is not waited for without end, nor after a write without an answer, nor in another namespace', () => {
    const { own, see, pass } = begin();
    own.begin('a')(made('5'));
    assert.equal(see('b', '4'), 'news');
    pass(31_000);
    assert.equal(see('a', '4'), 'news');
    own.begin('a')(undefined);
    assert.equal(see('a', '6'), 'news');
  });
  test('that changed nothing does not come, so that the next one is told', () => {
    const { own, see, told } = begin();
    see('a', '5');
    own.begin('a')(made('5'));
    assert.equal(see('a', '6'), 'news');
    own.begin('a')(made('7'));
    own.begin('a')(made('7'));
    assert.deepEqual([see('a', '7'), see('a', '8')], ['own', 'news'], 'once for two answers');
    const ended = own.begin('a');
    assert.equal(see('a', '9', 'DELETED'), 'unsure');
    ended(made('8'));
    assert.deepEqual([told, see('a', '10')], [['a'], 'news'], 'it was deleted after the apply');
  });
  test('does not come after a look, which has what was written before it', () => {
    const { own, see, told } = begin();
    own.begin('a')(made('5'));
    own.begin('b')(made('6'));
    const ended = own.begin('c');
    own.looked(new Map([['a', { version: '5' }]]));
    ended(made('7'));
    assert.deepEqual([see('a', '8'), see('b', '9', 'DELETED'), see('c', '10')], ['news', 'news', 'news']);
    own.begin('a')(made('8'));
    assert.deepEqual([told, see('a', '11')], [[], 'news']);
    const begun = own.begin('d');
    own.looked(new Map([['d', { version: '12' }]]));
    see('d', '13');
    begun(made('12'));
    assert.deepEqual(told, ['d']);
  });
  test('is not that of a deletion: that of what we wrote is news, that of a former Secret the past', () => {
    const { own, see } = begin();
    own.begin('a')(made('5'));
    assert.deepEqual([see('a', '6', 'DELETED'), see('a', '7')], ['news', 'news']);
    own.begin('a')(made('9', 'u2'));
    assert.deepEqual([see('a', '8', 'DELETED'), see('a', '9'), see('a', '10', 'DELETED', 'u2')], ['past', 'own', 'news']);
  });
});

test('a channel hands on what was put in before it ended, and how it ended', async () => {
  const one = channel<number>();
  one.put(1);
  one.put(2);
  one.end();
  one.fail(new Error('too late'));
  const all = async (items: AsyncIterable<number>): Promise<number[]> => {
    const taken: number[] = [];
    for await (const item of items) taken.push(item);
    return taken;
  };
  assert.deepEqual(await all(one), [1, 2]);
  const two = channel<number>();
  const taken = all(two);
  two.put(1);
  two.fail(new Error('as ordered'));
  await assert.rejects(taken, /as ordered/);
});

describe('what becomes part of a request', () => {
  const fits = ({ pattern, most }: TextForm, text: string): boolean => text.length <= most && new RegExp(pattern).test(text);
  const [long, longer] = ['x'.repeat(63), 'x'.repeat(64)];
  // As kube-apiserver 1.36.3 decides, except that the forms also refuse `team in ()` and a manager with blanks at its
  // ends.
  const cases: readonly (readonly [name: string, form: TextForm, good: readonly string[], bad: readonly string[]])[] = [
    [
      'objectName',
      forms.objectName,
      ['ecr-courier', 'a.b', '1', 'x'.repeat(253)],
      ['', 'Bad_Name', 'a..b', '-a', 'a-', 'a.-b', 'x'.repeat(254), 'a/b'],
    ],
    [
      'signedNamespacePattern',
      forms.signedNamespacePattern,
      ['team-*', '!team-b', '*', 'a', 'team-?', `!${long}`],
      ['', '!', 'Team', 'a.b', 'a/b', '!!a', '-a', 'team_*'],
    ],
    ['namespacePattern', forms.namespacePattern, ['kube-*', 'default'], ['!kube', 'Kube-*', longer]],
    ['accountPattern', forms.accountPattern, ['default', '*', 'a.b', 'build-*'], ['', 'Default', 'a_b', '!a']],
    ['managerName', forms.managerName, ['ecr-courier', 'a b', 'x'.repeat(128)], ['', ' ', 'a\tb', 'x'.repeat(129)]],
    [
      'labelSelector',
      forms.labelSelector,
      [
        'team=a',
        'team==a',
        'team!=a',
        'team',
        '!team',
        '! team',
        ' team = a ',
        'team in (a,b)',
        'team in (a, b)',
        'team  in( a )',
        'team in(a)',
        'team in (a,)',
        'team notin (a),env',
        'a/b=c',
        'a.b/c=d',
        'x>1',
        'x > 1',
        'team=',
        'team!=',
        'a_b=c.d',
        'in in (in)',
        'in',
        'notin=x',
        long,
      ],
      [
        '',
        ',',
        'A/b=c',
        'a..b/c',
        'x<-1',
        'x>a',
        'team=a b',
        '=a',
        'team=a,',
        'team,,env',
        'team=a;b',
        'team in a',
        '-a=b',
        'a_=b',
        'team=%',
        'team=a=b',
        'a/b/c=d',
        'team in (a b)',
        longer,
        `x=${longer}`,
        'exists (a)',
        'team NOTIN (a)',
        'team in ()',
      ],
    ],
  ];
  for (const [name, form, good, bad] of cases)
    test(name, () => {
      assert.deepEqual([good.filter(text => !fits(form, text)), bad.filter(text => fits(form, text))], [[], []]);
    });
});

test('a pod uses the registries from which its images are pulled', () => {
  const means = {
    registry: (address: string) => parseAddress(address),
    hasSource: () => true,
    finding: () => assert.fail(),
    wanted: [],
    clock: createVirtualClock(),
  };
  const hosts = (image: string) => podIn({ metadata: { name: 'p', namespace: 'n' }, spec: { containers: [{ image }] } }, means)?.hosts;
  assert.deepEqual(hosts(`${host}/app:1`), [host]);
  for (const elsewhere of [host, `${host}:1`, `${host}:8443/app:1`]) assert.equal(hosts(elsewhere), undefined, elsewhere);
});
