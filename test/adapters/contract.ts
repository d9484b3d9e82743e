import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, type TestContext, test } from 'node:test';
import { inspect } from 'node:util';
import type { Adapter, Deps, Discovery, Finding, Http, OptionSpecs, Options, Receipt, Slot, Target } from '../../src/contract/adapter.ts';
import { clock } from '../../src/contract/clock.ts';
import type { Credential, Credentials } from '../../src/contract/credential.ts';
import { Failure, type FailureCode } from '../../src/contract/failures.ts';
import { parseAddress, type Registry } from '../../src/contract/registry.ts';
import { Secret } from '../../src/contract/secret.ts';
import { openHttp } from '../../src/io/http.ts';
import type { FakeServer, Fault, Seen } from '../fakes/server.ts';

/** A manager that runs for one test: a double, or the product itself. */
export interface Stage<S extends OptionSpecs> extends AsyncDisposable {
  readonly options: Options<S>;
  /** At least two ECR hosts that it holds, each in a slot of its own or together in one. */
  readonly hosts: readonly string[];
  /** An ECR host that it does not hold. */
  readonly absent: string;
  /** The password that the manager holds for a host in a slot. A product that keeps its secrets has none of this. */
  readonly passwordOf?: (slot: Slot, host: string) => string | undefined | Promise<string | undefined>;
  /** The double behind `options`: its faults are switched on, its requests and sockets looked at. */
  readonly server?: Pick<FakeServer, 'fault' | 'requests' | 'sockets'>;
  /** For a product whose certificate nobody has signed. */
  readonly tls?: { readonly insecureSkipVerify: true };
}

export interface Suite<S extends OptionSpecs, F extends string, Ref> {
  readonly adapter: Adapter<S, F, Ref>;
  /** Called for each test. Leaves nothing behind when disposed of. */
  readonly start: () => Promise<Stage<S>>;
  /** Which requests may change something; all but GET unless said (a login and a ping do not). */
  readonly isWrite?: (request: Seen) => boolean;
  /** What the product means by a status, where it is not the usual meaning. */
  readonly codes?: Readonly<Partial<Record<number, FailureCode>>>;
  /** A write names the version that it replaces, so one that comes late is refused over there. */
  readonly versioned?: boolean;
}

/** What every status means to a delivery, unless the product means something else by it. */
const codes: Readonly<Record<number, FailureCode>> = {
  307: 'MISCONFIGURED',
  401: 'AUTH',
  403: 'FORBIDDEN',
  404: 'NOT_FOUND',
  408: 'BUSY',
  409: 'CONFLICT',
  413: 'TOO_LARGE',
  422: 'REJECTED',
  429: 'BUSY',
  500: 'UNEXPECTED',
  502: 'UNREACHABLE',
  503: 'BUSY',
  504: 'UNREACHABLE',
};
const proxyStatus = new Set([502, 504]);

/** By fault: what a write comes to, within a short deadline. In all of these it may still land. */
const faults: readonly (readonly [Fault & string, FailureCode])[] = [
  ['hang', 'TIMEOUT'],
  ['mute', 'TIMEOUT'],
  ['drip', 'TIMEOUT'],
  ['huge', 'TOO_LARGE'],
  ['reset', 'UNREACHABLE'],
  ['lost', 'UNREACHABLE'],
];

/** What a proxy or a login in between may answer. */
const notLists = [
  ['a login page', '<!doctype html><title>Log in</title>'],
  ['half a list', '[{"id":'],
  ['nothing', ''],
] as const;

/** The behaviour that the contract asks of every adapter. What a stage cannot show is said in a diagnostic line. */
export function testAdapter<S extends OptionSpecs, F extends string, Ref>(suite: Suite<S, F, Ref>): void {
  const isWrite = suite.isWrite ?? (({ method }: Seen) => method !== 'GET');
  const scene = (name: string, play: (scene: Scene<S, Ref>, t: TestContext) => Promise<void>): void =>
    void test(name, async t => {
      await using opened = await openScene(suite);
      await play(opened, t);
      opened.assertNoSecret();
    });
  const onDouble = (name: string, play: (scene: Scene<S, Ref>, server: NonNullable<Stage<S>['server']>) => Promise<void>): void =>
    scene(name, async (opened, t) => {
      if (opened.stage.server) await play(opened, opened.stage.server);
      else t.diagnostic('not shown here: a real server cannot be made to fail');
    });
  const failWrites = (server: NonNullable<Stage<S>['server']>, fault: Fault): void => {
    server.fault = request => (isWrite(request) ? fault : undefined);
  };

  describe(`${suite.adapter.kind}: the contract of all adapters`, () => {
    scene('finds what is there, with the same ids each time, and reads only', async ({ stage, discover }) => {
      const [first, second] = [await discover({ readonly: true }), await discover({ readonly: true })];
      assert.deepEqual(idsOf(second), idsOf(first), 'a second discovery must find the same ids: ids may not depend on the moment');
      assert.equal(new Set(idsOf(first)).size, first.slots.length, 'no id twice');
      for (const host of stage.hosts) assert.ok(slotOf(first, host), `${host} is found`);
      assert.equal(slotOf(first, stage.absent), undefined, 'what is neither there nor wanted is no slot');
      const told = [...first.findings, ...first.slots.flatMap(slot => slot.findings ?? [])];
      for (const { code } of told) assert.ok(Object.hasOwn(suite.adapter.findings, code), `${code} is in the table of findings`);
      for (const seen of stage.server?.requests ?? []) assert.ok(!isWrite(seen), `${seen.method} ${seen.path} writes`);
    });

    scene('updates in place what it is given, and nothing else', async ({ stage, discover, deliver, holds }, t) => {
      const [mine = '', other = ''] = stage.hosts;
      const before = await discover();
      const kept = await holds(before, other);
      const given = credentials(mine);
      const receipt = await deliver(slotOf(before, mine), given);
      assert.notEqual(receipt.change, 'created', 'a delivery to what is there must not say that it created it');
      const after = await discover();
      assert.deepEqual(idsOf(after), idsOf(before), 'a delivery to what is there must add, remove and rename no slot');
      assert.equal(slotOf(after, mine)?.state, 'present', 'a slot must stay present when it was written');
      if (!stage.passwordOf) return t.diagnostic('not shown here: which password is stored');
      assert.equal(await holds(after, mine), given.get(mine)?.password.reveal(), notTheGiven(mine));
      assert.equal(await holds(after, other), kept, `what is held for ${other} must stay as it was: only ${mine} was delivered`);
    });

    scene('twice is as good as once', async ({ stage, discover, deliver, holds }, t) => {
      const before = await discover();
      for (const host of stage.hosts) await deliver(slotOf(before, host), credentials(host));
      const again = credentials(...stage.hosts);
      for (const host of stage.hosts) await deliver(slotOf(before, host), again);
      const after = await discover();
      assert.deepEqual(idsOf(after), idsOf(before), 'a second delivery must add, remove and rename no slot');
      if (!stage.passwordOf) return t.diagnostic('not shown here: which password is stored');
      for (const host of stage.hosts) assert.equal(await holds(after, host), again.get(host)?.password.reveal(), notTheGiven(host));
    });

    scene('keeps what it is not given', async ({ stage, discover, deliver, holds }, t) => {
      if (!stage.passwordOf) return t.diagnostic('not shown here: which password is stored');
      const before = await discover();
      const kept = await Promise.all(stage.hosts.map(host => holds(before, host)));
      const [first = ''] = stage.hosts;
      for (const slot of before.slots.filter(slot => slot.registries.length > 0)) {
        const given = credentials(...slot.registries.slice(1).map(({ host }) => host));
        const receipt = await deliver(slot, given);
        if (given.size === 0) assert.equal(receipt.change, 'unchanged', 'a delivery of no credential must change nothing, and say so');
      }
      assert.equal(await holds(before, first), kept[0], `what is held for ${first} must stay: no credential was given for it`);
      if (before.slots.every(slot => slot.registries.length < 2)) t.diagnostic('not shown here: a slot of several registries');
    });

    scene('creates only when told, once, and says under which id', async ({ stage, discover, deliver, holds, ask }) => {
      const { absent } = stage;
      const wanted = { wanted: [registry(absent)] };
      const before = await discover(wanted);
      const slot = slotOf(before, absent);
      assert.equal(slot?.state, 'absent', 'a host that is wanted and not there must be found as an absent slot');
      assert.deepEqual(
        idsOf(await discover()),
        idsOf(before).filter(id => id !== slot.id),
        'discovering creates nothing',
      );
      const receipt = await deliver(slot, credentials(absent), wanted);
      assert.equal(receipt.change, 'created', 'a delivery to an absent slot must create it, and say so');
      const created = slotOf(await discover(wanted), absent);
      assert.equal(created?.id, receipt.id ?? slot.id, 'the receipt must name the id under which the slot is found from now on');
      assert.equal(created.state, 'present', 'what was created must be found as present');
      // The answer to an attempt may get lost, so the same is asked for once more.
      const given = credentials(absent);
      const again = await ask(target => target.deliver(slot, given, deadline(10_000)), wanted);
      assert.notEqual(
        again.change,
        'created',
        'the same delivery to an absent slot once more must find what the first one created, and write to it',
      );
      const after = await discover(wanted);
      assert.equal(
        after.slots.filter(({ registries }) => registries.some(({ host }) => host === absent)).length,
        1,
        'a creation that is asked for twice must leave one entry',
      );
      if (stage.passwordOf) assert.equal(await holds(after, absent), given.get(absent)?.password.reveal(), notTheGiven(absent));
    });

    scene('a rehearsal writes nothing', async ({ stage, discover, ask, holds }, t) => {
      const before = await discover();
      const [host = ''] = stage.hosts;
      const kept = stage.passwordOf && (await holds(before, host));
      const receipt = await ask(
        target => target.rehearse?.(defined(slotOf(before, host)), credentials(host), deadline(10_000)) ?? Promise.resolve(undefined),
        { readonly: true },
      );
      if (!receipt) return t.diagnostic('not shown here: the adapter has no rehearsal');
      assert.equal(stage.passwordOf && (await holds(before, host)), kept, `a rehearsal must leave what is held for ${host}`);
    });

    for (const [status, usual] of Object.entries(codes)) {
      const code = suite.codes?.[Number(status)] ?? usual;
      onDouble(`${status} to a write is ${code}`, async ({ stage, discover, fails }, server) => {
        const [host = ''] = stage.hosts;
        const slot = slotOf(await discover(), host);
        failWrites(server, {
          status: Number(status),
          headers: { location: 'https://elsewhere.test/', 'retry-after': '7' },
          text: quoting(slot),
        });
        const failure = await fails(slot, credentials(host));
        assert.equal(failure.code, code, `the answer ${status} to a write must be a failure with the code ${code}`);
        const proxied = proxyStatus.has(Number(status));
        assert.equal(
          failure.facts.mayLand ?? false,
          proxied,
          `after ${status} a write ${proxied ? 'may still land' : 'cannot land'}: facts.mayLand`,
        );
        if (code === 'BUSY') assert.equal(failure.facts.retryAfterMs, 7_000, 'retry-after: 7 must become facts.retryAfterMs');
      });
    }

    for (const [fault, code] of faults) {
      onDouble(`a write that meets "${fault}" is ${code} and may land; the next one works`, async scene => {
        const { stage, discover, fails, deliver } = scene;
        const server = defined(stage.server);
        const [host = ''] = stage.hosts;
        const slot = slotOf(await discover(), host);
        failWrites(server, fault);
        const failure = await fails(slot, credentials(host), 300);
        assert.equal(failure.code, code, `a write that meets "${fault}" must be a failure with the code ${code}`);
        assert.equal(failure.facts.mayLand, true, 'nobody knows whether that write lands: facts.mayLand must be true');
        server.fault = undefined;
        await deliver(slot, credentials(host));
      });
      onDouble(`a discovery that meets "${fault}" ends with ${code}`, async ({ ask }, server) => {
        server.fault = () => fault;
        const failure = await failureOf(ask(target => target.discover(deadline(300))));
        assert.equal(failure.code, code, `a discovery that meets "${fault}" must be a failure with the code ${code}`);
        assert.equal(failure.facts.mayLand, undefined, 'a discovery writes nothing: it must say nothing of what may land');
      });
    }

    for (const [name, text] of notLists)
      onDouble(`a discovery that is answered with 200 and ${name} fails: nothing is taken for gone`, async ({ ask }, server) => {
        server.fault = () => ({ status: 200, text });
        await failureOf(ask(target => target.discover(deadline(10_000))));
      });

    onDouble(
      'a write that is answered after the deadline may land, but over a newer one only where writes have no version',
      async ({ stage, discover, fails, deliver, holds }, server) => {
        const [host = ''] = stage.hosts;
        const before = await discover();
        const late = credentials(host);
        failWrites(server, { lateMs: 400 });
        const failure = await fails(slotOf(before, host), late, 150);
        assert.equal(failure.code, 'TIMEOUT', 'a deadline that passes must be a failure with the code TIMEOUT');
        assert.equal(failure.facts.mayLand, true, 'nobody knows whether that write lands: facts.mayLand must be true');
        server.fault = undefined;
        const newer = credentials(host);
        await deliver(slotOf(before, host), newer);
        if (!stage.passwordOf) return;
        if (suite.versioned) {
          await clock.sleep(800, deadline(10_000));
          return assert.equal(
            await holds(before, host),
            newer.get(host)?.password.reveal(),
            'a late write of a former version must be refused',
          );
        }
        while ((await holds(before, host)) !== late.get(host)?.password.reveal()) await clock.sleep(10, deadline(10_000));
      },
    );

    onDouble('an abort leaves no socket', async ({ stage, discover, ask }, server) => {
      const [host = ''] = stage.hosts;
      const slot = defined(slotOf(await discover(), host));
      server.fault = () => 'hang';
      await ask(async target => {
        await failureOf(target.deliver(slot, credentials(host), deadline(100)));
        while (server.sockets.size > 0) await clock.sleep(10, deadline(10_000));
      });
    });
  });
}

interface Setting {
  readonly readonly?: boolean;
  readonly wanted?: readonly Registry[];
}

/** The adapter on its stage. Everything that it says is kept, to be searched for secrets at the end. */
interface Scene<S extends OptionSpecs, Ref> extends AsyncDisposable {
  readonly stage: Stage<S>;
  readonly ask: <T>(question: (target: Target<Ref>) => Promise<T>, setting?: Setting) => Promise<T>;
  readonly discover: (setting?: Setting) => Promise<Discovery<Ref>>;
  readonly deliver: (slot: Slot<Ref> | undefined, credentials: Credentials, setting?: Setting) => Promise<Receipt>;
  readonly fails: (slot: Slot<Ref> | undefined, credentials: Credentials, ms?: number) => Promise<Failure>;
  readonly holds: (discovery: Discovery<Ref>, host: string) => Promise<string | undefined>;
  readonly assertNoSecret: () => void;
}

async function openScene<S extends OptionSpecs, F extends string, Ref>({ adapter, start }: Suite<S, F, Ref>): Promise<Scene<S, Ref>> {
  const stage = await start();
  const said: unknown[] = [];
  /** Made anew for each question, as the engine does after a change: an adapter must not lean on what it remembers. */
  async function ask<T>(question: (target: Target<Ref>) => Promise<T>, { readonly = false, wanted = [] }: Setting = {}): Promise<T> {
    const clients: (Http & AsyncDisposable)[] = [];
    const deps: Deps<F> = {
      name: adapter.kind,
      log: { info: (...line) => void said.push(line), debug: (...line) => void said.push(line) },
      clock,
      wanted,
      http(base) {
        const client = openHttp({ allowHttp: true, env: {}, maxBytes: 1024 * 1024, tls: stage.tls, ...base, readonly });
        clients.push(client);
        return client;
      },
      registry: address => parseAddress(address),
      finding: (code, message, remedy): Finding => ({ code, message, ...(remedy !== undefined && { remedy }) }),
    };
    try {
      const target = adapter.create(stage.options, deps);
      said.push(target.address);
      const answer = await question(target);
      await target[Symbol.asyncDispose]?.();
      said.push(answer);
      return answer;
    } catch (error) {
      said.push(error, error instanceof Failure ? [error.message, error.remedy, error.facts] : undefined);
      throw error;
    } finally {
      await Promise.all(clients.map(client => client[Symbol.asyncDispose]()));
    }
  }
  return {
    stage,
    ask,
    discover: setting => ask(target => target.discover(deadline(10_000)), setting),
    deliver: (slot, given, setting) => ask(target => target.deliver(defined(slot), given, deadline(10_000)), setting),
    fails: (slot, given, ms = 10_000) => failureOf(ask(target => target.deliver(defined(slot), given, deadline(ms)))),
    holds: async ({ slots }, host) => stage.passwordOf?.(defined(slotOf({ slots }, host)), host),
    assertNoSecret() {
      const text = inspect(said, { depth: Number.POSITIVE_INFINITY, maxArrayLength: null, maxStringLength: null, showHidden: true });
      for (const secret of [...issued, ...secretsOf(stage.options)])
        for (const form of [...Secret.forms(secret), secret.reveal().slice(4, 24)])
          assert.ok(!text.includes(form), 'a secret, or a piece of one, in a log line, finding or error');
    },
    [Symbol.asyncDispose]: () => stage[Symbol.asyncDispose](),
  };
}

const issued: Secret[] = [];

/** A credential of its own for each host. */
function credentials(...hosts: readonly string[]): Credentials {
  return new Map(hosts.map(host => [host, credential()]));
}
function credential(): Credential {
  const password = new Secret(`eyJ${randomBytes(900).toString('base64')}`);
  issued.push(password);
  const issuedAt = new Date();
  return { username: 'AWS', password, issuedAt, expiresAt: new Date(issuedAt.getTime() + 12 * 3_600_000), source: 'test', scope: 'test' };
}
const secretsOf = (options: object): Secret[] => Object.values(options).filter(value => value instanceof Secret);

/** An answer that quotes what a hostile or careless server could quote: the last password that was issued. */
const quoting = (slot: Slot | undefined): string => `no ${slot?.id}: ${issued.at(-1)?.reveal().slice(0, 40)}`;

const notTheGiven = (host: string): string => `the manager must hold for ${host} the password that was delivered last, exactly`;

const registry = (host: string): Registry => defined(parseAddress(host)).registry;
const idsOf = ({ slots }: Pick<Discovery, 'slots'>): string[] => slots.map(({ id }) => id).sort();
function slotOf<Ref>({ slots }: Pick<Discovery<Ref>, 'slots'>, host: string): Slot<Ref> | undefined {
  return slots.find(({ registries }) => registries.some(registry => registry.host === host));
}

/** As the engine ends an attempt: with a failure as the reason. */
function deadline(ms: number): AbortSignal {
  const ends = new AbortController();
  setTimeout(() => ends.abort(new Failure('TIMEOUT', `no answer within ${ms} ms`)), ms).unref();
  return ends.signal;
}

async function failureOf(work: Promise<unknown>): Promise<Failure> {
  const error = await work.then(
    () => assert.fail('it did not fail'),
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof Failure, `a Failure is thrown, not ${inspect(error)}`);
  return error;
}

function defined<T>(value: T | undefined): T {
  assert.ok(value !== undefined);
  return value;
}
