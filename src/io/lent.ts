import { asFailure } from '../contract/failures.ts';
import type { Target } from '../contract/target.ts';
import { deliveryBytes, discoveryBytes, withBudget } from './budget.ts';
import type { Proxy } from './proxies.ts';
import { named } from './unconnected.ts';

/**
 * Wraps a target that uses our clients. All answers to one call share one memory budget, and errors name the proxies on
 * the way, since a proxy may have answered. Done here for all adapters, whatever they make of answers.
 */
export function lent(target: Target, proxies: ReadonlySet<Proxy>): Target {
  const { rehearse, watch, prune, tell } = target;
  const limited = <T>(bytes: number, signal: AbortSignal, job: () => Promise<T>): Promise<T> => {
    const result = withBudget(bytes, job, signal);
    // Avoids an extra promise for each of thousands of deliveries.
    return proxies.size === 0 ? result : result.catch((error: unknown) => Promise.reject(namedAll(error, proxies)));
  };
  return {
    ...target,
    discover: signal => limited(discoveryBytes, signal, () => target.discover(signal)),
    deliver: (slot, credentials, signal) => limited(deliveryBytes, signal, () => target.deliver(slot, credentials, signal)),
    ...(rehearse && { rehearse: (slot, credentials, signal) => limited(deliveryBytes, signal, () => rehearse(slot, credentials, signal)) }),
    ...(watch && {
      watch(signal) {
        const seen = watch(signal);
        return seen && namedIn(seen, proxies);
      },
    }),
    ...(prune && { prune: (way, signal) => namedIn(prune(way, signal), proxies) }),
    ...(tell && { tell: (slot, notice, signal) => limited(deliveryBytes, signal, () => tell(slot, notice, signal)) }),
  };
}

async function* namedIn<T>(seen: AsyncIterable<T>, proxies: ReadonlySet<Proxy>): AsyncIterable<T> {
  try {
    yield* seen;
  } catch (error) {
    throw namedAll(error, proxies);
  }
}

const namedAll = (thrown: unknown, proxies: ReadonlySet<Proxy>): unknown => {
  let failure = thrown;
  for (const proxy of proxies) failure = named(asFailure(failure), proxy);
  return failure;
};
