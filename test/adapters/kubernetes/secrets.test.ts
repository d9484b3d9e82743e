import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createVirtualClock } from '../../fakes/clock.ts';
import type { Rule } from '../../fakes/kubernetes/access.ts';
import type { KubeObject } from '../../fakes/kubernetes/objects.ts';
import { leastRules } from '../../fakes/kubernetes.ts';
import { absent, codesOf, failing, given, host, linesOf, only, other } from '../rig.ts';
import { authsOf, isWrite, made, ours, rig, secretName, seed } from './rig.ts';

const login = (password: string) => ({ username: 'AWS', password, auth: Buffer.from(`AWS:${password}`).toString('base64') });
const labelled = (namespace: string) => ({ metadata: { name: secretName, namespace, labels: ours } });
const hub = 'https://index.docker.io/v1/';
const teams = { namespaces: ['team-a'] };
/** An ECR token with a readable expiration. */
const theirs = Buffer.from(JSON.stringify({ payload: 'p', expiration: 1_800_000_000 })).toString('base64');

test('a Secret is made with one request, holds exactly one entry for each bare host, and says what it holds', async () => {
  await using t = await rig({}, { wanted: [host, other], cluster: teams });
  const { slots } = await t.discover();
  const credentials = given([host, other], 'fresh');
  assert.equal((await t.deliver(only(slots), credentials)).change, 'created');
  const write = `PATCH /api/v1/namespaces/team-a/secrets/${secretName}?fieldManager=ecr-courier&fieldValidation=Ignore`;
  assert.deepEqual(
    t.asked().filter(line => !line.startsWith('GET')),
    [write],
  );
  assert.deepEqual(authsOf(t.fake, 'team-a'), { [host]: login('fresh'), [other]: login('fresh') });
  const stored = t.fake.get('secrets', 'team-a', secretName);
  assert.equal(stored?.['type'], 'kubernetes.io/dockerconfigjson');
  assert.deepEqual(stored.metadata.labels, ours);
  const after = only((await t.discover()).slots);
  assert.equal(after.state, 'present');
  assert.ok(after.holds instanceof Map);
  assert.deepEqual(new Set(after.holds.keys()), new Set([host, other]));
});

test('what nobody but the courier has written is never read: no password is asked for', async () => {
  await using t = await rig({}, { cluster: teams });
  await seed(t.fake, 'team-a', [host]);
  const { slots } = await t.discover();
  await t.deliver(only(slots), given([host]));
  const lists = t.fake.requests.filter(({ method, path }) => method === 'GET' && path.includes('/secrets'));
  for (const { headers } of lists) assert.match(headers.accept ?? '', /as=PartialObjectMetadataList/);
});

test('a registry that is wanted beside those of a Secret is one that it holds nothing of', async () => {
  await using t = await rig({}, { wanted: [host, absent], cluster: teams });
  await seed(t.fake, 'team-a', [host]);
  const slot = only((await t.discover()).slots);
  assert.deepEqual(
    slot.registries.map(one => one.host),
    [host, absent].sort(),
  );
  assert.equal(slot.state, 'present');
  assert.ok(slot.holds instanceof Map && !slot.holds.has(absent));
});

describe('what somebody else has put into a Secret of the courier', () => {
  const entries: readonly (readonly [what: string, auths: object, kept: object, findings: readonly string[]])[] = [
    ['another registry stays', { [host]: login('hand'), [hub]: login('hub') }, { [hub]: login('hub') }, ['EDITED']],
    [
      'other spellings of the host go',
      { [`https://${host}`]: login('hand'), [`${host}:443`]: login('hand'), [host.toUpperCase()]: login('x') },
      {},
      ['EDITED'],
    ],
    ['an email of ours goes', { [host]: { ...login('hand'), email: 'none' } }, {}, ['EDITED']],
    [
      'an email of another stays, and is told',
      { 'a.test': { ...login('x'), email: 'a@b' } },
      { 'a.test': { ...login('x'), email: 'a@b' } },
      ['EDITED', 'ENTRY_WITH_EMAIL'],
    ],
    [
      'a path below the host stays, and is told',
      { [host]: login('hand'), [`${host}/team`]: login('x') },
      { [`${host}/team`]: login('x') },
      ['EDITED', 'ENTRY_BELOW_HOST'],
    ],
    [
      'what cannot be decoded stays, and is told',
      { 'a.test': { auth: '%%%' } },
      { 'a.test': { auth: '%%%' } },
      ['EDITED', 'UNDECODABLE_ENTRY'],
    ],
    [
      'what cannot be decoded of a registry that nothing is given for stays as well, and is told',
      { [other]: { auth: '%%%' } },
      { [other]: { auth: '%%%' } },
      ['EDITED', 'UNDECODABLE_ENTRY'],
    ],
    [
      'so does an entry without a password',
      { [other]: { username: 'AWS' } },
      { [other]: { username: 'AWS' } },
      ['EDITED', 'UNRENEWED_ENTRY'],
    ],
    [
      'an entry of another ECR registry stays under any spelling, and is told',
      { [`https://${other}`]: login(theirs), [other]: login(theirs) },
      { [`https://${other}`]: login(theirs), [other]: login(theirs) },
      ['EDITED', 'UNRENEWED_ENTRY', 'UNRENEWED_ENTRY'],
    ],
    ...['*.dkr.ecr.eu-west-1.amazonaws.com', 'https://111111111111.dkr.ecr.*.amazonaws.com'].map(
      key => [`that of the pattern ${key}, too`, { [key]: login('x') }, { [key]: login('x') }, ['EDITED', 'UNRENEWED_ENTRY']] as const,
    ),
    [
      'a member whose name Go takes for one of its own is told',
      { 'a.test': { 'pa\u017f\u017fword': 5 } },
      { 'a.test': { 'pa\u017f\u017fword': 5 } },
      ['EDITED', 'UNDECODABLE_ENTRY'],
    ],
    ['that of ECR Public, too', { 'public.ecr.aws': login('x') }, { 'public.ecr.aws': login('x') }, ['EDITED', 'UNRENEWED_ENTRY']],
  ];
  for (const [what, auths, kept, findings] of entries)
    test(what, async () => {
      await using t = await rig({}, { cluster: teams });
      await seed(t.fake, 'team-a', [host]);
      t.fake.edit('secrets', 'team-a', secretName, {
        data: { '.dockerconfigjson': Buffer.from(JSON.stringify({ auths })).toString('base64') },
      });
      const slot = only((await t.discover()).slots);
      assert.deepEqual(linesOf({ slots: [slot], findings: [] }), [`team-a/${secretName} drifted ${findings.join(' ')}`]);
      const receipt = await t.deliver(slot, given([host], 'fresh'));
      assert.equal(receipt.change, 'updated');
      assert.deepEqual(
        codesOf(receipt.findings),
        findings.filter(code => code !== 'EDITED'),
      );
      assert.deepEqual(authsOf(t.fake, 'team-a'), { [host]: login('fresh'), ...kept });
      const after = only((await t.discover()).slots);
      assert.deepEqual([after.state, codesOf(after.findings)], ['present', findings.filter(code => code !== 'EDITED')]);
      await t.deliver(after, given([host], 'newer'));
      assert.deepEqual(authsOf(t.fake, 'team-a'), { [host]: login('newer'), ...kept }, 'the next password leaves it, too');
    });

  test('headers that the kubelet cannot read stay, and are told as long as they are there', async () => {
    for (const [headers, codes] of [
      [5, ['UNDECODABLE_ENTRY']],
      [{ a: 1 }, ['UNDECODABLE_ENTRY']],
      [{ a: 'b', c: null }, []],
      [null, []],
    ] as const)
      for (const name of ['HttpHeaders', 'httpHeader\u017f']) {
        await using t = await rig({}, { cluster: teams });
        await seed(t.fake, 'team-a', [host]);
        const text = JSON.stringify({ auths: {}, [name]: headers });
        t.fake.edit('secrets', 'team-a', secretName, { data: { '.dockerconfigjson': Buffer.from(text).toString('base64') } });
        for (const password of ['one', 'two', 'three']) {
          const slot = only((await t.discover()).slots);
          assert.deepEqual(
            codesOf(slot.findings).filter(code => code !== 'EDITED'),
            codes,
          );
          assert.deepEqual(codesOf((await t.deliver(slot, given([host], password))).findings), codes);
          const stored = JSON.parse(t.fake.stored('team-a', secretName) ?? '') as Record<string, unknown>;
          assert.deepEqual(stored, { [name]: headers, auths: { [host]: login(password) } });
        }
      }
  });

  test('names who it was', async () => {
    await using t = await rig({}, { cluster: teams });
    await seed(t.fake, 'team-a', [host]);
    t.fake.edit('secrets', 'team-a', secretName, { data: { '.dockerconfigjson': 'e30=' } }, 'argocd-controller');
    const slot = only((await t.discover()).slots);
    assert.match(slot.findings?.[0]?.message ?? '', /argocd-controller changed Secret team-a\/ecr-courier/);
  });

  test('that is not a configuration at all is replaced', async () => {
    await using t = await rig({}, { cluster: teams, wanted: [host] });
    t.fake.make(made('team-a', '{"auths":[]}', labelled('team-a')));
    await t.deliver(only((await t.discover()).slots), given([host], 'fresh'));
    assert.deepEqual(authsOf(t.fake, 'team-a'), { [host]: login('fresh') });
  });
});

test('what is not given stays, with what is known of it', async () => {
  await using t = await rig({}, { cluster: teams, wanted: [host, other] });
  await seed(t.fake, 'team-a', [host, other]);
  await t.deliver(only((await t.discover()).slots), given([host], 'fresh'));
  assert.deepEqual(authsOf(t.fake, 'team-a'), { [host]: login('fresh'), [other]: login('old') });
  const { holds, state } = only((await t.discover()).slots);
  assert.ok(state === 'present' && holds instanceof Map);
  assert.equal(holds.get(other)?.expiresAt.toISOString(), '2026-11-30T06:00:00.000Z');
});

test('nor does it go from a Secret that was made since the last look', async () => {
  await using t = await rig({}, { cluster: teams, wanted: [host, other] });
  const slot = only((await t.discover()).slots);
  await t.deliver(slot, given([host], 'one'));
  await t.deliver(slot, given([other], 'two'));
  assert.deepEqual(authsOf(t.fake, 'team-a'), { [host]: login('one'), [other]: login('two') });
});

test('without `create`, a Secret that somebody has deleted since the last look is not made again', async () => {
  await using t = await rig({}, { creates: 'nothing', cluster: teams });
  await seed(t.fake, 'team-a', [host]);
  const [slot] = (await t.discover()).slots;
  t.fake.remove('secrets', 'team-a', secretName);
  assert.equal((await failing(t.deliver(slot, given([host], 'new')))).code, 'NOT_FOUND');
  assert.equal(t.fake.get('secrets', 'team-a', secretName), undefined);
});

test('a write that is refused as stale is merged anew, three times at most', async () => {
  await using t = await rig({}, { cluster: teams, wanted: [host, other] });
  await seed(t.fake, 'team-a', [host, other]);
  const slot = only((await t.discover()).slots);
  let meddling = 0;
  const meddle = (times: number) => {
    meddling = times;
    t.fake.fault = ({ method }) => {
      if (method === 'PATCH' && meddling-- > 0)
        t.fake.edit('secrets', 'team-a', secretName, { metadata: { labels: { round: `${meddling}` } } });
      return undefined;
    };
  };
  meddle(2);
  await t.deliver(slot, given([host], 'fresh'));
  assert.deepEqual(authsOf(t.fake, 'team-a'), { [host]: login('fresh'), [other]: login('old') });
  meddle(3);
  assert.equal((await failing(t.deliver(slot, given([host], 'newer')))).code, 'CONFLICT');
});

describe('a Secret of the same name that is not ours', () => {
  test('is left alone, is a finding that names who wrote it, and is ours once it has the label', async () => {
    await using t = await rig({}, { cluster: teams, wanted: [host] });
    t.fake.make(made('team-a', { auths: { [host]: login('theirs') } }));
    t.fake.edit(
      'secrets',
      'team-a',
      secretName,
      { data: { '.dockerconfigjson': Buffer.from(JSON.stringify({ auths: { [other]: login('theirs') } })).toString('base64') } },
      'registry-creds',
    );
    const slot = only((await t.discover()).slots);
    assert.deepEqual([slot.registries, slot.state, codesOf(slot.findings)], [[], 'present', ['FOREIGN_SECRET']]);
    assert.match(slot.findings?.[0]?.message ?? '', /registry-creds wrote it/);
    assert.equal((await t.deliver(slot, given([host]))).change, 'unchanged');
    t.fake.edit('secrets', 'team-a', secretName, { metadata: { labels: ours } });
    const handed = only((await t.discover()).slots);
    assert.deepEqual(
      handed.registries.map(one => one.host),
      [host],
      'what it held is no reason to serve it',
    );
    await t.deliver(handed, given([host], 'fresh'));
    assert.deepEqual(authsOf(t.fake, 'team-a'), { [host]: login('fresh'), [other]: login('theirs') });
  });

  test("is told as the courier's own where only its label is another by now", async () => {
    const messages: string[] = [];
    for (const labels of [{ 'app.kubernetes.io/managed-by': 'argo' }, { 'app.kubernetes.io/managed-by': null }]) {
      await using t = await rig({}, { cluster: teams, wanted: [host] });
      await seed(t.fake, 'team-a', [host]);
      t.fake.edit('secrets', 'team-a', secretName, { metadata: { annotations: { a: 'b' } } }, 'kubectl-annotate');
      t.fake.edit('secrets', 'team-a', secretName, { metadata: { labels } }, 'argocd');
      const { findings } = only((await t.discover()).slots);
      assert.deepEqual(codesOf(findings), ['FOREIGN_SECRET']);
      messages.push(findings?.[0]?.message ?? '');
    }
    assert.match(messages[0] ?? '', /The courier wrote it, and argocd changed the label since\.$/);
    assert.match(messages[1] ?? '', /The courier wrote it, and somebody took away the label since\.$/);
  });

  test('is told of all the same where a pod that names it would stop, or a login counts as another one', async () => {
    await using t = await rig({}, { cluster: teams, wanted: [host] });
    t.fake.make(made('team-a', { auths: { [host]: { auth: '%%%' }, [other]: { ...login('x'), email: 'a@b' }, [hub]: login('hub') } }));
    t.fake.make({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'team-b' } });
    // The kubelet ignores pull secrets of other types.
    t.fake.make(made('team-b', { auths: { [host]: { auth: '%%%' } } }, { type: 'Opaque' }));
    const { slots } = await t.discover();
    assert.deepEqual(
      slots.map(({ findings }) => codesOf(findings)),
      [['FOREIGN_SECRET', 'UNDECODABLE_ENTRY', 'ENTRY_WITH_EMAIL'], ['WRONG_TYPE']],
    );
    assert.match(
      slots[0]?.findings?.[1]?.message ?? '',
      /The entry 1{12}\.dkr.* in Secret team-a\/ecr-courier has an `auth` that is not base64\./,
    );
    for (const slot of slots) assert.equal((await t.deliver(slot, given([host]))).change, 'unchanged');
  });

  test('that is made in this moment is a conflict', async () => {
    await using t = await rig({}, { cluster: teams, wanted: [host] });
    const slot = only((await t.discover()).slots);
    t.fake.make(made('team-a', { auths: { [host]: login('theirs') } }));
    const failure = await failing(t.deliver(slot, given([host])));
    assert.equal(failure.code, 'CONFLICT');
    assert.match(failure.message, /Secret team-a\/ecr-courier is not the courier's: unknown wrote it/);
    assert.deepEqual(authsOf(t.fake, 'team-a'), { [host]: login('theirs') });
  });
});

test('a Secret with our label that is made in this moment is written into, and beside what is in it', async () => {
  await using t = await rig({}, { cluster: teams, wanted: [host] });
  const slot = only((await t.discover()).slots);
  t.fake.make(made('team-a', { auths: { 'hub.test': login('theirs') } }, labelled('team-a')));
  assert.equal((await t.deliver(slot, given([host]))).change, 'updated');
  assert.deepEqual(Object.keys(authsOf(t.fake, 'team-a')).sort(), [host, 'hub.test'].sort());
});

describe('a Secret that nobody can change', () => {
  const rules = [...leastRules(), { apiGroups: [''], resources: ['secrets'], verbs: ['delete'], resourceNames: [secretName] }];
  const stuck: readonly (readonly [finding: string, seed: object, first: object])[] = [
    ['WRONG_TYPE', made('team-a', { auths: {} }, { type: 'Opaque', ...labelled('team-a') }), {}],
    [
      'WRONG_TYPE',
      made('team-a', '', {
        ...labelled('team-a'),
        type: 'kubernetes.io/dockercfg',
        data: { '.dockercfg': Buffer.from(JSON.stringify({ [host]: login('last') })).toString('base64') },
      }),
      { [host]: login('last') },
    ],
    [
      'IMMUTABLE_SECRET',
      made('team-a', { auths: { [host]: login('last') } }, { immutable: true, ...labelled('team-a') }),
      { [host]: login('last') },
    ],
  ];
  for (const [finding, object, first] of stuck)
    test(`is the finding ${finding}, and is made anew only with \`replace\`: with the password used last, then with the fresh one`, async () => {
      await using t = await rig({}, { cluster: { ...teams, rules }, wanted: [host] });
      t.fake.make(object);
      const slot = only((await t.discover()).slots);
      assert.deepEqual([slot.registries, codesOf(slot.findings)], [[], [finding]]);
      await t.deliver(slot, given([host]));
      assert.deepEqual(
        t.asked().filter(line => !line.startsWith('GET')),
        [],
      );

      await using r = await rig({ replace: true }, { cluster: { ...teams, rules }, wanted: [host] });
      r.fake.make(object);
      const due = only((await r.discover()).slots);
      assert.deepEqual([due.state, codesOf(due.findings)], ['drifted', [finding]]);
      await r.rehearse(due, given([host], 'fresh'));
      await r.deliver(due, given([host], 'fresh'));
      const bodies = r.fake.requests.filter(isWrite).map(({ method, body }) => {
        const { data = {} } = JSON.parse(body.toString()) as { data?: Record<string, string> };
        const text = Buffer.from(data['.dockerconfigjson'] ?? '', 'base64').toString();
        return method === 'DELETE' ? 'DELETE' : (JSON.parse(text) as { auths: object }).auths;
      });
      assert.deepEqual(bodies, ['DELETE', ...(Object.keys(first).length > 0 ? [first] : []), { [host]: login('fresh') }]);
      assert.equal(only((await r.discover()).slots).state, 'present');
    });

  test('keeps the password used last for ten minutes where that lives on, under one new UID, then has the fresh one', async () => {
    const clock = createVirtualClock(Date.now());
    const endsIn = (hours: number): string =>
      Buffer.from(JSON.stringify({ payload: 'p', expiration: Math.floor(clock.wall() / 1000) + hours * 3600 })).toString('base64');
    for (const [hours, rests] of [
      [6, true],
      [0.3, false],
    ] as const) {
      const last = endsIn(hours);
      await using r = await rig({ replace: true }, { cluster: { ...teams, rules }, wanted: [host, other], clock });
      r.fake.make(made('team-a', { auths: { [host]: login(last), [hub]: login('hub') } }, { immutable: true, ...labelled('team-a') }));
      const uid = () => r.fake.get('secrets', 'team-a', secretName)?.metadata.uid;
      const passwords = () =>
        Object.fromEntries(Object.entries(authsOf(r.fake, 'team-a')).map(([name, entry]) => [name, entry['password']]));
      const [before, due] = [uid(), only((await r.discover()).slots)];
      await r.deliver(due, given([host, other], 'fresh'));
      const made2 = uid();
      assert.notEqual(made2, before);
      assert.deepEqual(passwords(), { [host]: rests ? last : 'fresh', [other]: 'fresh', [hub]: 'hub' });
      for (const at of [1, 9]) {
        await clock.advance((at === 1 ? 1 : 8) * 60_000);
        assert.equal(only((await r.discover()).slots).holds === undefined, rests, `after ${at} min`);
      }
      await clock.advance(2 * 60_000);
      const slot = only((await r.discover()).slots);
      assert.ok(slot.holds instanceof Map);
      assert.deepEqual(new Set(slot.holds.keys()), new Set([host, other]));
      await r.deliver(slot, given([host, other], 'fresh'));
      assert.deepEqual([uid(), passwords()[host]], [made2, 'fresh']);
    }
  });

  test('that was deleted and could not be made again has the password used last and what others put into it, once it can', async () => {
    const clock = createVirtualClock(Date.now());
    const last = Buffer.from(JSON.stringify({ payload: 'p', expiration: Math.floor(clock.wall() / 1000) + 6 * 3600 })).toString('base64');
    await using t = await rig({ replace: true }, { cluster: { ...teams, rules }, wanted: [host], clock });
    t.fake.make(made('team-a', { auths: { [host]: login(last), [hub]: login('hub') } }, { immutable: true, ...labelled('team-a') }));
    const due = only((await t.discover()).slots);
    // The quota controller needs a moment to see that the Secret is gone.
    const full = { kind: 'Status', code: 403, reason: 'Forbidden', message: 'secrets "ecr-courier" is forbidden: exceeded quota: few' };
    t.fake.fault = ({ method }) => (method === 'PATCH' ? { status: 403, json: full } : undefined);
    assert.equal((await failing(t.deliver(due, given([host], 'fresh')))).code, 'REJECTED');
    t.fake.fault = undefined;
    const gone = only((await t.discover()).slots);
    assert.equal(gone.state, 'absent');
    await t.deliver(gone, given([host], 'fresh'));
    assert.deepEqual(authsOf(t.fake, 'team-a'), { [host]: login(last), [hub]: login('hub') });
    await clock.advance(11 * 60_000);
    await t.deliver(only((await t.discover()).slots), given([host], 'fresh'));
    assert.deepEqual(authsOf(t.fake, 'team-a'), { [host]: login('fresh'), [hub]: login('hub') });
    // A Secret that is deleted later has nothing to do with the former one.
    t.fake.remove('secrets', 'team-a', secretName);
    await t.deliver(only((await t.discover()).slots), given([host], 'newer'));
    assert.deepEqual(authsOf(t.fake, 'team-a'), { [host]: login('newer') });
  });

  test('that was deleted and could not be made again is made again without `create`, too', async () => {
    await using t = await rig({ replace: true }, { creates: 'nothing', cluster: { ...teams, rules } });
    t.fake.make(made('team-a', { auths: { [host]: login('last'), [hub]: login('hub') } }, { immutable: true, ...labelled('team-a') }));
    const due = (await t.discover()).slots.find(({ id }) => id.startsWith('team-a/'));
    const full = { kind: 'Status', code: 403, reason: 'Forbidden', message: 'secrets "ecr-courier" is forbidden: exceeded quota: few' };
    t.fake.fault = ({ method }) => (method === 'PATCH' ? { status: 403, json: full } : undefined);
    assert.equal((await failing(t.deliver(due, given([host], 'fresh')))).code, 'REJECTED');
    t.fake.fault = undefined;
    const gone = (await t.discover()).slots.find(({ id }) => id.startsWith('team-a/'));
    assert.equal(gone?.state, 'drifted');
    await t.deliver(gone, given([host], 'fresh'));
    assert.deepEqual(authsOf(t.fake, 'team-a'), { [host]: login('fresh'), [hub]: login('hub') });
  });

  test('is not deleted before it is certain that the courier may make it again', async () => {
    const [first] = leastRules() as [Rule];
    const deleting = [...first.verbs, 'delete'];
    const answers = [
      [
        deleting.filter(verb => verb !== 'create' && verb !== 'patch'),
        undefined,
        'FORBIDDEN',
        /may not create, patch Secret team-a\/ecr-courier/,
      ],
      [deleting.filter(verb => verb !== 'create'), undefined, 'FORBIDDEN', /may not create Secret/],
      [deleting, { status: 500 }, 'UNEXPECTED', /does not say whether the courier may create, patch Secret team-a/],
    ] as const;
    for (const [verbs, answer, code, message] of answers)
      for (const way of ['rehearse', 'deliver'] as const) {
        const cluster = { ...teams, rules: [{ ...first, verbs }, ...leastRules().slice(1)] };
        await using t = await rig({ replace: true }, { cluster });
        t.fake.make(made('team-a', { auths: {} }, { type: 'Opaque', ...labelled('team-a') }));
        const slot = only((await t.discover()).slots);
        t.fake.fault = ({ path }) => (path.includes('/selfsubjectaccessreviews') ? answer : undefined);
        const failure = await failing(t[way](slot, given([host])));
        assert.equal(failure.code, code);
        assert.match(failure.message, message);
        if (code === 'FORBIDDEN')
          assert.match(failure.remedy, /^Add this rule to a Role in the namespace team-a, .*resourceNames: \["ecr-courier"\]/);
        assert.equal(t.fake.get('secrets', 'team-a', secretName)?.type, 'Opaque');
      }
  });

  test('that somebody has marked immutable is a finding at the next look, and one marked as not immutable is none', async () => {
    await using t = await rig({}, { cluster: { namespaces: ['team-a', 'team-b'] } });
    for (const [namespace, immutable] of [
      ['team-a', true],
      ['team-b', false],
    ] as const) {
      await seed(t.fake, namespace, [host]);
      t.fake.edit('secrets', namespace, secretName, { immutable }, 'kubectl-patch');
    }
    const [marked, unmarked] = (await t.discover()).slots;
    assert.deepEqual([marked?.registries, codesOf(marked?.findings)], [[], ['IMMUTABLE_SECRET']]);
    assert.match(marked?.findings?.[0]?.message ?? '', /is immutable\. kubectl-patch made it so\./);
    assert.deepEqual([unmarked?.state, codesOf(unmarked?.findings)], ['present', []]);
    assert.equal((await t.deliver(unmarked, given([host], 'fresh'))).change, 'updated');
    assert.deepEqual([(await t.discover()).slots[1]?.state], ['present']);
  });

  test('that is marked immutable is made anew with `replace`, whoever wrote what is in it', async () => {
    for (const partly of [false, true]) {
      await using t = await rig({ replace: true }, { cluster: { ...teams, rules }, wanted: partly ? [host, other] : [host] });
      await seed(t.fake, 'team-a', [host]);
      t.fake.edit('secrets', 'team-a', secretName, { immutable: true });
      const uid = () => t.fake.get('secrets', 'team-a', secretName)?.metadata.uid;
      const before = uid();
      const slot = only((await t.discover()).slots);
      assert.deepEqual([slot.state, codesOf(slot.findings)], ['drifted', ['IMMUTABLE_SECRET']]);
      await t.rehearse(slot, given([host], 'fresh'));
      assert.equal(uid(), before);
      assert.equal((await t.deliver(slot, given([host], 'fresh'))).change, 'updated');
      assert.notEqual(uid(), before);
      assert.deepEqual(authsOf(t.fake, 'team-a'), { [host]: login('fresh') });
      assert.deepEqual(codesOf(only((await t.discover()).slots).findings), []);
    }
  });

  test('that became so since the last look is refused, with the way out', async () => {
    await using t = await rig({}, { cluster: teams });
    await seed(t.fake, 'team-a', [host]);
    const slot = only((await t.discover()).slots);
    t.fake.edit('secrets', 'team-a', secretName, { immutable: true });
    const failure = await failing(t.deliver(slot, given([host])));
    assert.equal(failure.code, 'REJECTED');
    assert.match(failure.message, /immutable/);
    assert.match(failure.remedy, /replace: true/);
    const told = only((await t.discover()).slots);
    assert.deepEqual([told.registries, codesOf(told.findings)], [[], ['IMMUTABLE_SECRET']]);
    t.fake.remove('secrets', 'team-a', secretName);
    assert.deepEqual(codesOf((await t.discover()).slots[0]?.findings), []);
  });
});

for (const [what, more, finding] of [
  ['an immutable Secret', { immutable: true }, 'FOREIGN_SECRET'],
  ['a Secret of another type', { type: 'Opaque', data: { 'db-password': 'eA==' } }, 'WRONG_TYPE'],
  ['an immutable Secret of another type', { type: 'Opaque', immutable: true }, 'WRONG_TYPE'],
] as const)
  test(`${what} of somebody else is never replaced`, async () => {
    const rules = [...leastRules(), { apiGroups: [''], resources: ['secrets'], verbs: ['delete'], resourceNames: [secretName] }];
    await using t = await rig({ replace: true }, { cluster: { ...teams, rules }, wanted: [host] });
    t.fake.make(made('team-a', { auths: {} }, more));
    const uid = t.fake.get('secrets', 'team-a', secretName)?.metadata.uid;
    const slot = only((await t.discover()).slots);
    assert.deepEqual([slot.registries, codesOf(slot.findings)], [[], [finding]]);
    assert.match(slot.findings?.[0]?.message ?? '', /does not have the label of the courier\. unknown (made|wrote) it/);
    await t.deliver(slot, given([host]));
    assert.equal(t.fake.get('secrets', 'team-a', secretName)?.metadata.uid, uid);
  });

for (const [what, labels] of [
  ['another label', { 'app.kubernetes.io/managed-by': 'platform' }],
  ['no label', {}],
] as const)
  test(`a policy that gives our Secret ${what} is told, also by a rehearsal, and not taken for a delivery`, async () => {
    const changes = (object: KubeObject): KubeObject => ({ ...object, metadata: { ...object.metadata, labels } });
    for (const seeded of [false, true]) {
      await using t = await rig({}, { cluster: teams, wanted: [host] });
      if (seeded) await seed(t.fake, 'team-a', [host]);
      t.fake.policies.push({ name: 'labels', message: '', changes });
      const slot = only((await t.discover()).slots);
      for (const way of ['rehearse', 'deliver'] as const) {
        const { code, message, remedy } = await failing(t[way](slot, given([host], 'fresh')));
        assert.equal(code, 'REJECTED');
        assert.match(message, /Something in the cluster changes Secret team-a\/ecr-courier while it is written: the label/);
        assert.match(remedy, /MutatingAdmissionPolicy/);
      }
    }
  });

test('with `replace`, a Secret of another type that is made in the moment of the write is made anew', async () => {
  const rules = [...leastRules(), { apiGroups: [''], resources: ['secrets'], verbs: ['delete'], resourceNames: [secretName] }];
  await using t = await rig({ replace: true }, { cluster: { ...teams, rules }, wanted: [host] });
  const slot = only((await t.discover()).slots);
  t.fake.make(made('team-a', { auths: {} }, { type: 'Opaque', ...labelled('team-a') }));
  assert.equal((await t.deliver(slot, given([host]))).change, 'updated');
  assert.equal(t.fake.get('secrets', 'team-a', secretName)?.['type'], 'kubernetes.io/dockerconfigjson');
});

test('a Secret that lost the label since the last look is not replaced', async () => {
  const rules = [...leastRules(), { apiGroups: [''], resources: ['secrets'], verbs: ['delete'], resourceNames: [secretName] }];
  await using t = await rig({ replace: true }, { cluster: { ...teams, rules }, wanted: [host] });
  t.fake.make(made('team-a', { auths: {} }, { type: 'Opaque', ...labelled('team-a') }));
  const slot = only((await t.discover()).slots);
  t.fake.edit('secrets', 'team-a', secretName, { metadata: { labels: { 'app.kubernetes.io/managed-by': null } } });
  assert.equal((await failing(t.deliver(slot, given([host])))).code, 'CONFLICT');
  assert.equal(t.fake.get('secrets', 'team-a', secretName)?.type, 'Opaque');
});

test('slots are those of the namespaces that are chosen', async () => {
  const names = ['team-a', 'team-b', 'team-old', 'apps'];
  const cluster = {
    namespaces: names,
    objects: [
      {
        apiVersion: 'v1',
        kind: 'Namespace',
        metadata: { name: 'team-x', labels: { env: 'prod' }, annotations: { 'ecr-courier/enabled': 'true' } },
      },
    ],
  };
  const chosen = async (more: object): Promise<string> => {
    await using t = await rig(more, { cluster, wanted: [host] });
    return (await t.discover()).slots.map(({ id }) => id.split('/')[0]).join(' ');
  };
  assert.equal(await chosen({}), 'apps team-a team-b team-old team-x');
  assert.equal(await chosen({ namespaces: ['team-*', '!team-old'] }), 'team-a team-b team-x');
  assert.equal(await chosen({ namespaces: ['!team-*'] }), 'apps');
  assert.equal(await chosen({ excludeNamespaces: ['kube-*', 'default', 'team-*'] }), 'apps');
  assert.equal(await chosen({ namespaceSelector: 'env in (prod,test)' }), 'team-x');
  assert.equal(await chosen({ optIn: true }), 'team-x');
});

describe('a Secret of another refresher that was handed over by its label is kept fresh in its place', () => {
  const auth = Buffer.from('AWS:old').toString('base64');
  const owner = { apiVersion: 'ops.example/v1', kind: 'ClusterPullSecret', name: 'ecr', uid: '4711', controller: true };
  interface Metadata {
    readonly labels?: object;
    readonly annotations?: object;
    readonly ownerReferences?: readonly object[];
  }
  /** What each tool writes, taken from its source code. */
  const written: Readonly<Record<string, { readonly auths: object; readonly metadata?: Metadata }>> = {
    'k8s-ecr-login-renew': { auths: { [host]: { ...login('old'), email: 'awsregrenew@demo.test' } } },
    'upmc-enterprises/registry-creds': { auths: { [`https://${host}`]: { auth, email: 'none' } } },
    'titansoft-pte-ltd/imagepullsecret-patcher': { auths: { [host]: login('old') } },
    'tamcore/imagepullsecret-patcher': {
      auths: { [host]: login('old') },
      metadata: { annotations: { 'app.kubernetes.io/managed-by': 'imagepullsecret-patcher' } },
    },
    'alexellis/registry-creds': { auths: { [host]: { ...login('old'), email: 'me@example.com' } }, metadata: { ownerReferences: [owner] } },
    'banzaicloud/imps': { auths: { [host]: { auth } }, metadata: { labels: { 'images.banzaicloud.io/owner-uid': '4711' } } },
    'External Secrets': {
      auths: { [host]: { username: 'AWS', password: 'old' } },
      metadata: { labels: { 'reconcile.external-secrets.io/managed': 'true' }, ownerReferences: [owner] },
    },
  };
  for (const [name, { auths, metadata }] of Object.entries(written))
    test(name, async () => {
      const handed = made(
        'team-a',
        { auths },
        { metadata: { name: secretName, namespace: 'team-a', ...metadata, labels: { ...metadata?.labels, ...ours } } },
      );
      await using t = await rig({}, { wanted: [host], cluster: { ...teams, objects: [handed] } });
      const before = t.fake.get('secrets', 'team-a', secretName)?.metadata;
      const slot = only((await t.discover()).slots);
      assert.equal((await t.deliver(slot, given([host], 'fresh'))).change, 'updated');
      assert.deepEqual(authsOf(t.fake, 'team-a'), { [host]: login('fresh') });
      const after = t.fake.get('secrets', 'team-a', secretName)?.metadata;
      assert.equal(after?.uid, before?.uid);
      assert.deepEqual(after?.['ownerReferences'], before?.['ownerReferences']);
      assert.equal(only((await t.discover()).slots).state, 'present');
    });
});

describe('a Secret that another target keeps', () => {
  const soonEnds = (hours: number): Date => new Date(Date.now() + hours * 3_600_000);
  const theirsIn = (t: Awaited<ReturnType<typeof rig>>, hosts: readonly string[], hours = 12) =>
    seed(t.fake, 'team-a', hosts, 'theirs', undefined, 'another', soonEnds(hours));

  test('is left alone while it is fresh, whatever it holds, and the finding names the target', async () => {
    for (const hosts of [[host], [other], [host, other]]) {
      await using t = await rig({ replace: true }, { cluster: teams });
      await theirsIn(t, hosts);
      t.fake.edit('secrets', 'team-a', secretName, hosts.length > 1 ? { immutable: true } : {});
      const slot = only((await t.discover()).slots);
      assert.deepEqual([slot.registries, codesOf(slot.findings)], [[], ['KEPT_BY_ANOTHER']]);
      assert.match(slot.findings?.[0]?.message ?? '', /Secret team-a\/ecr-courier is kept fresh by another target: another\./);
      assert.equal((await t.deliver(slot, given([host]))).change, 'unchanged');
      assert.deepEqual(Object.keys(authsOf(t.fake, 'team-a')), hosts);
    }
  });

  test('is taken over when nobody has renewed it in time, or it says no target', async () => {
    const clock = createVirtualClock(Date.now());
    await using t = await rig({}, { cluster: teams, clock });
    await theirsIn(t, [host]);
    await clock.advance(7.5 * 3_600_000);
    assert.deepEqual(only((await t.discover()).slots).registries, []);
    await clock.advance(3_600_000);
    const slot = only((await t.discover()).slots);
    assert.deepEqual([slot.registries.map(one => one.host), codesOf(slot.findings)], [[host], []]);
    await t.deliver(slot, given([host], 'fresh'));
    assert.deepEqual(authsOf(t.fake, 'team-a'), { [host]: login('fresh') });

    await using r = await rig({}, { cluster: teams });
    await theirsIn(r, [host]);
    r.fake.edit('secrets', 'team-a', secretName, { metadata: { annotations: { 'ecr-courier/target': null } } });
    assert.equal(only((await r.discover()).slots).registries.length, 1);
  });

  test('is none where somebody has only written another name there', async () => {
    await using t = await rig({}, { cluster: teams });
    await seed(t.fake, 'team-a', [host], 'old', undefined, 'target', soonEnds(12));
    t.fake.edit('secrets', 'team-a', secretName, { metadata: { annotations: { 'ecr-courier/target': 'another' } } });
    const slot = only((await t.discover()).slots);
    assert.deepEqual([slot.registries.length, codesOf(slot.findings)], [1, []]);
    await t.deliver(slot, given([host], 'fresh'));
    assert.deepEqual(authsOf(t.fake, 'team-a'), { [host]: login('fresh') });
  });

  test('since the last look is a conflict', async () => {
    await using t = await rig({}, { cluster: teams });
    await seed(t.fake, 'team-a', [host]);
    const slot = only((await t.discover()).slots);
    await theirsIn(t, [other]);
    const failure = await failing(t.deliver(slot, given([host])));
    assert.deepEqual([failure.code, /another target: another/.test(failure.message)], ['CONFLICT', true]);
    assert.deepEqual(Object.keys(authsOf(t.fake, 'team-a')), [other]);
  });
});

test('a Secret that has lost a login under our own name is drifted, until it has it again', async () => {
  await using t = await rig({}, { cluster: teams, wanted: [host, absent] });
  await seed(t.fake, 'team-a', [host]);
  const state = async () => only((await t.discover()).slots).state;
  assert.equal(await state(), 'present');
  await seed(t.fake, 'team-a', [other]);
  assert.deepEqual([await state(), await state()], ['drifted', 'drifted']);
  const [told] = only((await t.discover()).slots).findings ?? [];
  assert.deepEqual([told?.code, told?.message.includes('a target named target')], ['TWO_COURIERS', true]);
  await t.deliver(only((await t.discover()).slots), given([host], 'fresh'));
  assert.equal(await state(), 'present');
  assert.deepEqual(codesOf(only((await t.discover()).slots).findings), []);
});
