import type { Clock } from '../../src/contract/clock.ts';
import { Failure } from '../../src/contract/failures.ts';
import type { Http } from '../../src/contract/http.ts';
import { type Api, isGone, isLive, isResource, type Resource } from './api.ts';
import { refusal, unexpected } from './refusal.ts';
import { becauseOf } from './survey.ts';

const pollMs = 200;
/**
 * How long to wait, in milliseconds. Rancher takes a tenth of a second; what takes longer than this is stuck, or is
 * found by a later attempt.
 */
const patienceMs = 10_000;

/** Waits until Rancher is done with what was created. */
export function makeSettle(http: Http, api: Api, clock: Clock) {
  async function untilActive(path: string, signal: AbortSignal): Promise<void> {
    for (const until = clock.mono() + patienceMs; ; await clock.sleep(pollMs, signal)) {
      const answer = await api.ask('GET', path, signal);
      if (answer.status !== 200) throw refusal(http, answer, 'Waiting for what was created');
      const resource = answer.json<Resource | null>();
      if (!isResource(resource)) throw unexpected(`Rancher answered GET ${path} without id or state.`);
      if (resource.state === 'active') return;
      if (resource.transitioning === 'error') throw stuck(`Rancher did not finish ${resource.id}${becauseOf(resource)}.`);
      if (!isLive(resource)) throw inTheWay(resource);
      if (clock.mono() >= until) throw stuck(`${resource.id} is still ${resource.state} after ${patienceMs / 1000} seconds.`);
    }
  }

  /**
   * Removes what this attempt has just made, because another courier made the same at the same moment. Every courier
   * keeps the lowest number, so they agree. Anything that Rancher does not remove becomes a finding of the next look.
   */
  async function takeBack(path: string, signal: AbortSignal): Promise<void> {
    await api.ask('POST', `${path}/?action=deactivate`, signal);
    for (const until = clock.mono() + patienceMs; clock.mono() < until; await clock.sleep(pollMs, signal))
      if ((await api.ask('DELETE', path, signal)).status !== 405) return;
  }

  return { untilActive, takeBack };
}

const stuck = (message: string): Failure =>
  new Failure('UNEXPECTED', message, {
    remedy:
      'The courier goes on by itself as soon as Rancher is done. If that lasts, look at it in Rancher and at the process list of the administrator, or deactivate and remove it.',
  });

export const inTheWay = (resource: Resource): Failure =>
  new Failure('CONFLICT', `${resource.id} is there for this host, but it is ${resource.state}.`, {
    remedy: isGone(resource)
      ? 'Wait until Rancher has removed it: then the courier goes on by itself. If it stays, look at the process list of its administrator.'
      : 'Activate it in Rancher, or remove it.',
  });
