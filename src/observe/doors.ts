import type { IncomingMessage } from 'node:http';
import type { Log } from '../contract/adapter.ts';
import type { Clock } from '../contract/clock.ts';
import { asFailure } from '../contract/failures.ts';
import type { Secret } from '../contract/secret.ts';
import { jsonText, label, visible } from '../contract/text.ts';
import { createGuard, isRebound } from './admin.ts';
import { page, scriptHash, styleHash } from './page.ts';
import { type View, viewOf } from './page-view.ts';
import { checksOf } from './readiness.ts';
import { createShare } from './share.ts';
import schema from './status.schema.json' with { type: 'json' };
import type { Overview, Status } from './status-view.ts';

/** The result of a refresh or reload. Sent as JSON, so it may have more members. */
export interface ActionResult {
  readonly ok: boolean;
  readonly message: string;
}
export interface DoorDeps {
  status(): Status;
  /** The source for doors that are polled often; defaults to the whole status. */
  overview?(): Overview;
  /**
   * Whether the engine is live. Probes ask often, so it should cost nothing; derived from the whole status by default.
   */
  live?(): boolean;
  /** Metrics in text format 0.0.4. */
  metrics(): Promise<string>;
  /** Everything that belongs into a bug report, including the log. Not public. */
  bundle?(): Promise<string>;
  readonly actions: { refresh(target?: string): Promise<ActionResult>; reload(): Promise<ActionResult> };
  /**
   * The admin token, read on each use so that a changed file takes effect. Without it the doors that act, and the
   * bundle, are closed to the network.
   */
  adminToken?(): Promise<Secret | undefined>;
  readonly clock: Clock;
  readonly log: Log;
}

const longestParameter = 80;

export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/**
 * How a request arrived. owner: over the socket that only the owner of this process can open. loopback: over a port
 * that only this machine can reach.
 */
type Way = 'owner' | 'loopback' | 'network';
type Door = (request: IncomingMessage, query: URLSearchParams, way: Way) => Reply | Promise<Reply>;

/** Answers every request. Never rejects. */
export function createDoors(deps: DoorDeps): (request: IncomingMessage, way: Way) => Promise<Reply> {
  const looks = lookingDoors(deps);
  const { reads, acts } = guardedDoors(deps);

  return async (request, way) => {
    if (way === 'loopback' && isRebound(request.headers)) return text(421, 'This address is for this machine: use 127.0.0.1 or localhost.');
    const [path = '', query = ''] = (request.url ?? '').split('?', 2);
    const looking = looks.get(path) ?? reads.get(path);
    const door = looking ?? acts.get(path);
    if (!door) {
      const open = [...looks.keys(), ...reads.keys()].join(' ');
      return text(404, `Nothing here. There are ${open} and POST ${[...acts.keys()].join(' ')}.`);
    }
    const allowed = looking ? ['GET', 'HEAD'] : ['POST'];
    if (!allowed.includes(request.method ?? '')) return text(405, `Use ${allowed.join(' or ')}.`, { allow: allowed.join(', ') });
    try {
      return await door(request, new URLSearchParams(query), way);
    } catch (error) {
      deps.log.error('door failed', { path, error: asFailure(error).message });
      return text(500, 'This failed here; the log says why.');
    }
  };
}

function lookingDoors({ status, overview = status, metrics, live = () => status().live, clock }: DoorDeps): ReadonlyMap<string, Door> {
  const share = createShare(clock);
  const sharedStatus = (): Status => share('status', status);
  const shownPage = (view: View): Reply =>
    share(`/ ${JSON.stringify(view)}`, () => reply(200, 'text/html; charset=utf-8', page(sharedStatus(), view)));
  const liveness: Door = () => (live() ? text(200, 'live') : text(503, 'not live: the engine has not stepped for more than four ticks.'));
  return new Map<string, Door>([
    ['/', (_, query) => shownPage(viewOf(query))],
    ['/api/status', () => share('/api/status', () => json(200, sharedStatus()))],
    ['/api/status/schema', () => json(200, schema)],
    ['/metrics', async () => reply(200, 'text/plain; version=0.0.4; charset=utf-8', await share('/metrics', metrics))],
    ['/livez', liveness],
    ['/healthz', liveness],
    ['/readyz', () => share('/readyz', () => readiness(overview()))],
    ['/ping', () => text(200, 'pong!')],
  ]);
}

/** The doors for the owner of this process and for holders of the admin token. */
function guardedDoors({ actions, bundle, adminToken, clock }: DoorDeps) {
  const guard = createGuard(async () => adminToken?.(), clock);
  const guarded =
    (door: Door): Door =>
    async (request, query, way) => {
      // The owner needs no token.
      const refusal = way === 'owner' ? undefined : await guard({ headers: request.headers, address: request.socket.remoteAddress ?? '' });
      if (refusal) return text(refusal.status, refusal.sentence, refusal.status === 401 ? { 'www-authenticate': 'Bearer' } : {});
      return await door(request, query, way);
    };
  const acting = (parameters: readonly string[], act: (query: URLSearchParams) => Promise<ActionResult>): Door =>
    guarded(async (_, query) => {
      const flaw = flawOf(query, parameters);
      const result = flaw === undefined ? await act(query) : { ok: false, message: flaw };
      return json(result.ok ? 200 : 422, result);
    });
  return {
    reads: new Map<string, Door>(bundle ? [['/-/bundle', guarded(async () => text(200, await bundle()))]] : []),
    acts: new Map<string, Door>([
      ['/-/refresh', acting(['target'], query => actions.refresh(query.get('target') ?? undefined))],
      ['/-/reload', acting([], () => actions.reload())],
    ]),
  };
}

/** What is wrong with the parameters of an acting request. Ignoring one would act on more than was requested. */
function flawOf(query: URLSearchParams, known: readonly string[]): string | undefined {
  const names = [...query.keys()];
  const odd = names.find(name => !known.includes(name));
  if (odd !== undefined)
    return `There is no parameter ${label(odd, longestParameter)}. ${known.length > 0 ? `There is: ${known.join(', ')}.` : 'This needs none.'}`;
  const twice = names.find((name, at) => names.indexOf(name) < at);
  return twice === undefined ? undefined : `The parameter ${twice} is there more than once. Send a request for each.`;
}

/** Lists one line for each check, followed by one for each reason why it fails. */
function readiness(status: Overview): Reply {
  const lines = checksOf(status).flatMap(({ name, reasons }) => {
    return reasons.length === 0 ? [`[+] ${name}`] : [`[-] ${name}`, ...reasons.map(reason => `    ${reason}`)];
  });
  return text(status.ready ? 200 : 503, [status.ready ? 'ready' : 'not ready', ...lines].join('\n'));
}

const security = {
  'content-security-policy': `default-src 'none'; style-src '${styleHash}'; script-src '${scriptHash}'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
};

function reply(status: number, type: string, body: string, headers: Record<string, string> = {}): Reply {
  return { status, headers: { ...security, 'content-type': type, ...headers }, body };
}
/** A response with one sentence in plain text. */
export function text(status: number, sentence: string, headers: Record<string, string> = {}): Reply {
  return reply(status, 'text/plain; charset=utf-8', visible(`${sentence}\n`), headers);
}
function json(status: number, body: unknown): Reply {
  return reply(status, 'application/json; charset=utf-8', jsonText(body));
}
