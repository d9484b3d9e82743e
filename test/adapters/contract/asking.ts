import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import { readYaml } from '../../../config/plain.ts';
import { acrossBorder } from '../../../src/border/target.ts';
import type { Adapter, Deps, OptionSpecs } from '../../../src/contract/adapter.ts';
import { type Clock, clock } from '../../../src/contract/clock.ts';
import { Failure } from '../../../src/contract/failures.ts';
import type { Http } from '../../../src/contract/http.ts';
import { noMemory } from '../../../src/contract/memory.ts';
import { parseAddress, type Registry } from '../../../src/contract/registry.ts';
import { Secret } from '../../../src/contract/secret.ts';
import type { Discovery, Finding, Target } from '../../../src/contract/target.ts';
import { lendFiles } from '../../../src/io/lent-files.ts';
import { lendHttp } from '../../../src/io/lent-http.ts';
import { runFor } from '../../../src/io/lent-program.ts';
import { type Disk, watchedFiles } from './disk.ts';
import type { Stage } from './stage.ts';

/** The identity (`askedAs`) of every credential that the checks issue. */
export const askedAs = 'the identity of all tests';

export interface Setting {
  /** Asks as the command `check` does: a request that may change something is refused before it is sent. */
  readonly readonly?: boolean;
  /** The hosts that the target's `registries:` ask for. */
  readonly wanted?: readonly string[];
}
/**
 * Asks the adapter a question. When `over` aborts, the caller no longer waits for the answer: the adapter's requests
 * and sleeps fail from then on, so that none of its loops goes on.
 */
export type Asking<Ref> = <T>(question: (target: Target<Ref>) => Promise<T>, over: AbortSignal, setting?: Setting) => Promise<T>;

export const registryOf = (host: string): Registry => parseAddress(host)?.registry ?? assert.fail(`${host} is not an ECR host`);

/**
 * Returns a clock whose sleeps throw once the test is over, which ends every loop of an adapter. A sleep that began
 * before ends then, as the deadline of a request does. Each sleep also yields to the event loop: an aborted sleep
 * returns immediately, and a loop of such sleeps would starve everything else.
 */
const clockUntil = (over: AbortSignal): Clock => ({
  ...clock,
  async sleep(ms, signal) {
    if (over.aborted) throw new Error('the test is over, and the adapter still sleeps');
    await clock.sleep(ms, AbortSignal.any([signal, over]));
    await new Promise(setImmediate);
  },
});

/**
 * Returns `ask`, which creates the adapter's target for each question, as after a change of its options, and `said`,
 * which collects the log lines, answers and errors of the adapter.
 */
export function makeAsking<S extends OptionSpecs, F extends string, Ref>(
  adapter: Adapter<S, F, Ref>,
  { options, tls }: Stage<S>,
  disk: Disk,
) {
  const said: unknown[] = [];
  const ask: Asking<Ref> = async (question, over, { readonly = false, wanted = [] } = {}) => {
    await using clients = new AsyncDisposableStack();
    over.addEventListener('abort', () => void clients.disposeAsync());
    const writes = () => (readonly ? 'refused' : 'allowed');
    const deps: Deps<F> = {
      name: adapter.kind,
      log: { info: (...line) => void said.push(line), debug: (...line) => void said.push(line) },
      clock: clockUntil(over),
      wanted: wanted.map(registryOf),
      mayCreate: true,
      http: (base): Http => clients.use(lendHttp(base, { allowHttp: true, env: {}, maxBytes: 1024 * 1024, tls, writes })),
      yaml: readYaml,
      run: program => runFor(program, { PATH: process.env['PATH'] }),
      files: watchedFiles(lendFiles({ writes: writes() }), disk),
      memory: noMemory,
      askers: { directory: '/nowhere', uid: process.getuid?.(), identityOf: async () => askedAs },
      registry: address => parseAddress(address),
      hasSource: ({ service }) => service === 'ecr',
      finding: (code, message, remedy): Finding => ({ code, message, ...(remedy !== undefined && { remedy }) }),
    };
    try {
      const target = acrossBorder(adapter.create(options, deps), {
        ...adapter,
        clock,
        registry: host => deps.registry(host)?.registry,
        dispose: () => Promise.resolve(),
      });
      said.push(target.address);
      const answer = await question(target as Target<Ref>);
      await target[Symbol.asyncDispose]?.();
      said.push(answer);
      return answer;
    } catch (error) {
      said.push(error, error instanceof Failure ? [error.message, error.remedy, error.facts] : undefined);
      throw error;
    }
  };
  return { ask, said };
}

const pieceLength = 8;
/** Splits a password into pieces of eight characters: any quotation of 15 characters contains a whole piece. */
const piecesOf = (password: string): string[] =>
  Array.from({ length: password.length / pieceLength }, (_, at) => password.slice(at * pieceLength, (at + 1) * pieceLength));

/** Asserts that `said` contains no secret in any form, and no piece of an issued password. */
export function assertNoSecret(said: readonly unknown[], issued: readonly Secret[], keys: readonly Secret[]): void {
  const text = inspect(said, { depth: Number.POSITIVE_INFINITY, maxArrayLength: null, maxStringLength: null, showHidden: true });
  for (const secret of [...issued, ...keys])
    for (const form of Secret.forms(secret)) assert.ok(!text.includes(form), 'a secret is in a log line, finding or error');
  const pieces = new Set(issued.flatMap(secret => piecesOf(secret.reveal())));
  for (let at = 0; at < text.length; at++)
    assert.ok(!pieces.has(text.slice(at, at + pieceLength)), 'a piece of a password is in a log line, finding or error');
}

/** Asserts that the code of each finding is in the adapter's table. */
export function assertFindings({ findings: table }: Adapter, findings: readonly Finding[] = []): void {
  for (const { code } of findings) assert.ok(Object.hasOwn(table, code), `the finding ${code} must be in the adapter's table of findings`);
}

export function assertDiscovery(adapter: Adapter, { slots, findings }: Discovery): void {
  assertFindings(adapter, [...findings, ...slots.flatMap(slot => slot.findings ?? [])]);
  const ids = new Set(slots.map(({ id }) => id));
  for (const { id, after } of slots)
    assert.ok(after === undefined || (after !== id && ids.has(after)), `the slot ${id} comes after ${after}: that must be another slot`);
}
