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
  /** `own` was among them: any registry of the region where the courier's own one is. */
  readonly own?: Registry | undefined;
  /** Images that it should be able to pull, each once. */
  readonly verify: readonly Image[];
  /** Cron pattern for when deliveries that disturb may begin. */
  readonly window?: string | undefined;
  /** The adapter's, with what the configuration says instead. */
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
  /** For every request. */
  readonly headers: HeadersRef;
  readonly allowHttp: boolean;
  readonly spelling: Spelling;
  /** Where it was written, for people. */
  readonly origin: string;
  /** The adapter's own options. Those that are not set are missing. */
  readonly options: Readonly<Record<string, OptionValue>>;
}

/** What reading the options of a target gives. */
export type Read = Common & Readonly<Record<string, unknown>>;
