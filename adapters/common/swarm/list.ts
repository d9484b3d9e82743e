import type { Deps } from '../../../src/contract/adapter.ts';
import type { Registry } from '../../../src/contract/registry.ts';
import { type Choice, judge, type Verdict } from './choice.ts';
import type { Engine } from './engine.ts';
import { readService, type Service } from './service.ts';

/** A service that gets logins. */
export interface Sight {
  readonly service: Service;
  readonly registry: Registry;
  readonly is: 'served' | 'rolling';
}
/** Why a service is left alone with a finding. */
export type LeftAlone = Exclude<Verdict['is'], 'served' | 'rolling' | 'none'>;

/** The services of a Swarm, as one answer lists them. */
interface List {
  readonly sights: readonly Sight[];
  readonly leftAlone: ReadonlyMap<LeftAlone, readonly Pick<Service, 'name'>[]>;
  /** The ids of all services. */
  readonly listed: ReadonlySet<string>;
  /** How many services have each version. */
  readonly versions: ReadonlyMap<number, number>;
  /** The oldest service, which identifies the Swarm; undefined if there is none. */
  readonly oldest: Service | undefined;
}

export async function readList(
  engine: Pick<Engine, 'eachService'>,
  choice: Choice,
  deps: Pick<Deps, 'registry' | 'hasSource'>,
  signal: AbortSignal,
): Promise<List> {
  const sights: Sight[] = [];
  const listed = new Set<string>();
  const versions = new Map<number, number>();
  const leftAlone = new Map<LeftAlone, Pick<Service, 'name'>[]>();
  let oldest: Service | undefined;
  await engine.eachService(element => {
    const service = readService(element);
    if (!service) return;
    if (!oldest || isOlder(service, oldest)) oldest = service;
    listed.add(service.id);
    versions.set(service.version, (versions.get(service.version) ?? 0) + 1);
    const verdict = judge(service, choice, deps);
    if (verdict.is === 'none') return;
    if ('registry' in verdict) sights.push({ service, registry: verdict.registry, is: verdict.is });
    else leftAlone.set(verdict.is, [...(leftAlone.get(verdict.is) ?? []), { name: service.name }]);
  }, signal);
  return { sights, leftAlone, listed, versions, oldest };
}

const isOlder = (one: Service, other: Service): boolean => one.madeAt < other.madeAt || (one.madeAt === other.madeAt && one.id < other.id);
