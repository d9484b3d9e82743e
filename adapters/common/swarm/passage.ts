import type { Clock } from '../../../src/contract/clock.ts';
import { Failure } from '../../../src/contract/failures.ts';
import { thenRefresh } from '../front.ts';
import { type Engine, loginHeader } from './engine.ts';

/** How long an answer is relied on, in milliseconds. */
const reliedOnFor = 3_600_000;

/**
 * Makes the question whether the login of an update reaches the engine, which answers 200 to an update without one. It
 * throws if the login does not, and is asked again after an hour. stops: as in `RefresherDeps`.
 */
export function makePassage(
  { passage }: Pick<Engine, 'passage'>,
  clock: Pick<Clock, 'mono'>,
  stops: 'target' | 'slot',
): (...asked: Parameters<Engine['passage']>) => Promise<void> {
  let openUntil = Number.NEGATIVE_INFINITY;
  /** Until when only services without a PreviousSpec are asked about, of which every engine can tell. */
  let mutedUntil = Number.NEGATIVE_INFINITY;

  return async (service, api, login, signal): Promise<void> => {
    const now = clock.mono();
    if (now < openUntil || (now < mutedUntil && service.previous !== 'none')) return;
    const seen = await passage(service, api, login, signal);
    if (seen === 'open') openUntil = now + reliedOnFor;
    if (seen === 'unknown') mutedUntil = now + reliedOnFor;
    if (seen !== 'stripped') return;
    const message = `Something between the courier and Docker removes the header ${loginHeader} from requests. Docker would answer 200, and the services would keep the login that they have.`;
    throw new Failure('MISCONFIGURED', message, { stops, remedy: `Let the proxy in front of Docker pass on that header. ${thenRefresh}` });
  };
}
