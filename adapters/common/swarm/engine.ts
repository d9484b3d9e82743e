import { asFailure, Failure } from '../../../src/contract/failures.ts';
import type { Answer, HttpRequest } from '../../../src/contract/http.ts';
import { mapOf } from '../../../src/contract/shapes.ts';
import { label, quote } from '../../../src/contract/text.ts';
import { readWholeService, type WholeService } from './service.ts';
import { readTask, type Task } from './tasks.ts';

/** The transport to the API of one Docker engine that manages a Swarm. */
export interface Door {
  ask(method: string, path: string, more: HttpRequest): Promise<Answer>;
  /** The failure for an unsuccessful response. later: the engine has listed its services before. */
  refused(answer: Answer, when: 'at first' | 'later'): Failure;
  /**
   * Whether the path of a write names the API version, so that another engine behind the same address does not accept
   * it in its own version. unnamed: the proxy in between only knows paths without a version.
   */
  readonly versions: 'named' | 'unnamed';
  /** rounded: the proxy in between re-encodes responses and keeps 53 bits of a number. By default numbers are exact. */
  readonly numbers?: 'rounded';
}

/** The requests to a Swarm. */
export interface Engine {
  eachService(take: (service: unknown) => void, signal: AbortSignal): Promise<void>;
  /** The service, with the API version of the response. */
  service(id: string, signal: AbortSignal): Promise<{ readonly service: WholeService; readonly api: string }>;
  tasks(id: string, signal: AbortSignal): Promise<readonly Task[]>;
  /** Sends the Spec of a service back unchanged. stale: another client wrote meanwhile, so nothing was written. */
  update(service: WholeService, api: string, login: string, signal: AbortSignal): Promise<'written' | 'stale'>;
  /**
   * Tells whether the login of an update reaches the engine, by an update that no engine applies. stripped: the header
   * is removed on the way, so an update would be answered with 200 and leave the former login (seen on 20.10.24).
   * unknown: the answer tells nothing.
   */
  passage(service: WholeService, api: string, login: string, signal: AbortSignal): Promise<'open' | 'stripped' | 'unknown'>;
  /**
   * Sends an update with a version that no service has, so no engine applies it. Throws if a real one would be refused.
   */
  rehearse(service: WholeService, api: string, signal: AbortSignal): Promise<void>;
}

const notTheEngine =
  'Check that the address leads to the Docker engine of a manager of the Swarm, and to nothing in front of it that answers by itself.';

/** The oldest API version. Earlier engines (up to 17.05) replace tasks even if only the login is new. */
const oldest = [1, 30] as const;
/** The first request of each look. */
const list = '/services';
/** A version that no service has, because every Swarm counts from 1. */
const noVersion = 0;
/**
 * An origin of logins that the service cannot have: a PreviousSpec that is missing, or nothing that an engine knows. It
 * is only read where the header with the login is missing, and then the update is refused (seen on 20.10.24). Engines
 * from 2026 on (source) refuse an unknown one in any case, which tells nothing.
 */
const noOrigin = ({ previous }: WholeService): string => (previous === 'none' ? 'previous-spec' : 'nowhere');
const lacksLogin = /unsupported registryAuthFrom|does not have a previous spec/i;

export function openEngine({ ask, refused, versions, numbers }: Door): Engine {
  /** Reads without a version in the path, which the engine takes as its own version. */
  async function read(path: string, signal: AbortSignal, each?: HttpRequest['each']): Promise<Answer> {
    const answer = await ask('GET', path, { signal, ...(each && { each }) });
    if (answer.status !== 200) throw refused(answer, path === list ? 'at first' : 'later');
    return answer;
  }

  function post({ id, text }: WholeService, api: string, query: string, more: HttpRequest): Promise<Answer> {
    const start = versions === 'named' ? `/v${api}` : '';
    return ask('POST', `${start}/services/${encodeURIComponent(id)}/update?${query}`, { json: text, ...more });
  }

  return {
    async eachService(take, signal) {
      apiOf(await read(list, signal, take), versions);
    },
    async service(id, signal) {
      const answer = await read(`/services/${encodeURIComponent(id)}`, signal);
      answer.json();
      const service = readWholeService(answer.text);
      if (service?.id !== id)
        throw new Failure('UNEXPECTED', `The answer for the service ${id} is not that service.`, { remedy: notTheEngine });
      const lost = numbers === 'rounded' ? longNumberIn(service.text) : undefined;
      if (lost !== undefined) throw rounded(service, lost);
      return { service, api: apiOf(answer, versions) };
    },
    async tasks(id, signal) {
      const tasks: Task[] = [];
      await read(`/tasks?filters=${encodeURIComponent(JSON.stringify({ service: [id] }))}`, signal, element => {
        const task = readTask(element);
        if (task) tasks.push(task);
      });
      return tasks;
    },
    async update(service, api, login, signal) {
      const answer = await post(service, api, `version=${service.version}`, { signal, headers: { [loginHeader]: login } });
      if (isStale(answer)) return 'stale';
      if (/raft message is too large/i.test(answer.text)) throw tooLarge(service, answer);
      if (answer.status !== 200) throw refused(answer, 'later');
      // A proxy in front of the engine may return 200 as well.
      if (!Object.hasOwn(mapOf(answer.json()), 'Warnings'))
        throw new Failure('UNEXPECTED', `The update of ${service.name} was answered with 200, and not as a Docker engine does.`, {
          remedy: notTheEngine,
        });
      return 'written';
    },
    async passage(service, api, login, signal) {
      const query = `registryAuthFrom=${noOrigin(service)}&version=${noVersion}`;
      const answer = await post(service, api, query, { signal, reads: true, headers: { [loginHeader]: login } });
      if (isStale(answer)) return 'open';
      return lacksLogin.test(answer.text) ? 'stripped' : 'unknown';
    },
    async rehearse(service, api, signal) {
      const answer = await post(service, api, `version=${noVersion}`, { signal, reads: true });
      if (!isStale(answer)) throw refused(answer, 'later');
    },
  };
}

/** Returns no tasks for a service that was just removed. The next look no longer lists it. */
export function noneOfGone(tasks: Engine['tasks']): Engine['tasks'] {
  return async (id, signal) => {
    const seen = await tasks(id, signal).catch(asFailure);
    if (!(seen instanceof Failure)) return seen;
    if (seen.code === 'NOT_FOUND') return [];
    throw seen;
  };
}

/** The name of a member whose number does not fit into 53 bits. */
function longNumberIn(text: string): string | undefined {
  let found: string | undefined;
  JSON.parse(text, (name, value: unknown) => {
    if (Number.isInteger(value) && !Number.isSafeInteger(value)) found = name;
    return value;
  });
  return found;
}

const rounded = ({ name }: WholeService, member: string): Failure =>
  new Failure(
    'REJECTED',
    `The Spec of the service ${label(name)} cannot be sent back as it is: its ${quote(member)} has more digits than what stands in between keeps.`,
    {
      remedy: `An update would restart its tasks. Give ${label(member)} a number below 2^53, or let the courier reach this Swarm directly.`,
    },
  );

/** Swarm replicates a service in one message of 1.5 MiB, with the Spec of a rollback beside the present one. */
const tooLarge = ({ name, text }: WholeService, { text: said }: Answer): Failure =>
  new Failure(
    'TOO_LARGE',
    `The Spec of the service ${label(name)} has ${Math.ceil(text.length / 1024)} KiB. Swarm keeps it twice, and that is more than it can store: ${quote(said)}`,
    { remedy: 'Move long texts from its environment or its command into a config (`docker config create`).' },
  );

export const loginHeader = 'X-Registry-Auth';

/**
 * The value of X-Registry-Auth. Engines expect padded URL-safe base64. To anything else they respond with 200 and store
 * no login (recorded).
 */
export function encodedLogin(login: object): string {
  return Buffer.from(JSON.stringify(login)).toString('base64').replaceAll('+', '-').replaceAll('/', '_');
}

/**
 * What a manager says while managers elect a leader, or too few of them are there. Seen on 20.10.24 when managers were
 * stopped; the others are from the source of Swarm.
 */
export const disagreement =
  /does not have a leader|lost leader status|no elected cluster leader|node is stopped|context deadline exceeded|code = Unavailable/i;

const isStale = ({ status, text }: Answer): boolean => status === 500 && text.includes('update out of sequence');

/** The API version of the response; empty if it is missing and not needed. Throws if it is too old. */
function apiOf({ headers }: Answer, versions: Door['versions']): string {
  const api = headers.get('api-version') ?? '';
  const [, major, minor] = /^(\d+)\.(\d+)$/.exec(api) ?? [];
  if (major === undefined) {
    if (versions === 'unnamed') return '';
    throw new Failure('UNEXPECTED', 'The answer does not say the version of the Docker API (header Api-Version).', {
      remedy: notTheEngine,
    });
  }
  const [first, second] = oldest;
  if (Number(major) < first || (Number(major) === first && Number(minor) < second))
    throw new Failure('MISCONFIGURED', `This Docker engine speaks version ${api} of its API: it would restart the tasks of services.`, {
      remedy: 'Update Docker to 17.06 or later.',
    });
  return api;
}
