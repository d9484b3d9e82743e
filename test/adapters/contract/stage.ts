import type { Adapter, OptionSpecs, Options } from '../../../src/contract/adapter.ts';
import type { FailureCode } from '../../../src/contract/failures.ts';
import type { Slot } from '../../../src/contract/target.ts';
import type { FakeServer, Seen } from '../../fakes/server.ts';

/** A manager that runs for one test: a double, or the product itself. */
export interface Stage<S extends OptionSpecs> extends AsyncDisposable {
  readonly options: Options<S>;
  /** At least two ECR hosts that it holds, each in a slot of its own or together in one. */
  readonly hosts: readonly string[];
  /** An ECR host that it does not hold. */
  readonly absent: string;
  /** The password that the manager holds for a host in a slot. Missing for a product that keeps its secrets. */
  readonly passwordOf?: (slot: Slot, host: string) => string | undefined | Promise<string | undefined>;
  /**
   * The double behind `options`: its faults are switched on, its requests and sockets looked at. For a real server
   * there is none:
   * then `testAdapter` puts a proxy that makes the faults before the address in `options`.
   */
  readonly server?: Double;
  /** For a product whose certificate nobody has signed. */
  readonly tls?: { readonly insecureSkipVerify: true };
}

export type Double = Pick<FakeServer, 'fault' | 'requests' | 'sockets'>;

export interface Suite<S extends OptionSpecs, F extends string, Ref> {
  readonly adapter: Adapter<S, F, Ref>;
  /**
   * What the adapter writes to; servers unless said. An adapter of files has no requests that could meet faults: its
   * files meet them.
   */
  readonly keeps?: 'servers' | 'files';
  /** Called for each test. Leaves nothing behind when disposed of. */
  readonly start: () => Promise<Stage<S>>;
  /** Which requests may change something; all but GET unless said (a login and a ping do not). */
  readonly isWrite?: (request: Seen) => boolean;
  /** What the product means by a status, where it is not the usual meaning. */
  readonly codes?: Readonly<Partial<Record<number, FailureCode>>>;
  /** What the target makes where it is wanted and not there; entries unless said. */
  readonly creates?: 'entries' | 'nothing';
  /** A write names the version that it replaces, so one that comes late is refused over there. */
  readonly versioned?: boolean;
  /**
   * How long a healthy manager may take for anything, in milliseconds; 10 s unless said, and more on a slow machine.
   */
  readonly patienceMs?: number;
}
