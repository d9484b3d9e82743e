import type { Deps } from '../../../src/contract/adapter.ts';
import type { Registry } from '../../../src/contract/registry.ts';
import type { Finding, Holds } from '../../../src/contract/target.ts';
import { label as short } from '../../../src/contract/text.ts';
import { inTurns } from '../turns.ts';
import type { Behind } from './behind.ts';
import { type Choice, isPaused } from './choice.ts';
import { type Engine, noneOfGone } from './engine.ts';
import { makeFailing } from './failing.ts';
import { type Code, findings as table } from './findings.ts';
import { type LeftAlone, readList, type Sight } from './list.ts';
import { isAtEnd } from './tasks.ts';
import { expiredWhileHeld, fateOf, namesOf, states } from './words.ts';
import type { Written } from './written.ts';

/** A service whose login the courier supplies. */
export interface Found {
  readonly id: string;
  readonly name: string;
  readonly registry: Registry;
  /** waiting: left alone for now. overwritten: it, or the Spec of a rollback, holds a login of another client. */
  readonly state: 'served' | 'overwritten' | 'waiting';
  readonly holds?: Holds;
  readonly findings: readonly Finding[];
}

/** The result of a look at a Swarm. */
export interface Seen {
  readonly found: readonly Found[];
  /** The ids of services that the manager seems to have forgotten, or knows in an older state. */
  readonly unseen: readonly string[];
  /** One finding for each reason why services are left alone. */
  readonly findings: readonly Finding[];
  /** The id of its oldest service, which identifies the Swarm; undefined if there is none. */
  readonly oldest?: string;
}

interface SurveyDeps {
  readonly engine: Engine;
  readonly choice: Choice;
  readonly written: Written;
  readonly behind: Behind;
  /** Ids of services with a task that has ended. */
  readonly ended: Set<string>;
}

type Ours = Sight & { readonly listed: 'listed' | 'recommitted' };

/** Makes the function that tells which services of a Swarm are served, with findings about the others. */
export function makeSurvey(
  { engine, choice, written, behind, ended }: SurveyDeps,
  deps: Pick<Deps<Code>, 'registry' | 'hasSource' | 'finding' | 'clock'>,
): (signal: AbortSignal) => Promise<Seen> {
  const { finding } = deps;
  /** Ids of services whose tasks were read. Later on a delivery reads them. */
  const known = new Set<string>();
  const tasksOf = noneOfGone(engine.tasks);
  const failingOf = makeFailing({ tasksOf, written }, deps.clock);

  async function noteEnds(services: readonly Ours[], signal: AbortSignal): Promise<void> {
    const asked = services.filter(({ service: { id, mayEnd } }) => mayEnd && (ended.has(id) || !known.has(id)));
    await inTurns(asked, async ({ service: { id, replicas } }) => {
      if (isAtEnd(await tasksOf(id, signal), replicas)) ended.add(id);
      else ended.delete(id);
      known.add(id);
    });
  }

  function served({ service, registry, listed }: Ours, failing: string | undefined): Found {
    const { by, holds, gap } = written.look(service, listed);
    return {
      id: service.id,
      name: service.name,
      registry,
      state: by === 'theirs' || by === 'foreign' || by === 'half ours' ? 'overwritten' : 'served',
      ...(holds && { holds }),
      findings: [
        ...(failing !== undefined ? [finding('TASKS_FAIL', failing)] : []),
        ...(gap ? [finding('EXPIRED_WHILE_HELD', expiredWhileHeld(service, gap))] : []),
      ],
    };
  }

  /** A service that must wait. cure: what ends the wait. */
  function waiting({ service, registry, listed }: Ours, why: Omit<Finding, 'code'> & { readonly code: Code }, cure?: string): Found {
    const { id, name } = service;
    const standing = written.look(service, listed === 'recommitted' ? listed : 'alone');
    const { code, sentence } = fateOf(service, standing, deps.clock.wall());
    const holds = standing.holds ?? standing.wrote;
    const said = finding(why.code, code ? why.message : `${why.message} ${sentence}`, why.remedy);
    const findings = code ? [said, finding(code, sentence, cure)] : [said];
    return { id, name, registry, state: 'waiting', ...(holds && { holds }), findings };
  }

  function rolling(one: Ours): Found {
    const { service } = one;
    const { what, remedy } = states(service);
    const message = `The service ${short(service.name)} ${what}: it is given no login until that has ended.`;
    const [code, cure] = isPaused(service) ? (['ROLLOUT_PAUSED', remedy] as const) : (['ROLLING'] as const);
    return waiting(one, { code, message, remedy }, cure);
  }

  function foundIn(one: Ours, failing: string | undefined): Found {
    const { service, is } = one;
    if (is === 'rolling' && !written.isOwnRollout(service)) return rolling(one);
    if (!ended.has(service.id)) return served(one, failing);
    const message = `A task of the service ${short(service.name)} has ended, and an update would run it again.`;
    return waiting(one, { code: 'ENDED', message }, table.ENDED.remedy);
  }

  return async signal => {
    const { sights, listed, versions, leftAlone, oldest } = await readList(engine, choice, deps, signal);
    const { current, unseen } = behind.sift(sights, listed);
    const ours = current.map((sight): Ours => ({ ...sight, listed: isShared(versions, sight) ? 'recommitted' : 'listed' }));
    await noteEnds(ours, signal);
    const findings = [...leftAlone].map(([why, services]) => finding(sentences[why].code, sentences[why].text(namesOf(services))));
    const failing = await failingOf(
      ours.map(({ service }) => service),
      signal,
    );
    return { found: ours.map(one => foundIn(one, failing.get(one.service.id))), unseen, findings, ...(oldest && { oldest: oldest.id }) };
  };
}

/**
 * Whether several services have the version. Each write gives a service a unique one. But a manager that becomes the
 * leader, also after a restart of a single engine, commits all services with a network in one transaction, with one
 * common version (seen on 20.10.24).
 */
const isShared = (versions: ReadonlyMap<number, number>, { service }: Sight): boolean => (versions.get(service.version) ?? 0) > 1;

const sentences: Readonly<Record<LeftAlone, { readonly code: Code; readonly text: (names: string) => string }>> = {
  unlabelled: { code: 'NOT_ENABLED', text: names => `Images in ECR, but no label for the courier: ${names}.` },
  misplaced: { code: 'LABEL_MISPLACED', text: names => `The label is at the containers, and not at the service: ${names}.` },
  unclear: { code: 'LABEL_UNCLEAR', text: names => `The label is neither true nor false: ${names}.` },
  elsewhere: { code: 'IMAGE_ELSEWHERE', text: names => `The label is set, but the image is not in ECR: ${names}.` },
  job: { code: 'JOB', text: names => `Jobs are never updated: ${names}.` },
};
