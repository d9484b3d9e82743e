import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { inspect } from 'node:util';
import type { Adapter, OptionSpecs } from '../../../src/contract/adapter.ts';
import type { Credential, Credentials } from '../../../src/contract/credential.ts';
import { asFailure, Failure, type FailureCode } from '../../../src/contract/failures.ts';
import { Secret } from '../../../src/contract/secret.ts';
import type { Discovery, Receipt, Rehearsal, Slot, Target } from '../../../src/contract/target.ts';
import type { Fault, Seen } from '../../fakes/server.ts';
import { type Asking, askedAs, assertDiscovery, assertFindings, assertNoSecret, makeAsking, type Setting } from './asking.ts';
import type { Disk } from './disk.ts';
import type { Patience } from './patience.ts';
import { behindProxy } from './proxy.ts';
import type { Double, Stage, Suite } from './stage.ts';

/** What a stage must offer for a check. */
export type Need = 'faults' | 'passwords';
/** What a check is about. Checks of creations do not apply to adapters that create nothing. */
export type Subject = Need | 'creations';

/** The circumstances of an attempt. It is aborted shortly after `end` resolves. */
interface Attempt extends Setting {
  readonly end?: Promise<unknown>;
}

export interface Spoiled {
  /** Resolves when a request has met the fault. */
  readonly met: Promise<unknown>;
  /** Returns method and path of the first request that met the fault, for messages. Fails if none did. */
  asked(): string;
  /** Returns how many requests met the fault. */
  count(): number;
}

/** The adapter on its stage. All its output is recorded and finally searched for secrets. */
export interface Scene<Ref> extends AsyncDisposable {
  /** Two hosts that the manager holds, and one that it does not (`absent`). */
  readonly mine: string;
  readonly other: string;
  readonly absent: string;
  readonly hosts: readonly string[];
  readonly patience: Patience;
  readonly lacks: ReadonlySet<Need>;
  /** The double or proxy behind the options. Only checks that need faults may read it. */
  readonly double: Double;
  /** The faults and the written paths of the adapter's files. */
  readonly disk: Disk;
  discover(attempt?: Attempt): Promise<Discovery<Ref>>;
  /**
   * Returns the slots of the stage's hosts and the slots that come after them. The suite leaves all other slots of a
   * real server alone.
   */
  own(discovery: Discovery<Ref>): readonly Slot<Ref>[];
  deliver(slot: Slot<Ref> | undefined, credentials: Credentials, attempt?: Attempt): Promise<Receipt>;
  rehearse(slot: Slot<Ref>, credentials: Credentials, attempt?: Attempt): Promise<Rehearsal | undefined>;
  /** Issues a new credential for each host. */
  credentials(...hosts: readonly string[]): Credentials;
  /** Returns the password that the manager holds for the host. */
  holds(discovery: Discovery<Ref>, host: string): Promise<string | undefined>;
  /** Returns the writes that arrived so far, for messages. Without a double or proxy only written files are counted. */
  writes(): string[];
  /** Makes all further writes, or all further requests, meet the fault. */
  spoil(which: 'writes' | 'all', fault: Fault): Spoiled;
  mend(): void;
  /** Returns the first 40 characters of the newest password, as a careless server may quote what it received. */
  quotation(): string;
  assertNoSecret(): void;
}

export async function openScene<S extends OptionSpecs, F extends string, Ref>(
  { adapter, start, isWrite = ({ method }) => method !== 'GET' }: Suite<S, F, Ref>,
  patience: Patience,
): Promise<Scene<Ref>> {
  await using stack = new AsyncDisposableStack();
  const given = stack.use(await patience.start(start()));
  const behind = given.server ? undefined : await behindProxy(given, adapter.options);
  if (behind) stack.use(behind.proxy);
  const stage: Stage<S> = behind ? { ...given, options: behind.options } : given;
  const double = given.server ?? behind?.proxy;
  const [mine = '', other = ''] = stage.hosts;
  const issued: Secret[] = [];
  const disk: Disk = { written: [] };
  const { ask, said } = makeAsking(adapter, stage, disk);
  const opened = stack.move();
  return {
    mine,
    other,
    absent: stage.absent,
    hosts: stage.hosts,
    patience,
    lacks: new Set<Need>([...(double ? [] : ['faults' as const]), ...(stage.passwordOf ? [] : ['passwords' as const])]),
    get double() {
      return double ?? assert.fail('this check needs a double');
    },
    ...questions(adapter, ask, patience),
    own: ({ slots }) => ownOf(slots, [...stage.hosts, stage.absent]),
    credentials: (...hosts) => new Map(hosts.map(host => [host, credential(issued)])),
    holds: async (discovery, host) => {
      const held = stage.passwordOf?.(defined(slotOf(discovery, host), `no slot of ${host}`), host);
      return await patience.within(`the look at the password of ${host}`, Promise.resolve(held));
    },
    disk,
    writes: () => [...(double?.requests ?? []).filter(isWrite).map(named), ...disk.written],
    spoil: (which, fault) => spoil(defined(double, 'this check needs a double'), fault, which === 'all' ? () => true : isWrite),
    mend() {
      if (double) double.fault = undefined;
    },
    quotation: () => issued.at(-1)?.reveal().slice(0, 40) ?? '',
    assertNoSecret: () => assertNoSecret(said, issued, secretsOf(stage.options)),
    [Symbol.asyncDispose]: () => patience.within('the end of the stage', opened.disposeAsync()),
  };
}

function questions<Ref>(adapter: Adapter, ask: Asking<Ref>, patience: Patience): Pick<Scene<Ref>, 'discover' | 'deliver' | 'rehearse'> {
  const during = <T>(what: string, question: (target: Target<Ref>, signal: AbortSignal) => Promise<T>, { end, ...setting }: Attempt = {}) =>
    patience.ask(what, (signal, over) => ask(target => question(target, signal), over, setting), end);
  return {
    async discover(attempt) {
      const discovery = await during('a discovery', (target, signal) => target.discover(signal), attempt);
      assertDiscovery(adapter, discovery);
      return discovery;
    },
    async deliver(slot, credentials, attempt) {
      const where = defined(slot, 'there is no slot to deliver to');
      const receipt = await during(`a delivery to ${where.id}`, (target, signal) => target.deliver(where, credentials, signal), attempt);
      assertFindings(adapter, receipt.findings);
      return receipt;
    },
    async rehearse(slot, credentials, attempt) {
      const rehearsing = async (target: Target<Ref>, signal: AbortSignal) => await target.rehearse?.(slot, credentials, signal);
      const receipt = await during(`a rehearsal for ${slot.id}`, rehearsing, attempt);
      assertFindings(adapter, receipt?.findings);
      return receipt;
    },
  };
}

function spoil(double: Double, fault: Fault, concerns: (request: Seen) => boolean): Spoiled {
  const { promise: met, resolve } = Promise.withResolvers<void>();
  let first: Seen | undefined;
  let count = 0;
  double.fault = request => {
    if (!concerns(request)) return undefined;
    first ??= request;
    count++;
    resolve();
    return fault;
  };
  const none = 'no request met the fault: does the suite know the writes of the adapter (isWrite)?';
  return { met, asked: () => named(defined(first, none)), count: () => count };
}

function credential(issued: Secret[]): Credential {
  const password = new Secret(`eyJ${randomBytes(900).toString('base64')}`);
  issued.push(password);
  const issuedAt = new Date();
  return {
    username: 'AWS',
    password,
    issuedAt,
    expiresAt: new Date(issuedAt.getTime() + 12 * 3_600_000),
    source: 'test',
    scope: 'test',
    askedAs,
  };
}
const secretsOf = (options: object): Secret[] => Object.values(options).filter(value => value instanceof Secret);

const named = ({ method, path }: Seen): string => `${method} ${path}`;
export const idsOf = ({ slots }: Pick<Discovery, 'slots'>): string[] => slots.map(({ id }) => id).sort();
function ownOf<Ref>(slots: readonly Slot<Ref>[], hosts: readonly string[]): readonly Slot<Ref>[] {
  const own = new Set(slots.filter(({ registries }) => registries.some(({ host }) => hosts.includes(host))).map(({ id }) => id));
  for (const _ of slots) for (const { id, after } of slots) if (after !== undefined && own.has(after)) own.add(id);
  return slots.filter(({ id }) => own.has(id));
}
/** Returns the slot of a host: one without `after` if there is one, else the first. */
export function slotOf<Ref>({ slots }: Pick<Discovery<Ref>, 'slots'>, host: string): Slot<Ref> | undefined {
  const serving = slots.filter(({ registries }) => registries.some(registry => registry.host === host));
  return serving.find(({ after }) => after === undefined) ?? serving[0];
}
export const passwordIn = (credentials: Credentials, host: string): string | undefined => credentials.get(host)?.password.reveal();

/** Returns the Failure that `work` rejects with. Fails if it resolves or rejects with anything else. */
export async function failureOf(what: string, work: Promise<unknown>): Promise<Failure> {
  const error = await work.then(
    answer => assert.fail(`${what} must fail, and it came to ${inspect(answer)}`),
    (thrown: unknown) => thrown,
  );
  if (error instanceof assert.AssertionError) throw error;
  assert.ok(error instanceof Failure, `${what} must throw a Failure, and not ${asFailure(error).message}`);
  return error;
}

export function assertCode(failure: Failure, code: FailureCode, asked: string): void {
  assert.equal(failure.code, code, `${asked}: that must be a failure with the code ${code}, and not ${failure.code} (${failure.message})`);
}

export function defined<T>(value: T | undefined, otherwise: string): T {
  return value ?? assert.fail(otherwise);
}
