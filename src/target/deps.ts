import { adapters } from '../../adapters/index.ts';
import { withoutOurs } from '../../config/env.ts';
import type { TargetConfig } from '../../config/load.ts';
import { readYaml } from '../../config/plain.ts';
import type { Deps, Log } from '../contract/adapter.ts';
import type { Clock } from '../contract/clock.ts';
import { fingerprintOf } from '../contract/credential.ts';
import { type Memory, noMemory } from '../contract/memory.ts';
import type { Address, Registry } from '../contract/registry.ts';
import { redact } from '../contract/secret.ts';
import type { Shard } from '../contract/shard.ts';
import type { Finding } from '../contract/target.ts';
import { answersDirectory } from '../io/answers.ts';
import { lendFiles } from '../io/lent-files.ts';
import { lendHttp, type Opened } from '../io/lent-http.ts';
import { runFor } from '../io/lent-program.ts';
import type { Header } from '../io/message.ts';
import { fixedProxy, type Proxy, proxiesOf } from '../io/proxies.ts';
import type { Writes } from '../io/writes.ts';

export interface TargetDeps {
  readonly clock: Clock;
  readonly log: Log;
  /** Parses a stored address, with the configured aliases. */
  readonly registry: (address: string) => Address | undefined;
  /** Whether the present configuration has a source for the registry. By default all private registries have one. */
  readonly hasSource?: (registry: Registry) => boolean;
  /** The identity under which the credential helper and provider on this machine keep answers for the registry. */
  readonly askedAs?: (registry: Registry) => Promise<string | undefined>;
  readonly env: NodeJS.ProcessEnv;
  /** Whether writes are forbidden: the promise of `check`, enforced where requests are sent. */
  readonly readonly: boolean;
  /** Whether no other courier leads at this moment. A courier without a Lease always leads. */
  readonly leads?: (() => boolean) | undefined;
  /** The share of the slots that is this courier's; all slots by default. */
  readonly shard?: Shard | undefined;
  /** Opens the memory with a name; nothing is kept by default. */
  readonly memory?: (name: string) => Memory;
}

/** What a target was lent while it was created. */
export interface Lent {
  readonly opened: Opened;
  /** The proxies that its clients use. */
  readonly proxies: Set<Proxy>;
}

/** The `deps` of an adapter. own: the courier's own registry, once it is known. */
export function depsOf(
  config: TargetConfig,
  deps: TargetDeps,
  { opened, proxies }: Lent,
  headers: readonly Header[],
  own?: Registry,
): Deps {
  const { adapter, name, tls, allowHttp } = config;
  const writes = (): Writes => (deps.readonly ? 'refused' : deps.leads?.() === false ? 'lost' : 'allowed');
  return {
    name,
    clock: deps.clock,
    wanted: [...config.registries.filter(({ host }) => host !== own?.host), ...(own ? [own] : [])],
    mayCreate: config.create,
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

/** Each target has a file of its own. `check` writes nothing. */
function memoryOf(name: string, { memory, readonly }: TargetDeps): Memory {
  const kept = memory?.(`target-${fingerprintOf(name)}.json`) ?? noMemory;
  return readonly ? { ...kept, remember: noMemory.remember } : kept;
}
