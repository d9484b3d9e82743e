import { asFailure, Failure } from '../../../src/contract/failures.ts';
import type { Answer, HttpRequest } from '../../../src/contract/http.ts';
import { label, quote } from '../../../src/contract/text.ts';
import { mapOf } from '../shapes.ts';
import { readWholeService, type WholeService } from './service.ts';
import { readTask, type Task } from './tasks.ts';

/** The way to the API of one Docker engine that manages a Swarm. */
export interface Door {
  ask(method: string, path: string, more: HttpRequest): Promise<Answer>;
  /** What an answer means that is no success. later: an engine has told its services before. */
  refused(answer: Answer, when: 'at first' | 'later'): Failure;
  /**
   * Where a write names the version of the API: so no other engine behind the same address takes it for one of its own
   * version. unnamed: what stands in between knows its paths without one.
   */
  readonly versions: 'named' | 'unnamed';
  /** rounded: what stands in between writes answers anew, and keeps 53 bits of a number. As they came, unless said. */
  readonly numbers?: 'rounded';
}

/** What is asked of a Swarm. */
export interface Engine {
  eachService(take: (service: unknown) => void, signal: AbortSignal): Promise<void>;
  /** With the version of the API in which it was told. */
  service(id: string, signal: AbortSignal): Promise<{ readonly service: WholeService; readonly api: string }>;
  tasks(id: string, signal: AbortSignal): Promise<readonly Task[]>;
  /**
   * Sends the Spec of a service back as it came. stale: somebody else has written to the service meanwhile, so nothing
   * was written.
   */
  update(service: WholeService, api: string, login: string, signal: AbortSignal): Promise<'written' | 'stale'>;
  /**
   * Sends an update that no engine applies, as it names a version that no service has. Throws where a real one would be
   * refused.
   */
  rehearse(service: WholeService, api: string, signal: AbortSignal): Promise<void>;
}

const notTheEngine =
  'Check that the address leads to the Docker engine of a manager of the Swarm, and to nothing in front of it that answers by itself.';

/** Earlier engines replace tasks although nothing but the login is new (17.05 and earlier). */
const oldest = [1, 30] as const;
/** What is asked first, at each look. */
const list = '/services';
/** Counted from 1 by every Swarm. */
const noVersion = 0;

export function openEngine({ ask, refused, versions, numbers }: Door): Engine {
  /** Without a version in its path a request is understood in the engine's own one. */
  async function read(path: string, signal: AbortSignal, each?: HttpRequest['each']): Promise<Answer> {
    const answer = await ask('GET', path, { signal, ...(each && { each }) });
    if (answer.status !== 200) throw refused(answer, path === list ? 'at first' : 'later');
    return answer;
  }

  function post({ id, text }: WholeService, api: string, version: number, more: HttpRequest): Promise<Answer> {
    const start = versions === 'named' ? `/v${api}` : '';
    return ask('POST', `${start}/services/${encodeURIComponent(id)}/update?version=${version}`, { json: text, ...more });
  }

  return {
    async eachService(take, signal) {
      apiOf(await read(list, signal, take), versions);
    },
    async service(id, signal) {
      const answer = await read(`/services/${encodeURIComponent(id)}`, signal);
      answer.json();
      const service = readWholeService(answer.text);
      if (service?.id !== id) throw new Failure('UNEXPECTED', `The answer for the service ${id} is none.`, { remedy: notTheEngine });
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
      const answer = await post(service, api, service.version, { signal, headers: { [loginHeader]: login } });
      if (isStale(answer)) return 'stale';
      if (answer.status !== 200) throw refused(answer, 'later');
      // Something in front of the engine can answer 200 as well.
      if (!Object.hasOwn(mapOf(answer.json()), 'Warnings'))
        throw new Failure('UNEXPECTED', `The update of ${service.name} was answered with 200, and not as a Docker engine does.`, {
          remedy: notTheEngine,
        });
      return 'written';
    },
    async rehearse(service, api, signal) {
      const answer = await post(service, api, noVersion, { signal, reads: true });
      if (!isStale(answer)) throw refused(answer, 'later');
    },
  };
}

/** No tasks where somebody has just removed the service: the next look lists it no more. */
export function noneOfGone(tasks: Engine['tasks']): Engine['tasks'] {
  return async (id, signal) => {
    const seen = await tasks(id, signal).catch(asFailure);
    if (!(seen instanceof Failure)) return seen;
    if (seen.code === 'NOT_FOUND') return [];
    throw seen;
  };
}

/** The name of a member of a JSON text whose number has more digits than 53 bits can hold. */
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

export const loginHeader = 'X-Registry-Auth';

/**
 * The value of X-Registry-Auth. Engines want the alphabet for URLs and the padding. Anything else is answered with 200
 * and taken for no login (recorded).
 */
export function encodedLogin(login: object): string {
  return Buffer.from(JSON.stringify(login)).toString('base64').replaceAll('+', '-').replaceAll('/', '_');
}

const isStale = ({ status, text }: Answer): boolean => status === 500 && text.includes('update out of sequence');

/**
 * The version of the API in which the answer is; empty where it is not told, and need not be. Throws for one that is
 * too old.
 */
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
