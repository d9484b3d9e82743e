import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate, setTimeout } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { acrossBorder } from '../../src/border/target.ts';
import { asFailure, Failure, type FailureCode } from '../../src/contract/failures.ts';
import { parseAddress } from '../../src/contract/registry.ts';
import type { Slot, Target } from '../../src/contract/target.ts';
import { createVirtualClock } from '../fakes/clock.ts';

const registry = parseAddress('111111111111.dkr.ecr.eu-west-1.amazonaws.com')?.registry;
assert.ok(registry);
/** Parses hosts as a configuration with one alias does. */
const means = (host: string) =>
  parseAddress(host, new Map([['ecr.example.org', '111111111111.dkr.ecr.eu-west-1.amazonaws.com']]))?.registry;
const signal = new AbortController().signal;
const slot: Slot = { id: '7', title: 'ecr (row 7)', registries: [registry], state: 'present', ref: { row: 7 } };
const discovery = { slots: [slot], findings: [] };
const receipt = { change: 'updated' };
const invalid = new Date(Number.NaN);

/** Wraps a target of an adapter in plain JavaScript, which may return anything. */
function cross(members: object, dispose = async () => undefined as void): Target {
  const made = { address: 'shelf', discover: async () => discovery, deliver: async () => receipt, ...members };
  return acrossBorder(made, { kind: 'shelf', clock: createVirtualClock(), registry: means, dispose });
}

async function sentenceOf(work: () => unknown): Promise<string> {
  try {
    await work();
  } catch (error) {
    assert.ok(error instanceof Failure, String(error));
    assert.equal(error.code, 'UNEXPECTED');
    assert.match(error.remedy, /those who wrote the adapter/);
    return error.message.replace('The adapter shelf returned something that it may not: ', '');
  }
  return 'nothing is wrong';
}

const withSlot = (members: object) => ({ slots: [{ ...slot, ...members }], findings: [] });
const finding = { code: 'ODD', message: 'It is odd.' };
/** A list with a hole after its first element. */
const holed = (first: unknown): unknown[] => Object.assign([first], { length: 2 });
const at = 'discover.slots[0]';

/** Results of `discover`, and what is said of them. */
const reports: readonly (readonly [unknown, string])[] = [
  [undefined, 'discover must be an object, and is undefined.'],
  [null, 'discover must be an object, and is null.'],
  ['none', 'discover must be an object, and is "none".'],
  [{ findings: [] }, 'discover.slots must be a list, and is undefined.'],
  [{ slots: new Set(), findings: [] }, 'discover.slots must be a list, and is an object.'],
  [{ slots: [] }, 'discover.findings must be a list, and is undefined.'],
  [{ slots: [], findings: 'none' }, 'discover.findings must be a list, and is "none".'],
  [{ slots: [], findings: [null] }, 'discover.findings[0] must be an object, and is null.'],
  [
    { slots: [], findings: [{ ...finding, code: 'odd one' }] },
    'discover.findings[0].code must be a code such as HOST_TWICE, and is "odd one".',
  ],
  [{ slots: [], findings: [{ code: 'ODD' }] }, 'discover.findings[0].message must be a sentence, and is undefined.'],
  [{ slots: [], findings: [{ ...finding, remedy: 7 }] }, 'discover.findings[0].remedy must be a sentence, or missing, and is 7.'],
  [{ slots: [], findings: [], unseen: 'a' }, 'discover.unseen must be a list, and is "a".'],
  [{ slots: [], findings: [], unseen: [7] }, 'discover.unseen[0] must be a text, and is 7.'],
  [{ slots: [], findings: [], about: 7 }, 'discover.about must be an object, and is 7.'],
  [{ slots: [], findings: [], about: { product: 7 } }, 'discover.about.product must be a text, or missing, and is 7.'],
  [
    { slots: [], findings: [], about: { keyExpiresAt: invalid } },
    'discover.about.keyExpiresAt must be a date, or missing, and is an invalid date.',
  ],
  [
    { slots: [], findings: [], about: { keyExpiresAt: '2027-01-01' } },
    'discover.about.keyExpiresAt must be a date, or missing, and is "2027-01-01".',
  ],
  [{ slots: [undefined], findings: [] }, `${at} must be an object, and is undefined.`],
  [{ slots: [slot, slot], findings: [] }, 'discover.slots[1].id must be the id of one slot alone, and is "7".'],
  [withSlot({ id: 7 }), `${at}.id must be a text of at most 1000 characters, and is 7.`],
  [withSlot({ id: 'x'.repeat(1001) }), `${at}.id must be a text of at most 1000 characters, and is a text of 1001 characters.`],
  [withSlot({ state: 'gone' }), `${at}.state must be present, absent or drifted, and is "gone".`],
  [withSlot({ registries: undefined }), `${at}.registries must be a list, and is undefined.`],
  [
    withSlot({ registries: [registry.host] }),
    `${at}.registries must be what deps.registry answers, and is "${registry.host}".`.replace(/"\d.*"/, 'a text of 44 characters'),
  ],
  [withSlot({ registries: [{ host: registry.host }] }), `${at}.registries must be what deps.registry answers, and is an object.`],
  [withSlot({ title: ['a'] }), `${at}.title must be a text, or missing, and is a list.`],
  [withSlot({ deed: 7 }), `${at}.deed must be a text, or missing, and is 7.`],
  [withSlot({ lacks: 7 }), `${at}.lacks must be a text, or missing, and is 7.`],
  [withSlot({ lacks: true }), `${at}.lacks must be a text, or missing, and is true.`],
  [withSlot({ source: '' }), `${at}.source must be a text, or missing, and is "".`],
  [withSlot({ after: '7' }), `${at}.after must be the id of a slot that does not wait for this one, and is "7".`],
  [
    { slots: ['a', 'b', 'c'].map((id, n) => ({ ...slot, id, after: ['b', 'c', 'b'][n] })), findings: [] },
    'discover.slots[1].after must be the id of a slot that does not wait for this one, and is "c".',
  ],
  [{ slots: ['a', 'b', 'c'].map((id, n) => ({ ...slot, id, after: ['b', 'c'][n] })), findings: [] }, 'nothing is wrong'],
  [withSlot({ after: 6 }), `${at}.after must be the id of a slot, or missing, and is 6.`],
  [withSlot({ holds: 'abc' }), `${at}.holds must be an object, and is "abc".`],
  [withSlot({ holds: { fingerprint: 'abc', expiresAt: invalid } }), `${at}.holds.expiresAt must be a date, and is an invalid date.`],
  [withSlot({ holds: new Map([['h', 'abc']]) }), `${at}.holds.get("h") must be an object, and is "abc".`],
  [
    withSlot({ holds: new Map([['h'.repeat(5_000_000), 'abc']]) }),
    `${at}.holds.get("${'h'.repeat(255)}...") must be an object, and is "abc".`,
  ],
  [withSlot({ holds: new Map([[10n, 'abc']]) }), `${at}.holds.get("") must be an object, and is "abc".`],
  [
    withSlot({ registries: Array.from({ length: 10_001 }, () => registry) }),
    `${at}.registries.length must be at most 10000, and is 10001.`,
  ],
  [withSlot({ holds: { expiresAt: new Date() } }), `${at}.holds.fingerprint must be what \`fingerprint\` says, and is undefined.`],
  [
    withSlot({ holds: { fingerprint: 'f'.repeat(5_000_000), expiresAt: new Date() } }),
    `${at}.holds.fingerprint must be what \`fingerprint\` says, and is a text of 5000000 characters.`,
  ],
  ...['../x', 'eu-west-1\r\n', 'x'.repeat(5_000_000)].flatMap(odd =>
    (['host', 'region', 'partition'] as const).map(
      member =>
        [
          withSlot({ registries: [{ ...registry, [member]: odd }] }),
          `${at}.registries must be what deps.registry answers, and is an object.`,
        ] as const,
    ),
  ),
  [{ slots: Object.assign([], { length: 1 }), findings: [] }, `${at} must be an object, and is undefined.`],
  ...[5_000_000, '1', '1'.repeat(5_000_000), null].map(
    account =>
      [
        withSlot({ registries: [{ ...registry, account }] }),
        `${at}.registries must be what deps.registry answers, and is an object.`,
      ] as const,
  ),
  ...(['fips', 'dualStack'] as const).map(
    member =>
      [
        withSlot({ registries: [{ ...registry, [member]: 'no' }] }),
        `${at}.registries must be what deps.registry answers, and is an object.`,
      ] as const,
  ),
  [withSlot({ registries: [{ ...registry }] }), 'nothing is wrong'],
  [withSlot({ registries: [{ ...registry, host: 'ecr.example.org' }] }), 'nothing is wrong'],
  [withSlot({ registries: [means('public.ecr.aws')] }), 'nothing is wrong'],
  // The host decides whether it takes the token of the account and region.
  ...[
    { host: 'registry.example.org' },
    { host: '222222222222.dkr.ecr.eu-west-1.amazonaws.com' },
    { account: '222222222222' },
    { account: undefined },
    { region: 'us-east-1' },
    { partition: 'aws-cn' },
    { service: 'ecr-public' },
    { fips: true },
    { dualStack: true },
  ].map(
    odd =>
      [
        withSlot({ registries: [{ ...registry, ...odd }] }),
        `${at}.registries must be what deps.registry answers, and is an object.`,
      ] as const,
  ),
  [{ slots: holed(slot), findings: [] }, 'discover.slots[1] must be an object, and is undefined.'],
  [{ slots: [], findings: holed(finding) }, 'discover.findings[1] must be an object, and is undefined.'],
  [{ slots: [], findings: [], unseen: holed('a') }, 'discover.unseen[1] must be a text, and is undefined.'],
  [withSlot({ registries: holed(registry) }), `${at}.registries must be what deps.registry answers, and is undefined.`],
  [withSlot({ findings: holed(finding) }), `${at}.findings[1] must be an object, and is undefined.`],
  [withSlot({ waits: 'yes' }), `${at}.waits must be true, false or missing, and is "yes".`],
  [withSlot({ disturbs: true }), `${at}.disturbs must be an object, and is true.`],
  [withSlot({ disturbs: { below: Number.NaN } }), `${at}.disturbs.below must be a number from 0 to 1, and is NaN.`],
  [withSlot({ findings: {} }), `${at}.findings must be a list, and is an object.`],
  [withSlot({ findings: [{ code: 'ODD', message: () => 'odd' }] }), `${at}.findings[0].message must be a sentence, and is a function.`],
];

test('what discover returns is sound, or the sentence names what is wrong with it', async () => {
  assert.equal(await sentenceOf(() => cross({}).discover(signal)), 'nothing is wrong');
  for (const [report, sentence] of reports)
    assert.equal(await sentenceOf(() => cross({ discover: () => report }).discover(signal)), sentence);
});

test('so is what deliver and rehearse return', async () => {
  for (const [answer, sentence] of [
    [undefined, 'METHOD must be an object, and is undefined.'],
    [{ change: 'done' }, 'METHOD.change must be created, updated or unchanged, and is "done".'],
    [{ ...receipt, id: 7 }, 'METHOD.id must be a text of at most 1000 characters, and is 7.'],
    [{ ...receipt, proven: 'yes' }, 'METHOD.proven must be true, false or missing, and is "yes".'],
    [{ ...receipt, findings: finding }, 'METHOD.findings must be a list, and is an object.'],
    [{ ...receipt, findings: ['odd'] }, 'METHOD.findings[0] must be an object, and is "odd".'],
    [{ ...receipt, findings: holed(finding) }, 'METHOD.findings[1] must be an object, and is undefined.'],
  ] as const)
    for (const method of ['deliver', 'rehearse'] as const)
      assert.equal(
        await sentenceOf(() => cross({ [method]: async () => answer })[method]?.(slot, new Map(), signal)),
        sentence
          .replaceAll('METHOD', method)
          .replace(/updated or unchanged/, method === 'rehearse' ? 'updated, unchanged or untried' : '$&'),
      );
});

test('a watch keeps nothing of what it has shown', async () => {
  let first: WeakRef<object> | undefined;
  const waiting = Promise.withResolvers<void>();
  const target = cross({
    async *watch() {
      for (let count = 0; count < 3; count++) {
        const sighting = { gone: `slot ${count}` };
        first ??= new WeakRef(sighting);
        yield sighting;
      }
      await waiting.promise;
    },
  });
  const shown: string[] = [];
  const watched = (async () => {
    for await (const sighting of target.watch?.(signal) ?? []) shown.push('gone' in sighting ? sighting.gone : '');
  })();
  setFlagsFromString('--expose-gc');
  const gc = runInNewContext('gc') as () => void;
  // An awaited value stays referenced until the end of the turn.
  for (let turns = 0; turns < 100 && (shown.length < 3 || first?.deref()); turns++) {
    await setImmediate();
    gc();
  }
  assert.deepEqual([shown, first?.deref()], [['slot 0', 'slot 1', 'slot 2'], undefined]);
  waiting.resolve();
  await watched;
});

test('a watch that never waits for anything leaves time to others', async () => {
  const clock = createVirtualClock();
  const target = acrossBorder(
    {
      address: 'shelf',
      discover: async () => discovery,
      deliver: async () => receipt,
      async *watch() {
        for (;;) yield { slot };
      },
    },
    { kind: 'shelf', clock, registry: means, dispose: async () => undefined },
  );
  const ended = new AbortController();
  let count = 0;
  const watched = (async () => {
    for await (const _ of target.watch?.(ended.signal) ?? []) count++;
  })();
  await clock.advance(0);
  const before = count;
  assert.ok(before > 0 && before < 1000, `${before}`);
  await clock.advance(1);
  assert.ok(count > before, 'it goes on');
  ended.abort();
  await watched;
});

test('a watch that looks at no signal ends with it all the same', async () => {
  const ended = new AbortController();
  const watch = () => ({ [Symbol.asyncIterator]: () => ({ next: () => new Promise(() => undefined) }) });
  const watched = (async () => {
    for await (const _ of cross({ watch }).watch?.(ended.signal) ?? []);
  })();
  ended.abort();
  await watched;
});

test('so is what watch shows', async () => {
  async function seen(watch: unknown): Promise<string> {
    return await sentenceOf(async () => {
      for await (const _ of cross({ watch }).watch?.(signal) ?? []);
    });
  }
  const showing = (sighting: unknown) =>
    async function* () {
      yield sighting;
    };
  assert.equal(await seen(showing({ slot })), 'nothing is wrong');
  assert.equal(await seen(showing({ gone: '7' })), 'nothing is wrong');
  assert.equal(await seen(() => undefined), 'nothing is wrong', 'it cannot be watched now');
  assert.equal(await seen(() => 7), 'watch must be what can be walked over with `for await`, and is 7.');
  assert.equal(await seen(showing(undefined)), 'watch must be an object, and is undefined.');
  assert.equal(await seen(showing({ gone: 7 })), 'watch.gone must be the id of a slot, and is 7.');
  assert.equal(await seen(showing({ slot: { ...slot, state: 7 } })), 'watch.slot.state must be present, absent or drifted, and is 7.');
});

test('what tell throws becomes a Failure, and what it returns is nothing', async () => {
  const notice = { topic: 'renewal', state: 'stands', message: 'm', remedy: 'r', since: new Date(0), times: 1 } as const;
  const told: unknown[] = [];
  const slot = { id: '1', registries: [], state: 'present', ref: 7 } as const;
  await cross({ tell: (...said: unknown[]) => void told.push(...said.slice(0, 2)) }).tell?.(slot, notice, signal);
  assert.deepEqual(told, [slot, notice]);
  const failing = cross({
    tell() {
      throw new TypeError('broken');
    },
  });
  await assert.rejects(failing.tell?.(slot, notice, signal) ?? Promise.resolve(), { code: 'UNEXPECTED', message: /broken/ });
  assert.equal(cross({}).tell, undefined);
  assert.throws(() => cross({ tell: 7 }), /create\.tell must be a function, or missing/);
});

test('so is what prune tells', async () => {
  async function* telling(one: unknown) {
    yield one;
  }
  const said = (made: unknown): Promise<string> =>
    sentenceOf(async () => {
      for await (const _ of cross({ prune: () => made }).prune?.('rehearsed', signal) ?? []);
    });
  assert.equal(await said(telling({ what: 'a row', change: 'removed', failure: new Failure('BUSY', 'Later.') })), 'nothing is wrong');
  assert.equal(await said(undefined), 'prune must be what can be walked over with `for await`, and is undefined.');
  assert.equal(await said(telling({ change: 'removed' })), 'prune.what must be a text, and is undefined.');
  assert.equal(await said(telling({ what: 'a row', change: 'gone' })), 'prune.change must be removed or released, and is "gone".');
  for await (const one of cross({ prune: () => telling({ what: 'a row\n', change: 'removed', failure: 7 }) }).prune?.('written', signal) ??
    [])
    assert.deepEqual([one.what, one.failure?.code], ['a row', 'UNEXPECTED']);
});

test('so is the target itself', async () => {
  const made = (target: unknown) =>
    sentenceOf(() => acrossBorder(target, { kind: 'shelf', clock: createVirtualClock(), registry: means, dispose: async () => undefined }));
  assert.equal(await made(undefined), 'create must be an object, and is undefined.');
  assert.equal(await sentenceOf(() => cross({ address: 7 })), 'create.address must be a text, and is 7.');
  for (const login of ['me:hunter2@', 'hunter2@', 'a@b:hunter2@'])
    assert.equal(cross({ address: `https://${login}depot.test:8443/x?a=b@c` }).address, 'https://depot.test:8443/x?a=b@c');
  assert.equal(cross({ address: 'me@depot' }).address, 'me@depot');
  assert.equal(await sentenceOf(() => cross({ discover: undefined })), 'create.discover must be a function, and is undefined.');
  assert.equal(await sentenceOf(() => cross({ watch: [] })), 'create.watch must be a function, or missing, and is a list.');
});

test('a slot that is sound is handed on as it is; names that nobody can read or hold are made fit', async () => {
  const long = 'n'.repeat(5_000_000);
  const odd = { ...slot, id: '8', title: 'a\u001b[31m\r\nb\u202ec', findings: [{ code: 'ODD', message: `\u009b${long}` }] };
  const { slots, about } = await cross({
    discover: async () => ({ slots: [slot, odd, { ...slot, id: '9', title: long }], findings: [], about: { product: long } }),
  }).discover(signal);

  const { slots: nameless } = await cross({ discover: async () => ({ slots: [{ ...slot, title: '' }], findings: [] }) }).discover(signal);
  assert.equal(nameless[0]?.title, slot.id);
  assert.equal(slots[0], slot);
  assert.equal(slots[1]?.title, 'a [31m b c');
  assert.equal(slots[1]?.ref, slot.ref);
  for (const text of [slots[1]?.findings?.[0]?.message, slots[2]?.title, about?.product]) assert.ok(text && text.length < 2100);
});

test('a target that is an instance of a class keeps its methods, and `this`', async () => {
  class Shelf {
    readonly address = 'shelf';
    readonly #slots = [slot];
    async discover() {
      return { slots: this.#slots, findings: [] };
    }
    async deliver() {
      return this.#slots.length === 1 ? { change: 'unchanged' } : undefined;
    }
    async rehearse() {
      return await this.deliver();
    }
    async *watch() {
      yield { slot: this.#slots[0] };
    }
  }
  const target = acrossBorder(new Shelf(), { kind: 'shelf', clock: createVirtualClock(), registry: means, dispose: async () => undefined });
  assert.equal((await target.discover(signal)).slots.length, 1);
  assert.equal((await target.deliver(slot, new Map(), signal)).change, 'unchanged');
  assert.equal((await target.rehearse?.(slot, new Map(), signal))?.change, 'unchanged');
  for await (const sighting of target.watch?.(signal) ?? []) assert.deepEqual(sighting, { slot });
});

test('what it was lent is closed although its own end throws or never comes', async () => {
  let closed = 0;
  const dispose = async (): Promise<void> => void closed++;
  const clock = createVirtualClock();
  const made = (end: () => unknown) =>
    acrossBorder(
      { address: 'shelf', discover: async () => discovery, deliver: async () => receipt, [Symbol.asyncDispose]: end },
      { kind: 'shelf', clock, registry: means, dispose },
    );
  await made(() => {
    throw new Error('no');
  })[Symbol.asyncDispose]?.();
  assert.equal(closed, 1);
  const hanging = made(() => new Promise(() => undefined))[Symbol.asyncDispose]?.();
  await clock.advance(1000);
  await hanging;
  assert.equal(closed, 2);
});

test('whatever is thrown is a Failure of the table that can be told, with facts that the engine can reckon with', () => {
  const unknown = new Failure('NOPE' as FailureCode, 'It broke.', {
    retryAfterMs: Number.NaN,
    stops: 'everything',
    remedy: 7,
    mayLand: true,
  } as never);
  assert.equal(unknown.code, 'UNEXPECTED');
  assert.equal(unknown.message, 'It broke. (its failure code NOPE is not in the table)');
  assert.deepEqual(unknown.facts, { mayLand: true });
  assert.equal(unknown.stops, 'slot');
  assert.match(unknown.remedy, /report it/);
  assert.equal(new Failure('BUSY', 'Later.', { retryAfterMs: -1 }).facts.retryAfterMs, undefined);
  const words = {
    get message() {
      throw new Error('no');
    },
  };
  for (const thrown of [
    undefined,
    null,
    7,
    Symbol('odd'),
    Object.create(null),
    Object.setPrototypeOf(words, Error.prototype),
    new Error(''),
    { code: 'BUSY' },
  ])
    assert.equal(asFailure(thrown).code, 'UNEXPECTED');
  assert.ok(asFailure(new Error('x'.repeat(5_000_000))).message.length < 4100);
  assert.equal(new Failure('BUSY', 'one\ntwo\u001b[2J\u202e\u0085').message, 'one\ntwo [2J ');
});

test('a Failure that was changed after it was made, or has a class of its own, is one of the table again', async () => {
  const changed = (members: object) => Object.defineProperties(new Failure('REJECTED', 'No.'), Object.getOwnPropertyDescriptors(members));
  class Odd extends Failure {
    override get remedy(): string {
      throw new Error('no');
    }
  }
  const hidden = {
    get facts() {
      throw new Error('no');
    },
  };
  for (const [thrown, code, message] of [
    [changed({ code: 'NOPE' }), 'UNEXPECTED', 'No. (its failure code NOPE is not in the table)'],
    [changed({ code: Symbol('odd') }), 'UNEXPECTED', 'a Failure without a readable message was thrown'],
    [changed({ message: 'one\u001b[31mtwo' }), 'REJECTED', 'one [31mtwo'],
    [changed({ message: undefined }), 'UNEXPECTED', 'a Failure without a readable message was thrown'],
    [changed({ facts: { retryAfterMs: Number.NaN } }), 'REJECTED', 'No.'],
    [changed({ facts: null }), 'UNEXPECTED', 'a Failure without a readable message was thrown'],
    [Object.defineProperties(changed({}), Object.getOwnPropertyDescriptors(hidden)), 'UNEXPECTED', /without a readable message/],
    [new Odd('REJECTED', 'No.'), 'REJECTED', 'No.'],
  ] as const)
    for (const method of ['discover', 'deliver', 'rehearse', 'watch'] as const) {
      const raise = async (): Promise<never> => {
        throw thrown;
      };
      const target = cross({ [method]: method === 'watch' ? () => ({ [Symbol.asyncIterator]: () => ({ next: raise }) }) : raise });
      const ask = {
        discover: () => target.discover(signal),
        deliver: () => target.deliver(slot, new Map(), signal),
        rehearse: async () => target.rehearse?.(slot, new Map(), signal),
        watch: async () => {
          for await (const sighting of target.watch?.(signal) ?? []) assert.ok(sighting);
        },
      }[method];
      const failure = await ask().then(
        () => assert.fail('nothing was thrown'),
        (error: unknown) => error,
      );
      assert.ok(failure instanceof Failure && failure.constructor === Failure, method);
      assert.equal(failure.code, code);
      if (typeof message === 'string') assert.equal(failure.message, message);
      else assert.match(failure.message, message);
      assert.ok(failure.remedy && failure.stops);
    }
});

test('a finding whose code the table of the adapter does not have is told under another code, wherever it stands', async () => {
  const findings = { ODD: { severity: 'info', doc: 'Odd.', remedy: '' } } as const;
  const said = [finding, { code: 'TYPO', message: 'It is odder.' }];
  const made = {
    address: 'shelf',
    discover: async () => ({ slots: [{ ...slot, findings: said }], findings: said }),
    deliver: async () => ({ change: 'updated', findings: said }),
    async *watch() {
      yield { slot: { ...slot, findings: said } };
    },
  };
  const target = acrossBorder(made, {
    kind: 'shelf',
    findings,
    clock: createVirtualClock(),
    registry: means,
    dispose: async () => undefined,
  });
  const expected = [finding, { code: 'OTHER_FINDING', message: "It is odder. (its code TYPO is not in the adapter's table of findings)" }];

  const report = await target.discover(signal);
  assert.deepEqual(report.findings, expected);
  assert.deepEqual(report.slots[0]?.findings, expected);
  assert.deepEqual((await target.deliver(slot, new Map(), signal)).findings, expected);
  for await (const sighting of target.watch?.(signal) ?? []) assert.deepEqual('slot' in sighting && sighting.slot.findings, expected);
});

test('ten thousand followers are checked in one pass', async () => {
  let reads = 0;
  const slots = Array.from({ length: 20_000 }, (_, at) => ({
    ...slot,
    get id() {
      reads++;
      return `${at}`;
    },
    ...(at >= 10_000 && { after: `${at - 10_000}` }),
  }));
  await cross({ discover: async () => ({ slots, findings: [] }) }).discover(signal);
  assert.ok(reads < 20 * slots.length, `${reads} reads of an id`);
});

test('an adapter that waits with a function of Node fails with the deadline that has ended it', async () => {
  const deadline = new Failure('TIMEOUT', 'no answer within 0.3 s');
  const error: unknown = await setTimeout(1000, undefined, { signal: AbortSignal.abort(deadline) }).catch((thrown: unknown) => thrown);
  assert.equal(asFailure(error), deadline);
});
