import { type Clock, clock as machineClock } from '../../src/contract/clock.ts';
import { jsonReply } from './rancher/answer.ts';
import { enter, identify } from './rancher/auth.ts';
import { csrfCookie, forBrowser } from './rancher/browser.ts';
import { bodyOf, noSuchPage, Refusal } from './rancher/refusal.ts';
import { makeResources } from './rancher/resources.ts';
import { addressOf, originOf, type View } from './rancher/show.ts';
import { plant, type RancherState, type Row, type Seeds, stateOf } from './rancher/state.ts';
import { type FakeServer, type Reply, type Seen, type ServerOptions, startServer } from './server.ts';

export interface RancherOptions extends ServerOptions, Seeds {
  readonly clock?: Clock;
  /** How long a resource stays in each transitional state, in milliseconds. Defaults to 40. */
  readonly stageMs?: number;
}

/** A fake Rancher 1.6 (Cattle) with state. It answers as recorded. `state` may be changed while it runs. */
export interface FakeRancher extends FakeServer {
  readonly state: RancherState;
  /**
   * Returns a registry or credential in its current state, with the values that no response contains. Throws for an
   * unknown id.
   */
  row(id: string): Row;
  /**
   * Returns the credential that a new container gets for an image of this host: the active one with the lowest id whose
   * registry is active and stored as the bare host.
   */
  pullsWith(environment: string, host: string): Row | undefined;
  /** Adds registries and credentials, like another client. */
  seed(seeds: Pick<Seeds, 'registries' | 'credentials'>): void;
  /** Returns the response to a request, without sending it. */
  answerTo(request: Seen): Reply;
  /** Called with every created resource before the response. */
  made: ((row: Row) => void) | undefined;
}

/** Starts a fake Rancher, by default on a free port of 127.0.0.1. */
export async function startFakeRancher(options: RancherOptions = {}): Promise<FakeRancher> {
  const { clock = machineClock, stageMs = 40 } = options;
  const state = stateOf(options, clock.wall());
  const resources = makeResources(state, () => ({ clock, stageMs, made: server.made }));
  const server: FakeRancher = Object.assign(await startServer(answer, options), {
    state,
    made: undefined,
    seed: (seeds: Pick<Seeds, 'registries' | 'credentials'>) => plant(state, seeds, clock.wall()),
    answerTo: answer,
    row(id: string): Row {
      resources.settleAll();
      const found = state.rows.find(row => row.id === id);
      if (!found) throw new Error(`the fake has no ${id}`);
      return found;
    },
    pullsWith(environment: string, host: string): Row | undefined {
      resources.settleAll();
      const active = state.rows.filter(row => row.environment === environment && row.state === 'active');
      const serving = active.filter(({ values }) => values['serverAddress']?.toLowerCase() === host.toLowerCase()).map(({ id }) => id);
      return active.find(({ values }) => serving.includes(values['registryId'] ?? ''));
    },
  });

  function answer(request: Seen): Reply {
    const [sent = '', search = ''] = request.path.split(/\?(.*)/s);
    const query = new URLSearchParams(search);
    if (sent === '/ping') return { status: 200, headers: { 'content-type': 'text/plain' }, text: 'pong\n' };
    const [, version, path = ''] = /^\/+(v1|v2-beta)(\/.*)?$/.exec(sent) ?? [];
    if (version === undefined) return noSuchPage;
    const parts = path.split('/').filter(part => part !== '');
    // The environment in the path counts only if a path follows it and no slash before it is doubled.
    const [, named, behind] = /^\/v[^/]+\/projects\/([^/]*)\/(.+)$/i.exec(sent) ?? [];
    const inPath = behind !== undefined && !/^projectMembers(\/|$)/i.test(behind) ? named : undefined;
    const rest = inPath === undefined ? parts : parts.slice(2);
    const address = addressOf(request);
    const base = `${originOf(address)}/${version}${inPath === undefined ? '' : `/projects/${inPath.toLowerCase()}`}`;
    const headers: Record<string, string | string[]> = { 'x-api-schemas': `${base}/schemas` };
    const finish = (reply: Reply): Reply => forBrowser(request, query, { ...reply, headers: { ...headers, ...reply.headers } });
    const method = query.get('_method') ?? request.method;
    try {
      resources.settleAll();
      const header = request.headers['x-api-project-id'];
      const caller = enter(state, identify(state, request), inPath || header?.toString() || query.get('projectId') || undefined);
      const { user, kind, project, readonly } = caller;
      Object.assign(headers, { 'x-api-account-id': project ?? user, 'x-api-user-id': user, 'x-api-account-kind': kind });
      Object.assign(headers, csrfCookie(request, method, query));
      const view: View = { base, address, version, secrets: kind === 'projectadmin' ? 'clear' : 'hidden', readonly };
      return finish(
        resources.answer({
          request,
          method,
          query,
          rest: rest.map(unescaped),
          caller,
          view,
        }),
      );
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      const challenge = error.status === 401 && !/^true$/i.test(String(request.headers['x-api-no-challenge']));
      if (challenge) headers['www-authenticate'] = 'Basic realm="Enter API access key and secret key as username and password"';
      return finish(jsonReply(error.status, bodyOf(error)));
    }
  }
  return server;
}

/** Unescapes a text. A text with an invalid escape stays as it is. */
function unescaped(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
