import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { readYaml } from '../../config/plain.ts';
import type { Deps } from '../../src/contract/adapter.ts';
import { type Clock, clock as machineClock } from '../../src/contract/clock.ts';
import type { Credentials } from '../../src/contract/credential.ts';
import { Failure } from '../../src/contract/failures.ts';
import { type Memory, noMemory } from '../../src/contract/memory.ts';
import { parseAddress } from '../../src/contract/registry.ts';
import { Secret } from '../../src/contract/secret.ts';
import type { Discovery, Finding, Receipt, Rehearsal, Slot, Target } from '../../src/contract/target.ts';
import { lendFiles } from '../../src/io/lent-files.ts';
import { lendHttp } from '../../src/io/lent-http.ts';
import { runFor } from '../../src/io/lent-program.ts';
import { compiled } from '../commands/cli.ts';
import type { FakeServer } from '../fakes/server.ts';

export const hostOf = (account: number, region = 'eu-west-1'): string => `${account}.dkr.ecr.${region}.amazonaws.com`;
export const [host, other, absent] = [hostOf(111111111111), hostOf(222222222222, 'us-east-1'), hostOf(333333333333)] as const;
export const soon = (): AbortSignal => AbortSignal.timeout(20_000);

/** A target without the engine that reaches a fake through the real HTTP layer. */
export interface Rig<Fake extends FakeServer, Ref> extends AsyncDisposable {
  readonly fake: Fake;
  readonly target: Target<Ref>;
  /** The adapter's log lines. */
  readonly logged: readonly unknown[];
  discover(): Promise<Discovery<Ref>>;
  deliver(slot: Slot<Ref> | undefined, credentials: Credentials): Promise<Receipt>;
  rehearse(slot: Slot<Ref> | undefined, credentials: Credentials): Promise<Rehearsal>;
  /** Returns method and path of every request that does not match `aside`. */
  asked(): string[];
}

export interface Setting {
  /** The hosts that the target's `registries:` ask for. */
  readonly wanted?: readonly string[] | undefined;
  /** nothing: the target is not told to `create`. */
  readonly creates?: 'nothing' | undefined;
  readonly clock?: Clock | undefined;
  readonly aliases?: ReadonlyMap<string, string>;
  /** Whether a source for ECR Public is configured. */
  readonly publicSource?: 'configured' | undefined;
  /** Diagnostic requests, which `asked` leaves out. */
  readonly aside?: RegExp;
  /** The memory that an earlier process left. */
  readonly memory?: Memory | undefined;
}

/**
 * Opens a target on a fake, and takes ownership of the fake: it is disposed of with the rig, or immediately when the
 * target cannot be opened.
 */
export async function rigOn<Fake extends FakeServer, Ref>(
  fake: Fake,
  create: (deps: Deps) => Target<Ref>,
  { wanted = [], creates, clock = machineClock, aliases, aside, publicSource, memory = noMemory }: Setting = {},
): Promise<Rig<Fake, Ref>> {
  await using stack = new AsyncDisposableStack();
  stack.use(fake);
  // The adapter may open more clients later.
  const clients = stack.use(new AsyncDisposableStack());
  const logged: unknown[] = [];
  const target = create({
    name: 'target',
    log: { info: (...line) => void logged.push(line), debug: (...line) => void logged.push(line) },
    clock,
    wanted: wanted.map(name => parseAddress(name)?.registry ?? assert.fail(name)),
    mayCreate: creates !== 'nothing',
    http: base => clients.use(lendHttp(base, { allowHttp: true, env: {} })),
    yaml: readYaml,
    run: program => runFor(program, { PATH: process.env['PATH'] }),
    files: lendFiles({ writes: 'allowed' }),
    memory,
    askers: { directory: '/nowhere', uid: process.getuid?.(), identityOf: async () => undefined },
    registry: address => parseAddress(address, aliases),
    hasSource: ({ service }) => service === 'ecr' || publicSource === 'configured',
    finding: (code, message, remedy) => ({ code, message, ...(remedy !== undefined && { remedy }) }),
  });
  const running = stack.move();
  return {
    fake,
    target,
    logged,
    discover: () => target.discover(soon()),
    deliver: (slot, credentials) => target.deliver(slot ?? assert.fail('no such slot'), credentials, soon()),
    rehearse: (slot, credentials) =>
      target.rehearse?.(slot ?? assert.fail('no such slot'), credentials, soon()) ?? assert.fail('it cannot rehearse'),
    asked: () => fake.requests.map(({ method, path }) => `${method} ${path}`).filter(line => !aside?.test(line)),
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

/** Makes a credential for each host. */
export function given(hosts: string | readonly string[], password = 'new-token'): Credentials {
  const now = new Date();
  const credential = { username: 'AWS', password: new Secret(password), issuedAt: now, expiresAt: now, source: 's', scope: 'k' };
  return new Map([hosts].flat().map(name => [name, credential]));
}

/** Returns the Failure that `work` must reject with. */
export async function failing(work: Promise<unknown>): Promise<Failure> {
  const error = await work.then(
    () => assert.fail('it did not fail'),
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof Failure, String(error));
  return error;
}

export const only = <Ref>(slots: readonly Slot<Ref>[]): Slot<Ref> => (assert.equal(slots.length, 1), slots[0] as Slot<Ref>);
export const codesOf = (findings: readonly Finding[] = []): string[] => findings.map(({ code }) => code);
/** Returns id, state and finding codes of each slot as a line. */
export const linesOf = ({ slots }: Discovery): string[] =>
  slots.map(({ id, state, findings }) => [id, state, ...codesOf(findings)].join(' '));

/**
 * Returns the values of the environment variables that name a real server, or undefined when none is set. Throws when
 * only some are set, so that a suite is not skipped silently.
 */
export function realServer<Name extends string>(...names: readonly Name[]): Readonly<Record<Name, string>> | undefined {
  const [given, missing] = [names.filter(name => process.env[name]), names.filter(name => !process.env[name])];
  if (given.length === 0) return undefined;
  if (missing.length > 0)
    throw new Error(`For tests on a real server ${missing.join(' and ')} must be set, too, beside ${given.join(' and ')}.`);
  return Object.fromEntries(names.map(name => [name, process.env[name] ?? ''])) as Record<Name, string>;
}

/**
 * A pattern for some checks of each kind in `testAdapter`: checks without needs and checks that need faults (six
 * together), and one that needs the stored password.
 */
export const someChecks = 'on http.* (finds|updates|creates only|503 to|a (write|discovery) that meets "lost"|stores)';

/**
 * Runs the tests of a file that match the pattern, in a new process with these variables. Returns how many passed and
 * how many were skipped.
 */
export async function runTests(file: string, pattern: string, env: Readonly<Record<string, string>>) {
  // No `--test`: it would start a second process for the file.
  const child = spawn(process.execPath, ['--test-reporter=tap', `--test-name-pattern=${pattern}`, file], {
    env: { PATH: process.env['PATH'] ?? '', ...compiled, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 240_000,
  });
  const [results, complaints, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close') as Promise<[number | null]>,
  ]);
  const said = results + complaints;
  const count = (what: string): number => Number(new RegExp(`^# ${what} (\\d+)$`, 'm').exec(said)?.[1]);
  return { code, passed: count('pass'), skipped: count('skipped'), said };
}
