import type { Clock } from '../../../src/contract/clock.ts';
import { Failure } from '../../../src/contract/failures.ts';
import { label as short } from '../../../src/contract/text.ts';
import { ended } from '../turns.ts';
import { isDeployed, type WholeService } from './service.ts';
import { replacedSince, runningIn, type Task } from './tasks.ts';

/** What one update did to a service, as it was before and after. */
export interface Trial {
  readonly before: { readonly service: WholeService; readonly tasks: readonly Task[] };
  readonly after: WholeService;
  /** Its tasks, and itself, at the moment. */
  tasks(): Promise<readonly Task[]>;
  service(): Promise<WholeService>;
}

/** Looks at what the first updates did before any others are made. */
export interface Canary {
  /** Why nothing is updated any more. */
  stopped(): Failure | undefined;
  /**
   * Runs one update, alone until an update was seen to harm nothing. Where it is given `examine`, the work calls that
   * after the update. It throws where running tasks were replaced, or the Spec is another one: then nothing is updated
   * any more.
   */
  run<T>(work: (examine: ((trial: Trial) => Promise<void>) | undefined) => Promise<T>, signal: AbortSignal): Promise<T>;
}

/** Where Swarm replaces tasks, it does so within milliseconds. From one look to the next, in milliseconds. */
const looksAfter = [200, 800, 1_000];

const remedy =
  'Nothing more is updated until the courier is restarted. Look at `docker service ps` of that service, and take it out (label ecr-courier.enable=false) before. Please report it, with the version of Docker and what else writes to services.';

export function makeCanary(clock: Clock, stops: 'target' | 'slot'): Canary {
  let isProven = false;
  let stopped: Failure | undefined;
  let last: Promise<unknown> = Promise.resolve();

  function stop(message: string): never {
    stopped = new Failure('UNEXPECTED', message, { stops, remedy });
    throw stopped;
  }

  /**
   * Nothing is proven where no task runs, as there is nothing that could be replaced, and where somebody else wrote to
   * the service meanwhile.
   */
  async function examine({ before, after, tasks, service: read }: Trial, signal: AbortSignal): Promise<void> {
    const { service } = before;
    const name = short(service.name);
    if (isDeployed(service, after)) return;
    if (after.text !== service.text)
      stop(
        `After the update of ${name} its Spec is another one than the one that was sent back: Docker, or somebody else, has changed it.`,
      );
    const ran = runningIn(before.tasks);
    if (ran.length === 0) return;
    for (const pause of looksAfter) {
      await clock.sleep(pause, signal);
      const [replaced, ...more] = replacedSince(before.tasks, await tasks());
      if (!replaced) continue;
      const { spec, rollout } = await read();
      // Another Spec than just after our update is the work of somebody else, and so are its tasks. Where an update
      // replaces tasks, Swarm notes a roll-out first. It notes none where a node was drained or is gone.
      if (spec !== after.spec || rollout === '') return;
      stop(
        `The update of ${name} replaced ${more.length + 1} of ${ran.length} running tasks (${replaced.id}), though only its login is new.`,
      );
    }
    isProven = true;
  }

  async function alone<T>(
    before: Promise<unknown>,
    work: (look: ((trial: Trial) => Promise<void>) | undefined) => Promise<T>,
    signal: AbortSignal,
  ): Promise<T> {
    await ended(before, signal);
    if (stopped) throw stopped;
    if (signal.aborted) throw new Failure('TIMEOUT', 'The time was over while the first update was looked at.');
    return await work(isProven ? undefined : trial => examine(trial, signal));
  }

  return {
    stopped: () => stopped,
    run(work, signal) {
      if (isProven) return work(undefined);
      const mine = alone(last, work, signal);
      last = mine.catch(() => undefined);
      return mine;
    },
  };
}
