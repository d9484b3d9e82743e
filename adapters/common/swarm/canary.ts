import type { Clock } from '../../../src/contract/clock.ts';
import { Failure } from '../../../src/contract/failures.ts';
import { quote, label as short } from '../../../src/contract/text.ts';
import { ended } from '../turns.ts';
import { changeOf, hasAll } from './change.ts';
import type { WholeService } from './service.ts';
import { replacedSince, runningIn, type Task } from './tasks.ts';

/** One update of a service, with the state before and after it. */
export interface Trial {
  readonly before: { readonly service: WholeService; readonly tasks: readonly Task[] };
  readonly after: WholeService;
  /** Reads the present tasks and the present service. */
  tasks(): Promise<readonly Task[]>;
  service(): Promise<WholeService>;
}

/** Examines the effect of the first updates before any others are made. */
interface Canary {
  /** Why updates have stopped; undefined if they have not. */
  stopped(): Failure | undefined;
  /**
   * Runs one update. Until one has proven harmless, updates run one at a time and get `examine`, which they call
   * afterwards. It throws if running tasks were replaced or the Spec has changed, and no further update is made.
   */
  run<T>(work: (examine: ((trial: Trial) => Promise<void>) | undefined) => Promise<T>, signal: AbortSignal): Promise<T>;
}

/** Pauses before the looks, in milliseconds. If Swarm replaces tasks, it does so within milliseconds. */
const looksAfter = [200, 800, 1_000];
/** Pause of all updates after a Spec lost members that another client may have removed, in milliseconds. */
const restMs = 10 * 60_000;
/** This many changed Specs in a row are no coincidence. */
const mostOthers = 3;

const remedy =
  'Nothing more is updated until the courier is restarted. Look at `docker service ps` of that service, and take it out (label ecr-courier.enable=false) before. Please report it, with the version of Docker and what else writes to services.';
const afterRest =
  'If somebody has taken it out of the service at that moment: nothing, as one more service is tried after ten minutes. Else compare the service with its stack file (`docker service inspect`), stop the courier, and report it, with the version of Docker.';

export function makeCanary(clock: Clock, stops: 'target' | 'slot'): Canary {
  let isProven = false;
  let stop: { readonly why: Failure; readonly until: number } | undefined;
  /** The paths that a Spec lost after it was sent back whole, and the number of Specs in a row that others changed. */
  let lost: readonly string[] = [];
  let others = 0;
  let last: Promise<unknown> = Promise.resolve();

  function stopFor(message: string, how: { readonly ms: number; readonly remedy: string }): never {
    const why = new Failure('UNEXPECTED', message, { stops, remedy: how.remedy });
    stop = { why, until: clock.mono() + how.ms };
    throw why;
  }
  const forGood = (message: string): never => stopFor(message, { ms: Number.POSITIVE_INFINITY, remedy });

  /** Whether the Spec equals the one that was sent. If not, another client may have written just after us. */
  function compare(service: WholeService, after: WholeService): 'same' | 'another' {
    const change = changeOf(service.text, after.text);
    if (change === 'none') return 'same';
    const what = `After the update of ${short(service.name)} its Spec is another one than the one that was sent back`;
    if (change === 'other') {
      if (++others < mostOthers) return 'another';
      return forGood(`${what}, as with ${mostOthers - 1} services before: Docker, or somebody else, has changed it.`);
    }
    const which = `${what}: Docker, or somebody else, has taken out ${quote(change.lost.join(', '))}.`;
    if (lost.length > 0) return forGood(`${which} It is not the first.`);
    lost = change.lost;
    return stopFor(which, { ms: restMs, remedy: afterRest });
  }

  /**
   * Examines one update. It proves nothing if no task runs that could be replaced, if another client wrote meanwhile,
   * or if the service lacks the members that another Spec has lost.
   */
  async function examine({ before, after, tasks, service: read }: Trial, signal: AbortSignal): Promise<void> {
    const { service } = before;
    const name = short(service.name);
    if (compare(service, after) === 'another') return;
    others = 0;
    const ran = runningIn(before.tasks);
    if (ran.length === 0) return;
    for (const pause of looksAfter) {
      await clock.sleep(pause, signal);
      const [replaced, ...more] = replacedSince(before.tasks, await tasks());
      if (!replaced) continue;
      const { spec, rollout } = await read();
      // If the Spec has changed since our update, another client wrote it and caused the new tasks. Before an update
      // replaces tasks, Swarm notes a roll-out. It notes none if a node was drained or lost.
      if (spec !== after.spec || rollout === '') return;
      forGood(
        `The update of ${name} replaced ${more.length + 1} of ${ran.length} running tasks (${replaced.id}), though only its login is new.`,
      );
    }
    isProven = hasAll(service.text, lost);
  }

  const stopped = (): Failure | undefined => (stop && clock.mono() < stop.until ? stop.why : undefined);

  async function alone<T>(
    before: Promise<unknown>,
    work: (look: ((trial: Trial) => Promise<void>) | undefined) => Promise<T>,
    signal: AbortSignal,
  ): Promise<T> {
    await ended(before, signal);
    const why = stopped();
    if (why) throw why;
    if (signal.aborted) throw new Failure('TIMEOUT', 'The time was over while the first update was looked at.');
    return await work(isProven ? undefined : trial => examine(trial, signal));
  }

  return {
    stopped,
    run(work, signal) {
      if (isProven) return work(undefined);
      const mine = alone(last, work, signal);
      last = mine.catch(() => undefined);
      return mine;
    },
  };
}
