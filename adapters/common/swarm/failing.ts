import type { Clock } from '../../../src/contract/clock.ts';
import { inTurns } from '../turns.ts';
import { isPaused } from './choice.ts';
import type { Engine } from './engine.ts';
import type { Service } from './service.ts';
import { failingIn } from './tasks.ts';
import { tasksFail } from './words.ts';
import type { Written } from './written.ts';

/**
 * How long an update counts as undecided, in milliseconds. Swarm itself judges within the service's `Monitor`, five
 * seconds by default.
 */
const judgedWithin = 5 * 60_000;

/**
 * Makes a function that returns messages by service id for services whose tasks keep failing after our updates. Each
 * update ends the pause of the one before, and Swarm pauses again a moment later; the finding stays in between.
 */
export function makeFailing(
  { tasksOf, written }: { readonly tasksOf: Engine['tasks']; readonly written: Written },
  clock: Pick<Clock, 'wall'>,
) {
  const seen = new Map<string, { readonly text: string; readonly at: number }>();

  const isPausedByUs = (service: Service): boolean => isPaused(service) && written.isOwnRollout(service);
  const isUndecided = (service: Service, at: number): boolean =>
    clock.wall() - at < judgedWithin && (service.rollout === '' || (service.rollout === 'updating' && written.isOwnRollout(service)));

  return async (services: readonly Service[], signal: AbortSignal): Promise<ReadonlyMap<string, string>> => {
    await inTurns(services.filter(isPausedByUs), async service => {
      seen.set(service.id, { text: tasksFail(service, failingIn(await tasksOf(service.id, signal))), at: clock.wall() });
    });
    const there = new Map(services.map(service => [service.id, service]));
    for (const [id, { at }] of seen) {
      const service = there.get(id);
      if (!service || !(isPausedByUs(service) || isUndecided(service, at))) seen.delete(id);
    }
    return new Map([...seen].map(([id, { text }]) => [id, text]));
  };
}
