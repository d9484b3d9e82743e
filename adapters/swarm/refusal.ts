import { Failure, type FailureCode } from '../../src/contract/failures.ts';
import type { Answer, Http } from '../../src/contract/http.ts';
import { mapOf, textOf } from '../../src/contract/shapes.ts';
import { isHtml, quote } from '../../src/contract/text.ts';
import { nothingAt } from '../../src/contract/usual.ts';
import { refusedInFront, thenRefresh } from '../common/front.ts';
import { disagreement } from '../common/swarm/engine.ts';

/** The message of a Docker engine's error, `{"message": "..."}`; empty if another server responded. */
function wordsOf({ text }: Answer): string {
  try {
    return textOf(mapOf(JSON.parse(text))['message']);
  } catch {
    return '';
  }
}

const letThrough =
  'Let the proxy in front of the socket take GET /version, /services, /services/ID and /tasks and POST /vN/services/ID/update (docs/swarm.md).';

/** The failure for a response that does not come from a Docker engine. */
function notDocker(answer: Answer, usual: Failure, address: string): Failure {
  const remedy =
    'Give the address of the engine, unix:///var/run/docker.sock or https://HOST:2376, or that of a proxy which leaves paths as they are.';
  const ask = 'Is that Docker’s API?';
  if (!isHtml(answer)) return new Failure(usual.code, `${usual.message}. ${ask}`, { ...usual.facts, remedy });
  const message = `There is no manager of a Swarm at ${address}: it answers ${answer.status} with a web page. ${ask}`;
  return new Failure('MISCONFIGURED', message, { remedy });
}

const anotherManager = 'Give the address of a manager. `docker node ls` tells which nodes are managers, `docker swarm init` makes a Swarm.';

interface State {
  readonly says: RegExp;
  readonly code: FailureCode;
  /** A sentence in which `ADDRESS` stands for the address. */
  readonly means: string;
  readonly remedy: string;
}

/**
 * States of an engine by its message. A worker is the wrong address. For some seconds after its start, a manager
 * responds like a Docker without a Swarm (seen on 20.10.24), or tells that it is being prepared (source), so the next
 * look comes soon.
 */
const states: readonly State[] = [
  { says: /worker nodes can't/i, code: 'MISCONFIGURED', means: 'The Docker engine at ADDRESS manages no Swarm', remedy: anotherManager },
  {
    says: /not a swarm manager/i,
    code: 'UNREACHABLE',
    means: 'The Docker engine at ADDRESS manages no Swarm, or has just been started',
    remedy: `Nothing, if it has just been started. Else: ${anotherManager}`,
  },
  {
    says: /swarm is encrypted|needs to be unlocked/i,
    code: 'UNREACHABLE',
    means: 'The Swarm at ADDRESS is locked',
    remedy: 'Unlock it: `docker swarm unlock`.',
  },
  {
    says: /swarm certificates have expired/i,
    code: 'MISCONFIGURED',
    means: 'The Docker engine at ADDRESS is shut out of its Swarm',
    remedy: 'Let this node leave the Swarm and join it again, or give the address of another manager.',
  },
  {
    says: /does not have a leader/i,
    code: 'UNREACHABLE',
    means: 'The Swarm at ADDRESS has no leader',
    remedy: 'Bring back managers until more than half of them are there: `docker node ls`.',
  },
  {
    says: disagreement,
    code: 'UNREACHABLE',
    means: 'The managers of the Swarm at ADDRESS do not agree at the moment',
    remedy: 'Nothing, unless it lasts: then bring back managers until more than half of them are there (`docker node ls`).',
  },
  {
    says: /client version .* is too (new|old)/i,
    code: 'UNEXPECTED',
    means: 'Behind ADDRESS are engines of different versions',
    remedy: 'Give the address of one manager, or update the others.',
  },
];

/** The failure for an unsuccessful response. later: the engine has listed its services before. */
export function refusalOf(http: Http, address: string) {
  return (answer: Answer, when: 'at first' | 'later'): Failure => {
    const usual = http.failure(answer);
    const said = wordsOf(answer);
    const { status } = answer;
    const state = states.find(({ says }) => says.test(said));
    if (state) return new Failure(state.code, `${state.means.replace('ADDRESS', () => address)}: ${quote(said)}`, { remedy: state.remedy });
    if (status === 404 && said === 'page not found') return nothingAt('manager of a Swarm', address, '/services');
    const isUnknown = said === '' && (status === 404 || status === 405);
    if (isUnknown && when === 'at first') return notDocker(answer, usual, address);
    if (said === '' && status === 401) return refusedInFront('AUTH', 'Docker', usual.message);
    // Socket proxies respond with one of these to requests that they do not let through.
    if (status === 403 || isUnknown)
      return new Failure(status === 404 ? usual.code : 'FORBIDDEN', usual.message, {
        ...usual.facts,
        remedy: `${said === '' ? letThrough : 'Allow it in the authorization plugin of Docker.'} ${thenRefresh}`,
      });
    return usual;
  };
}
