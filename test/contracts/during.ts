import type { During, Json } from './format.d.ts';
import type { Double } from './harness.ts';
import { fill, type Values } from './notation.ts';
import { send } from './send.ts';

/**
 * Plays the events that happen while a response streams, one after another. Ignores the responses to their requests.
 */
export async function passDuring(
  events: readonly During[],
  double: Double,
  values: Values,
  sleep: (ms: number) => Promise<void>,
): Promise<void> {
  for (const { afterSeconds, words: _, ...event } of events) {
    await sleep(afterSeconds * 1000);
    await passEvent(
      fill(event as Json, values, name => name),
      double,
    );
  }
}

/** Sends an event's request, or passes the event to the double. */
async function passEvent(event: Json, double: Double): Promise<void> {
  const { request } = event as Partial<During>;
  if (request) await send(double.address(undefined), request, new AbortController().signal);
  else await double.before?.(event);
}
