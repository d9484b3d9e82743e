import type { Target } from '../contract/adapter.ts';
import { asFailure } from '../contract/failures.ts';
import { deliveryBytes, discoveryBytes, withBudget } from './budget.ts';
import type { Proxy } from './proxies.ts';
import { named } from './unconnected.ts';

/**
 * A target that works with clients of ours. Each call has one budget for all answers that it gets, and what it throws names the proxies on the way,
 * as it may be a proxy that answered. Here for all adapters, whatever they make of answers.
 */
export function lent(target: Target, proxies: ReadonlySet<Proxy>): Target {
  const { rehearse, watch } = target;
  const naming = async <T>(job: () => Promise<T>): Promise<T> => {
    try {
      return await job();
    } catch (error) {
      throw namedAll(error, proxies);
    }
  };
  const limited = <T>(bytes: number, job: () => Promise<T>): Promise<T> => naming(() => withBudget(bytes, job));
  return {
    ...target,
    discover: signal => limited(discoveryBytes, () => target.discover(signal)),
    deliver: (slot, credentials, signal) => limited(deliveryBytes, () => target.deliver(slot, credentials, signal)),
    ...(rehearse && { rehearse: (slot, credentials, signal) => limited(deliveryBytes, () => rehearse(slot, credentials, signal)) }),
    ...(watch && {
      async *watch(signal) {
        try {
          yield* watch(signal);
        } catch (error) {
          throw namedAll(error, proxies);
        }
      },
    }),
  };
}

const namedAll = (thrown: unknown, proxies: ReadonlySet<Proxy>): unknown => {
  let failure = thrown;
  for (const proxy of proxies) failure = named(asFailure(failure), proxy);
  return failure;
};
