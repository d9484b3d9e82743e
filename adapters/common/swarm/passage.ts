import type { Clock } from '../../../src/contract/clock.ts';
import { Failure } from '../../../src/contract/failures.ts';
import { thenRefresh } from '../front.ts';
import { type Engine, loginHeader } from './engine.ts';

/** How long an open passage is relied on, in milliseconds. */
const reliedOnFor = 3_600_000;

/**
 * Makes the question whether the login of an update reaches the engine, which answers 200 to an update without one. It
 * throws if the login does not, and is asked again after an hour. stops: as in `RefresherDeps`.
 */
export function makePassage({ passage }: Pick<Engine, 'passage'>, clock: Pick<Clock, 'mono'>, stops: 'target' | 'slot') {
  let openUntil = Number.NEGATIVE_INFINITY;

  return async (...asked: Parameters<Engine['passage']>): Promise<void> => {
    if (clock.mono() < openUntil) return;
    const seen = await passage(...asked);
    if (seen === 'open') openUntil = clock.mono() + reliedOnFor;
    if (seen !== 'stripped') return;
    const message = `Something between the courier and Docker removes the header ${loginHeader} from requests. Docker would answer 200, and the services would keep the login that they have.`;
    throw new Failure('MISCONFIGURED', message, { stops, remedy: `Let the proxy in front of Docker pass on that header. ${thenRefresh}` });
  };
}
