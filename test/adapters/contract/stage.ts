import type { Adapter, OptionSpecs, Options } from '../../../src/contract/adapter.ts';
import type { FailureCode } from '../../../src/contract/failures.ts';
import type { Slot } from '../../../src/contract/target.ts';
import type { FakeServer, Seen } from '../../fakes/server.ts';

/** A manager that runs for one test: a double or the real product. */
export interface Stage<S extends OptionSpecs> extends AsyncDisposable {
  readonly options: Options<S>;
  /** At least two ECR hosts that the manager holds, in one slot each or together in one slot. */
  readonly hosts: readonly string[];
  /** An ECR host that the manager does not hold. */
  readonly absent: string;
  /**
   * Returns the password that the manager holds for a host in a slot. Omit it where the product does not reveal
   * passwords.
   */
  readonly passwordOf?: (slot: Slot, host: string) => string | undefined | Promise<string | undefined>;
  /**
   * The double behind `options`, whose faults are switched on and whose requests and sockets are inspected. Omit it for
   * a real server: `testAdapter` then puts a fault-injecting proxy in front of the address in `options`.
   */
  readonly server?: Double;
  /** Set for a product with a self-signed certificate. */
  readonly tls?: { readonly insecureSkipVerify: true };
}

export type Double = Pick<FakeServer, 'fault' | 'requests' | 'sockets'>;

export interface Suite<S extends OptionSpecs, F extends string, Ref> {
  readonly adapter: Adapter<S, F, Ref>;
  /**
   * What the adapter writes to; default: servers. An adapter that writes files sends no requests, so its faults are
   * injected into its files.
   */
  readonly keeps?: 'servers' | 'files';
  /** Starts a stage, once a test. A disposed stage leaves nothing behind. */
  readonly start: () => Promise<Stage<S>>;
  /** Whether a request may change something (a login and a ping do not); default: every method but GET. */
  readonly isWrite?: (request: Seen) => boolean;
  /** Failure codes by status, where the product deviates from the usual meaning. */
  readonly codes?: Readonly<Partial<Record<number, FailureCode>>>;
  /** What the target creates for a wanted registry that is missing; default: entries. */
  readonly creates?: 'entries' | 'nothing';
  /** Whether a write names the version that it replaces, so that the manager refuses a late one. */
  readonly versioned?: boolean;
  /**
   * The longest time that a healthy manager may take for any operation, in milliseconds; default: 10 s, and more on a
   * slow machine.
   */
  readonly patienceMs?: number;
}
