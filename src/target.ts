import { createHash } from 'node:crypto';
import { resolveHeaders } from '../config/headers.ts';
import type { TargetConfig } from '../config/load.ts';
import { resolveOptions } from '../config/secrets.ts';
import { shareOf } from './border/share.ts';
import { acrossBorder } from './border/target.ts';
import { Failure } from './contract/failures.ts';
import { type LookAlike, lookAlikeWatch } from './contract/look-alike.ts';
import type { Discovery, Finding, Target } from './contract/target.ts';
import { finding as standing } from './courier/findings.ts';
import type { ManagedTarget } from './courier/ledger.ts';
import { readTlsFiles } from './io/context.ts';
import { lent } from './io/lent.ts';
import { makeOpened } from './io/lent-http.ts';
import { Unreadable } from './io/unreadable.ts';
import { depsOf, type Lent, type TargetDeps } from './target/deps.ts';
import { describe, digestOf } from './target/described.ts';

/** A configured target, ready for the engine. */
export interface OpenableTarget extends ManagedTarget {
  /** A digest of everything that determines how the target is reached and what is requested from it. */
  readonly digest: string;
  /**
   * Whether a file behind an option (key, CA) has changed since the target was last created, or has become readable.
   */
  changed(): Promise<boolean>;
}

/**
 * Options by target, kept alive for as long as the target: an adapter may turn its key into a header and drop the
 * Secret, but texts are redacted only for secrets that are still referenced.
 */
const openedWith = new WeakMap<Target, object>();

/**
 * Creates the adapter's target on first use, and again when a file behind its options or the courier's own registry has
 * changed.
 * former: the target of this name before a reload. If it is reached in the same way it stays open, so that the engine
 * keeps its pauses.
 */
export function manageTarget(config: TargetConfig, deps: TargetDeps, former?: OpenableTarget): OpenableTarget {
  const { adapter } = config;
  let current: (Awaited<ReturnType<typeof lookAt>> & { readonly own: string | undefined; readonly target: Target }) | undefined;
  /** Whether the files could not be read at the last attempt. */
  let waiting = false;
  /** The digest of the files when the adapter last created the target, or refused to. */
  let tried: string | undefined;
  let looking: ReturnType<typeof lookAt> | undefined;

  const lookAlikes = lookAlikeWatch(deps.registry);

  /**
   * Coalesces concurrent reads: a network share that does not answer then blocks only this target, and only one thread.
   */
  function lookOnce() {
    looking ??= lookAt(config).finally(() => {
      looking = undefined;
    });
    return looking;
  }

  const digest = digestOf(config, deps.shard);
  const managed = { ...describe(config, deps.shard), digest };
  if (former?.digest === digest) return { ...managed, open: former.open, changed: former.changed };
  return {
    ...managed,
    async open(own) {
      const { options, headers, files } = await lookOnce().catch((failure: unknown) => {
        // A share that does not answer says nothing new, so the target continues with what it has.
        if (current && isSilent(failure)) return current;
        waiting = true;
        throw failure;
      });
      waiting = false;
      if (current?.files === files && current.own === own?.host) return current.target;
      tried = files;
      const things: Lent = { opened: makeOpened(), proxies: new Set() };
      const made: unknown = adapter.create(options, depsOf(config, { ...deps, registry: lookAlikes.read }, things, headers, own));
      const dispose = (): Promise<void> => Promise.resolve(things.opened[Symbol.asyncDispose]());
      const target = lent(
        acrossBorder(made, { ...adapter, clock: deps.clock, registry: host => deps.registry(host)?.registry, dispose }),
        things.proxies,
      );
      current = {
        options,
        headers,
        files,
        own: own?.host,
        target: shareOf({ ...target, discover: signal => discover(config.name, target, lookAlikes, signal) }, config.name, deps.shard),
      };
      openedWith.set(current.target, options);
      return current.target;
    },
    async changed() {
      const files = await lookOnce().then(
        seen => seen.files,
        () => undefined,
      );
      return files !== undefined && (waiting || (tried !== undefined && files !== tried));
    },
  };
}

/** Reads the files behind the options, and returns their digest. Throws while a key is missing. */
async function lookAt(config: TargetConfig) {
  const { options, fingerprintOfFiles } = await resolveOptions(config);
  const { headers, inFile } = await resolveHeaders(config.headers, config.name);
  const texts = JSON.stringify([fingerprintOfFiles, inFile, await certificatesOf(config)]);
  return { options, headers, files: createHash('sha256').update(texts).digest('hex') };
}

/** Adds the look-alike findings here, for all adapters, since an adapter merely skips such hosts. */
async function discover(
  name: string,
  target: Target,
  lookAlikes: ReturnType<typeof lookAlikeWatch>,
  signal: AbortSignal,
): Promise<Discovery> {
  lookAlikes.take();
  const report = await target.discover(signal);
  const found = lookAlikes.take().map(like => lookAlikeFinding(like, name));
  return found.length > 0 ? { ...report, findings: [...report.findings, ...found] } : report;
}

const lookAlikeFinding = ({ host, is, remedy }: LookAlike, target: string): Finding => ({
  ...standing('LOOK_ALIKE', `${host}, which ${target} names, ${is}: nothing is written there.`),
  remedy,
});

/**
 * Reads the TLS files. Empty when one cannot be read, which the HTTP layer reports. Throws MISCONFIGURED when one does
 * not answer.
 */
async function certificatesOf({ tls, spelling }: TargetConfig): Promise<object> {
  return await readTlsFiles(tls, spelling).catch((failure: unknown) => {
    if (isSilent(failure)) throw failure;
    return {};
  });
}

const isSilent = (error: unknown): error is Unreadable =>
  error instanceof Failure ? isSilent(error.cause) : error instanceof Unreadable && error.code === 'SILENT';
