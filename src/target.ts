import { createHash } from 'node:crypto';
import { adapters } from '../adapters/index.ts';
import { withoutOurs } from '../config/env.ts';
import { resolveHeaders } from '../config/headers.ts';
import type { TargetConfig } from '../config/load.ts';
import { readYaml } from '../config/plain.ts';
import { resolveOptions } from '../config/secrets.ts';
import { shareOf } from './border/share.ts';
import { acrossBorder } from './border/target.ts';
import type { Deps, Log } from './contract/adapter.ts';
import type { Clock } from './contract/clock.ts';
import { fingerprint, fingerprintOf } from './contract/credential.ts';
import { Failure } from './contract/failures.ts';
import { nameOfImage } from './contract/image.ts';
import { type LookAlike, lookAlikeWatch } from './contract/look-alike.ts';
import { type Memory, noMemory } from './contract/memory.ts';
import type { Address, Registry } from './contract/registry.ts';
import { redact, Secret } from './contract/secret.ts';
import { isInShard, type Shard } from './contract/shard.ts';
import type { Discovery, Finding, Target } from './contract/target.ts';
import { type EngineFinding, finding as standing } from './courier/findings.ts';
import type { ManagedTarget } from './courier/ledger.ts';
import { cronWindow } from './courier/schedule.ts';
import { answersDirectory } from './io/answers.ts';
import { readTlsFiles } from './io/context.ts';
import { lent } from './io/lent.ts';
import { lendFiles } from './io/lent-files.ts';
import { lendHttp, makeOpened, type Opened } from './io/lent-http.ts';
import { runFor } from './io/lent-program.ts';
import type { Header } from './io/message.ts';
import { fixedProxy, type Proxy, proxiesOf } from './io/proxies.ts';
import { setting } from './io/tls.ts';
import { Unreadable } from './io/unreadable.ts';
import type { Writes } from './io/writes.ts';

export interface TargetDeps {
  readonly clock: Clock;
  readonly log: Log;
  /** What a stored address means; it knows the aliases. */
  readonly registry: (address: string) => Address | undefined;
  /** By the configuration of now; all private registries have one unless said. */
  readonly hasSource?: (registry: Registry) => boolean;
  /** The identity by which those who ask on this machine keep answers for the registry. */
  readonly askedAs?: (registry: Registry) => Promise<string | undefined>;
  readonly env: NodeJS.ProcessEnv;
  /** Nothing may be written through it: the promise of `check`, kept where the requests are sent. */
  readonly readonly: boolean;
  /** Whether no other courier leads at this moment; where there is one alone, it always leads. */
  readonly leads?: (() => boolean) | undefined;
  /** Which slots are this courier's; all unless given. */
  readonly shard?: Shard | undefined;
  /** What is kept on disk under a name; nothing unless given. */
  readonly memory?: (name: string) => Memory;
}

/** A configured target, ready for the engine. */
export interface OpenableTarget extends ManagedTarget {
  /** Of all that decides how the target is reached and what it is asked for. */
  readonly digest: string;
  /**
   * A file behind an option (key, CA) holds something else than when the target was last made, or can be read at last.
   */
  changed(): Promise<boolean>;
}

/**
 * Options by target, kept for as long as it lives: an adapter may turn its key into a header and drop it, but texts are
 * filtered of secrets that somebody holds.
 */
const openedWith = new WeakMap<Target, object>();

/**
 * Makes the adapter's target when it is first asked for, and anew when a file behind its options or the courier's own
 * registry has changed.
 * former: the target of this name before a reload. What is reached in the same way stays open, so that the engine keeps
 * its pauses.
 */
export function manageTarget(config: TargetConfig, deps: TargetDeps, former?: OpenableTarget): OpenableTarget {
  const { adapter } = config;
  let current: (Awaited<ReturnType<typeof lookAt>> & { readonly own: string | undefined; readonly target: Target }) | undefined;
  /** The files could not be read when they were last wanted. */
  let waiting = false;
  /** What was in them when the adapter last made the target, or refused to. */
  let tried: string | undefined;
  let looking: ReturnType<typeof lookAt> | undefined;

  const lookAlikes = lookAlikeWatch(deps.registry);

  /** One look at a time: a file on a share that does not answer holds up this target alone, and only one thread. */
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
        // What a dead share would say is not known: the target goes on with what it has.
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
      const target = lent(acrossBorder(made, { ...adapter, clock: deps.clock, dispose }), things.proxies);
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

/** What lies in the files behind the options, as a digest. Throws while a key is not there yet. */
async function lookAt(config: TargetConfig) {
  const { options, fingerprintOfFiles } = await resolveOptions(config);
  const { headers, inFile } = await resolveHeaders(config.headers, config.name);
  const texts = JSON.stringify([fingerprintOfFiles, inFile, await certificatesOf(config)]);
  return { options, headers, files: createHash('sha256').update(texts).digest('hex') };
}

/** What an adapter passes over because it looks like ECR alone is said for all adapters here. */
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

/** What the adapter is given. own: the courier's own registry, once it is known. */
function depsOf(config: TargetConfig, deps: TargetDeps, { opened, proxies }: Lent, headers: readonly Header[], own?: Registry): Deps {
  const { adapter, name, tls, allowHttp } = config;
  const writes = (): Writes => (deps.readonly ? 'refused' : deps.leads?.() === false ? 'lost' : 'allowed');
  return {
    name,
    clock: deps.clock,
    wanted: [...config.registries.filter(({ host }) => host !== own?.host), ...(own ? [own] : [])],
    log: {
      debug: (message, data) => deps.log.debug(redact(message), { ...data, target: name }),
      info: (message, data) => deps.log.info(redact(message), { ...data, target: name }),
    },
    files: lendFiles({
      get writes() {
        return writes();
      },
    }),
    memory: memoryOf(name, deps),
    askers: {
      directory: answersDirectory(deps.env),
      uid: process.getuid?.(),
      identityOf: async registry => await deps.askedAs?.(registry),
    },
    registry: deps.registry,
    hasSource: registry => deps.hasSource?.(registry) ?? registry.service === 'ecr',
    finding: (code, message, remedy = adapter.findings[code]?.remedy): Finding => ({ code, message, ...(remedy && { remedy }) }),
    http(base) {
      const { env } = deps;
      const connections = config.limits.concurrency;
      const ofManager = base.elsewhere ? {} : { configured: headers, tls, allowHttp, names: config.spelling };
      const http = lendHttp(base, { ...ofManager, env, writes, connections });
      opened.add(http);
      const { proxy } = (base.proxy ? fixedProxy(base.proxy) : proxiesOf(env)).wayTo(new URL(base.url));
      if (proxy) proxies.add(proxy);
      return http;
    },
    yaml: readYaml,
    run: program => runFor(program, withoutOurs(deps.env, [...adapters, adapter])),
  };
}

/** A file for each name. In the command `check` nothing is written. */
function memoryOf(name: string, { memory, readonly }: TargetDeps): Memory {
  const kept = memory?.(`target-${fingerprintOf(name)}.json`) ?? noMemory;
  return readonly ? { ...kept, remember: noMemory.remember } : kept;
}

/** What the engine knows of the target before it is opened. */
function describe(config: TargetConfig, shard: Shard | undefined) {
  return {
    name: config.name,
    kind: config.kind,
    required: config.required,
    create: config.create,
    alike: config.adapter.alike,
    paused: config.paused,
    limits: config.limits,
    findings: config.adapter.findings,
    remedies: remediesOf(config),
    standing: standingOf(config),
    own: config.own,
    isShared: shard !== undefined,
    verify: shard ? config.verify.filter(image => isInShard(shard, nameOfImage(image))) : config.verify,
    window: config.window === undefined ? undefined : cronWindow(config.window),
  };
}

function digestOf(config: TargetConfig, shard: Shard | undefined): string {
  const unimportant = {
    adapter: undefined,
    required: undefined,
    create: undefined,
    paused: undefined,
    window: undefined,
    verify: undefined,
    origin: undefined,
  };
  // JSON hides a secret before a replacer sees it.
  function hidden(this: Readonly<Record<string, unknown>>, key: string, value: unknown): unknown {
    const original = this[key];
    return original instanceof Secret ? fingerprint({ password: original }) : value;
  }
  return createHash('sha256')
    .update(JSON.stringify({ ...config, ...unimportant, shard }, hidden))
    .digest('hex');
}

const lookAlikeFinding = ({ host, is, remedy }: LookAlike, target: string): Finding => ({
  ...standing('LOOK_ALIKE', `${host}, which ${target} names, ${is}: nothing is written there.`),
  remedy,
});

/** What a target was lent while it was made. */
interface Lent {
  readonly opened: Opened;
  /** Those on the way of its clients. */
  readonly proxies: Set<Proxy>;
}

/**
 * What is in the files for TLS. Nothing when one cannot be read: the HTTP layer says so. Throws MISCONFIGURED when one
 * does not answer.
 */
async function certificatesOf({ tls, spelling }: TargetConfig): Promise<object> {
  return await readTlsFiles(tls, spelling).catch((failure: unknown) => {
    if (isSilent(failure)) throw failure;
    return {};
  });
}

const isSilent = (error: unknown): error is Unreadable =>
  error instanceof Failure ? isSilent(error.cause) : error instanceof Unreadable && error.code === 'SILENT';

/** What to do about findings of the engine, in the names that a person writes: variables, or options of a file. */
function remediesOf({ adapter, spelling: { create, registries, fingerprint, caFile } }: TargetConfig) {
  const place = adapter.keeps === 'files' ? 'file' : 'manager';
  const mayCreate = `\`${setting(create, 'true')}\``;
  return {
    NO_SLOTS: `Add the registry in the ${place}, or name its host in \`${registries}\` and set ${mayCreate}.`,
    NOT_CREATED: `Create it in the ${place}, or set ${mayCreate}.`,
    OWN_UNKNOWN: `Give the source \`default\` AWS credentials that may fetch a token, or name the hosts in \`${registries}\` instead of \`own\`.`,
    TLS_UNVERIFIED: `Pin the certificate with \`${fingerprint}\`, or give its CA with \`${caFile}\`.`,
  } satisfies Partial<Record<EngineFinding, string>>;
}

function standingOf(config: TargetConfig): Finding[] {
  const { name, tls, options } = config;
  const plain = Object.values(options).some(value => typeof value === 'string' && /^http:/i.test(value));
  const target = { remedies: remediesOf(config) };
  return [
    ...(tls.insecureSkipVerify ? [standing('TLS_UNVERIFIED', `The certificate of ${name} is not verified.`, target)] : []),
    ...(plain ? [standing('PLAIN_HTTP', `${name} is reached over plain HTTP.`)] : []),
  ];
}
