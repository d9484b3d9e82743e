import type { Deps } from '../../../src/contract/adapter.ts';
import type { Credential } from '../../../src/contract/credential.ts';
import { Failure } from '../../../src/contract/failures.ts';
import type { Receipt, Rehearsal } from '../../../src/contract/target.ts';
import { label as short } from '../../../src/contract/text.ts';
import type { Behind } from './behind.ts';
import { makeCanary, type Trial } from './canary.ts';
import { type Choice, judge } from './choice.ts';
import type { Engine } from './engine.ts';
import type { Code } from './findings.ts';
import type { Gap } from './known.ts';
import { makePassage } from './passage.ts';
import { isPinned, type WholeService } from './service.ts';
import { isAtEnd, isPulling } from './tasks.ts';
import { expiredWhileHeld, states } from './words.ts';
import type { Standing, Write, Written } from './written.ts';

interface Refresh {
  readonly id: string;
  /** The registry host of its image when it was discovered. */
  readonly host: string;
  /** The value of X-Registry-Auth. */
  readonly login: string;
  /** The credential in `login`; undefined if it is unknown. */
  readonly credential: Credential | undefined;
}

/** Gives services another login without any other change. */
export interface Refresher {
  /** Why updates have stopped; undefined if they have not. */
  stopped(): Failure | undefined;
  refresh(task: Refresh, signal: AbortSignal): Promise<Receipt>;
  rehearse(task: Omit<Refresh, 'credential'>, signal: AbortSignal): Promise<Rehearsal>;
}

interface RefresherDeps {
  readonly engine: Engine;
  readonly written: Written;
  readonly behind: Behind;
  readonly choice: Choice;
  /** Ids of services with a task that has ended. */
  readonly ended: Set<string>;
  /** What stops after a harmful update: the whole target, or that service. */
  readonly stops: 'target' | 'slot';
}

/** How often an update is tried while other clients write to the service. */
const mostTries = 3;

type Means = Pick<Deps<Code>, 'clock' | 'registry' | 'hasSource' | 'finding'>;

export function makeRefresher({ engine, written, behind, choice, ended, stops }: RefresherDeps, deps: Means): Refresher {
  const canary = makeCanary(deps.clock, stops);
  const passage = makePassage(engine, deps.clock, stops);

  /** Reads the present service. Throws if it must be left alone. */
  async function read({ id, host }: Pick<Refresh, 'id' | 'host'>, signal: AbortSignal) {
    const found = await engine.service(id, signal);
    const name = short(found.service.name);
    if (behind.isBehind(found.service))
      throw new Failure(
        'UNREACHABLE',
        `The manager tells an older state of the service ${name}, as one does that has just become the leader.`,
        {
          stops: 'slot',
          remedy: 'Nothing, unless it lasts: `docker node ls` shows the managers.',
        },
      );
    const verdict = judge(found.service, choice, deps);
    if (verdict.is === 'rolling' && !written.isOwnRollout(found.service)) throw rolling(found.service);
    if (!('registry' in verdict) || verdict.registry.host !== host)
      throw new Failure('NOT_FOUND', `The service ${name} no longer gets a login for ${host}.`);
    const tasks = await engine.tasks(id, signal);
    if (found.service.mayEnd && isAtEnd(tasks, found.service.replicas)) {
      ended.add(id);
      throw new Failure('BUSY', `A task of the service ${name} has ended, and an update would run it again.`, { stops: 'slot' });
    }
    if (isPulling(tasks, deps.clock.wall()))
      throw new Failure('BUSY', `Tasks of the service ${name} are pulling their image, and an update would make them begin anew.`, {
        stops: 'slot',
      });
    return { ...found, tasks };
  }

  /** Makes one update, and reads the service afterwards. */
  async function update(task: Refresh, examine: ((trial: Trial) => Promise<void>) | undefined, signal: AbortSignal) {
    for (let tries = 1; ; tries++) {
      const { service, api, tasks } = await read(task, signal);
      await passage(service, api, task.login, signal);
      const result = await engine.update(service, api, task.login, signal);
      if (result === 'written') {
        const after = (await engine.service(task.id, signal)).service;
        await examine?.({
          before: { service, tasks },
          after,
          tasks: () => engine.tasks(task.id, signal),
          service: async () => (await engine.service(task.id, signal)).service,
        });
        return { before: service, after };
      }
      if (tries >= mostTries)
        throw new Failure('CONFLICT', `Somebody else wrote to the service ${short(service.name)} at each of ${mostTries} attempts.`, {
          remedy: 'Nothing, unless it lasts: then find what updates this service again and again.',
        });
    }
  }

  async function refreshOne(task: Refresh, examine: ((trial: Trial) => Promise<void>) | undefined, signal: AbortSignal): Promise<Receipt> {
    const first = await update(task, examine, signal);
    const standing = written.look(first.before, 'alone');
    const gap = gapIn(standing, first.before) ?? standing.gap;
    // A rollback, which Swarm also does by itself when tasks fail, returns to the former login. A second update makes
    // that one good as well.
    const isTwofold = !(standing.by === 'ours' || standing.by === 'half ours');
    note(written, first, { credential: task.credential, gap, ...(isTwofold && { isHalf: true }) });
    // Tasks that can start at last go first, and Swarm may start them a moment later.
    const second = isTwofold ? await update(task, undefined, signal).catch(unlessBusy) : undefined;
    // If another client wrote in between, a rollback would return to its version.
    const isHalf = second && written.look(second.before, 'alone').by !== 'half ours';
    if (second) note(written, second, { credential: task.credential, gap, ...(isHalf && { isHalf }) });
    const last = second ?? first;
    return { change: 'updated', ...(gap && { findings: [deps.finding('EXPIRED_WHILE_HELD', expiredWhileHeld(last.after, gap))] }) };
  }

  /**
   * The gap in logins. A node with an older image of that name starts it if the registry refuses the login (recorded).
   */
  function gapIn({ by, endsAt }: Standing, service: WholeService): Gap | undefined {
    const until = deps.clock.wall();
    if (endsAt === undefined || endsAt >= until || isPinned(service)) return undefined;
    return { from: endsAt, until, ...(by === 'theirs' && { isUnsure: true }) };
  }

  return {
    stopped: canary.stopped,
    refresh: (task, signal) => canary.run(examine => refreshOne(task, examine, signal), signal),
    async rehearse(task, signal) {
      const { service, api } = await read(task, signal);
      await engine.rehearse(service, api, signal);
      await passage(service, api, task.login, signal);
      // The same words for all services, so that they are grouped.
      const message = 'An update of a login takes the place of what `docker service rollback` returns to.';
      return { change: 'updated', findings: [deps.finding('ROLLBACK_POINT', message)] };
    },
  };
}

/** Records our write, or that another client wrote before we read the service again. */
function note(written: Written, { before, after }: Readonly<Record<'before' | 'after', WholeService>>, write: Write): void {
  if (after.text === before.text) written.wrote(after, write);
  else written.overtaken(after, write);
}

function unlessBusy(error: unknown): undefined {
  if (!(error instanceof Failure) || error.code !== 'BUSY') throw error;
}

function rolling(service: WholeService): Failure {
  const { what, remedy } = states(service);
  return new Failure('BUSY', `The service ${short(service.name)} ${what}: it is left alone until then.`, { stops: 'slot', remedy });
}
