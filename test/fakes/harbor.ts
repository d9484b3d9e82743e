import { randomUUID } from 'node:crypto';
import { type Clock, clock as machineClock } from '../../src/contract/clock.ts';
import { goQuote } from './go-quote.ts';
import { badRequest, cleaned, pathOf, targetOf } from './go-target.ts';
import { makeAuth } from './harbor/auth.ts';
import { dispatch, text } from './harbor/dispatch.ts';
import { Refusal, refuse } from './harbor/refusal.ts';
import { makeRegistries } from './harbor/registries.ts';
import { routesOf } from './harbor/routes.ts';
import { makeSessions, type Reached } from './harbor/sessions.ts';
import {
  type HarborState,
  makeRobot,
  makeRow,
  type Policy,
  type Project,
  type RobotSeed,
  type Row,
  type RowSeed,
  type Upstream,
  type User,
} from './harbor/state.ts';
import { type Accepts, makeUpstreams } from './harbor/upstream.ts';
import { badEscape } from './harbor/url.ts';
import { type FakeServer, type Reply, type Seen, type ServerOptions, startServer } from './server.ts';

export interface HarborOptions extends ServerOptions {
  /** Existing rows and robots. Missing ids are assigned. */
  readonly registries?: readonly RowSeed[];
  readonly robots?: readonly RobotSeed[];
  /** Defaults to the administrator `admin` with `adminPassword`. */
  readonly users?: readonly User[];
  readonly upstreams?: readonly Upstream[];
  /** Projects and replication rules follow the source. They are not recorded. */
  readonly projects?: readonly Project[];
  readonly policies?: readonly (Omit<Policy, 'id'> & Partial<Policy>)[];
  readonly read_only?: boolean;
  /**
   * Whether a registry accepts a password, for hosts that `upstreams` does not list. An embedded ECR can answer this.
   */
  readonly accepts?: Accepts;
  readonly clock?: Clock;
  /**
   * Defaults to 2.15.2. Older behaviour follows the source and is not recorded: before 2.3 lists have no pages, before
   * 2.2 there are no system robots, and 1.10 has another base path.
   */
  readonly version?: string;
}

export const adminPassword = 'Harbor12345';

/** A fake Harbor with state. It answers as recorded on 2.15.2. `state` may be changed while it runs. */
export interface FakeHarbor extends FakeServer {
  readonly state: HarborState;
  /** Returns the stored secret of a row, which no response contains. Throws for an unknown id. */
  secretOf(id: number): string | undefined;
  /** Runs one health check of all rows. A real server runs it every five minutes. */
  checkHealth(): Promise<void>;
}

/** Starts a fake Harbor, by default on a free port of 127.0.0.1. */
export async function startFakeHarbor(options: HarborOptions = {}): Promise<FakeHarbor> {
  const clock = options.clock ?? machineClock;
  const closing = new AbortController();
  const state = stateOf(options, clock);
  const version = options.version ?? '2.15.2';
  const [major = 0, minor = 0] = version.split('.').map(Number);
  /** Whether the version is at least 2.`wanted`. */
  const since = (wanted: number): boolean => major > 2 || (major === 2 && minor >= wanted);
  const base = since(0) ? '/api/v2.0' : '/api';
  const { isHealthy } = makeUpstreams(state, clock, closing.signal, options.accepts);
  const ways = { paged: since(3), writesStatus: since(0), terse: since(3) };
  const registries = makeRegistries(state, clock, () => server.url, isHealthy, ways);
  const routes = routesOf({ state, clock, registries, base, version, url: () => server.url });
  const auth = makeAuth(state, clock, closing.signal, since(2));
  const sessions = makeSessions(clock);
  const server: FakeServer = await startServer(async request => {
    const target = targetOf(request.path);
    if (!target) return badRequest;
    if (target.raw.includes(';')) return refusalOf(new Refusal(400, 'BAD_REQUEST', 'invalid semicolon separator in query'), request, true);
    const wrong = badEscape(target.raw);
    if (wrong !== undefined) return refusalOf(new Refusal(400, 'BAD_REQUEST', `invalid URL escape ${goQuote(wrong)}`), request, true);
    const pathname = pathOf(request.path);
    const session = sessions.open(request, /^\/(api|v2|service)\//.test(pathname));
    let reached: Reached = 'handler';
    const reply = await answer(request, pathname, target.query, session.demandToken).catch(error => {
      if (error instanceof Refusal && error.code === 'DENIED') reached = 'middleware';
      return refusalOf(error, request, since(0));
    });
    const headers = { ...session.headers(reached), 'x-request-id': String(request.headers['x-request-id'] || randomUUID()) };
    return { ...reply, headers: { ...headers, ...reply.headers } };
  }, options);
  const cut = server[Symbol.asyncDispose];

  async function answer(request: Seen, pathname: string, query: URLSearchParams, demandToken: () => void): Promise<Reply> {
    demandToken();
    if (since(0) && request.method === 'GET' && /^\/api\/version\/?$/.test(pathname))
      return text('text/plain; charset=utf-8', '{"version":"v2.0"}\n');
    if (!`${pathname}/`.startsWith(`${base}/`)) return { status: 404 };
    const caller = await auth.callerOf(request);
    const path = cleaned(pathname).slice(base.length).replace(/\/$/, '');
    if (state.read_only && !['GET', 'HEAD', 'OPTIONS'].includes(request.method) && path !== '/configurations')
      refuse(403, 'The system is in read only mode. Any modification is prohibited.', 'DENIED');
    return dispatch({ request, query, caller, path, routes, pathname });
  }

  return Object.assign(server, {
    state,
    secretOf: (id: number) => registries.get(id).credential?.access_secret,
    checkHealth: registries.checkHealth,
    [Symbol.asyncDispose]: async () => {
      closing.abort();
      await cut();
    },
  });
}

function stateOf(options: HarborOptions, clock: Clock): HarborState {
  const now = clock.wall();
  const numbered = <S extends { id?: number }, T extends { id: number }>(seeds: readonly S[], make: (seed: S, id: number) => T): T[] => {
    let next = 1;
    return seeds.map(seed => {
      const made = make(structuredClone(seed), next);
      next = Math.max(next, made.id) + 1;
      return made;
    });
  };
  return {
    users: structuredClone([...(options.users ?? [{ name: 'admin', password: adminPassword, sysadmin: true }])]),
    // Each row gets its own creation time.
    registries: numbered(options.registries ?? [], (seed, id): Row => makeRow(seed, id, now - 60_000 + id)),
    robots: numbered(options.robots ?? [], (seed, id) => makeRobot(seed, id, now)),
    upstreams: structuredClone([...(options.upstreams ?? [])]),
    projects: structuredClone([...(options.projects ?? [])]),
    policies: numbered(options.policies ?? [], (seed, id): Policy => ({ ...seed, id: seed.id ?? id })),
    read_only: options.read_only ?? false,
  };
}

/** Renders a refusal. The body had another form before 2.0. An invalid anonymous request also gets a challenge. */
function refusalOf(error: unknown, { headers }: Seen, modern: boolean): Reply {
  if (!(error instanceof Refusal)) throw error;
  const { status, code, message } = error;
  if (message === '') return { status };
  const body = modern ? { errors: [{ code, message }] } : { code: status, message };
  const asks = status === 422 && headers.authorization === undefined ? { 'www-authenticate': 'Basic realm="API"' } : {};
  return { status, headers: { 'content-type': 'application/json; charset=utf-8', ...asks }, text: `${JSON.stringify(body)}\n` };
}
