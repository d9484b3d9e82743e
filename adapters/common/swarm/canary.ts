import type { Clock } from '../../../src/contract/clock.ts';
import { Failure } from '../../../src/contract/failures.ts';
import { quote, label as short } from '../../../src/contract/text.ts';
import { ended } from '../turns.ts';
import { changeOf, hasAll } from './change.ts';
import type { WholeService } from './service.ts';
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
/** Nothing is updated for so long where one Spec lost members that somebody may have taken away. In milliseconds. */
const restMs = 10 * 60_000;
/** So many Specs in a row that are different after an update are no chance. */
const mostOthers = 3;

const remedy =
  'Nothing more is updated until the courier is restarted. Look at `docker service ps` of that service, and take it out (label ecr-courier.enable=false) before. Please report it, with the version of Docker and what else writes to services.';
const afterRest =
  'If somebody has taken it out of the service at that moment: nothing, as one more service is tried after ten minutes. Else compare the service with its stack file (`docker service inspect`), stop the courier, and report it, with the version of Docker.';

export function makeCanary(clock: Clock, stops: 'target' | 'slot'): Canary {
  let isProven = false;
  let stop: { readonly why: Failure; readonly until: number } | undefined;
  /** What a Spec has lost that was sent back whole, and how many in a row somebody seems to have written to. */
  let lost: readonly string[] = [];
  let others = 0;
  let last: Promise<unknown> = Promise.resolve();

  function stopFor(message: string, how: { readonly ms: number; readonly remedy: string }): never {
    const why = new Failure('UNEXPECTED', message, { stops, remedy: how.remedy });
    stop = { why, until: clock.mono() + how.ms };
    throw why;
  }
  const forGood = (message: string): never => stopFor(message, { ms: Number.POSITIVE_INFINITY, remedy });

  /** Whether the Spec is what was sent. Where it is not, somebody else may have written just after us. */
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
   * Nothing is proven where no task runs, as there is nothing that could be replaced, where somebody else wrote to the
   * service meanwhile, and where it does not have what another one has lost.
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
      // Another Spec than just after our update is the work of somebody else, and so are its tasks. Where an update
      // replaces tasks, Swarm notes a roll-out first. It notes none where a node was drained or is gone.
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
