import type { Adapter, Limits } from '../src/contract/adapter.ts';
import type { Image } from '../src/contract/image.ts';
import type { Registry } from '../src/contract/registry.ts';
import type { HeadersRef } from './headers.ts';
import type { Spelling } from './naming.ts';
import type { OptionValue } from './secrets.ts';
import type { Common } from './target-options.ts';

/** One target as configured. */
export interface TargetConfig {
  readonly name: string;
  readonly kind: string;
  readonly adapter: Adapter;
  readonly required: boolean;
  readonly create: boolean;
  readonly paused: boolean;
  /** `registries:`, each host once. */
  readonly registries: readonly Registry[];
  /** Any registry in the region of the courier's own one, where `own` is among `registries`. */
  readonly own?: Registry | undefined;
  /** Images that the target should be able to pull, each once. */
  readonly verify: readonly Image[];
  /** Cron pattern for when deliveries that disturb may begin. */
  readonly window?: string | undefined;
  /** The adapter's limits, with those of the configuration instead where given. */
  readonly limits: Limits;
  readonly tls: {
    readonly caFile?: string | undefined;
    readonly serverName?: string | undefined;
    /** Pairs of upper-case hex digits with colons. */
    readonly fingerprint?: string | undefined;
    readonly insecureSkipVerify: boolean;
    readonly clientCertFile?: string | undefined;
    readonly clientKeyFile?: string | undefined;
  };
  /** Headers of every request. */
  readonly headers: HeadersRef;
  readonly allowHttp: boolean;
  readonly spelling: Spelling;
  /** Where the target is configured, for display. */
  readonly origin: string;
  /** The adapter's own options, without those that are not set. */
  readonly options: Readonly<Record<string, OptionValue>>;
}

/** What reading the options of a target gives. */
export type Read = Common & Readonly<Record<string, unknown>>;
