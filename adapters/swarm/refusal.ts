import { Failure } from '../../src/contract/failures.ts';
import type { Answer, Http } from '../../src/contract/http.ts';
import { isHtml, quote } from '../../src/contract/text.ts';
import { nothingAt } from '../../src/contract/usual.ts';
import { refusedInFront, thenRefresh } from '../common/front.ts';
import { mapOf, textOf } from '../common/shapes.ts';

/** What a Docker engine says of a failure: `{"message": "..."}`. Empty where something else answered. */
function wordsOf({ text }: Answer): string {
  try {
    return textOf(mapOf(JSON.parse(text))['message']);
  } catch {
    return '';
  }
}

const letThrough =
  'Let the proxy in front of the socket take GET /version, /services, /services/ID and /tasks and POST /vN/services/ID/update (docs/swarm.md).';

/** An engine that does not know a path, or a service, says so in words of its own. */
function notDocker(answer: Answer, usual: Failure, address: string): Failure {
  const remedy =
    'Give the address of the engine, unix:///var/run/docker.sock or https://HOST:2376, or that of a proxy which leaves paths as they are.';
  const ask = 'Is that Docker’s API?';
  if (!isHtml(answer)) return new Failure(usual.code, `${usual.message}. ${ask}`, { ...usual.facts, remedy });
  const message = `There is no manager of a Swarm at ${address}: it answers ${answer.status} with a web page. ${ask}`;
  return new Failure('MISCONFIGURED', message, { remedy });
}

/**
 * A worker is the wrong address. A manager that starts says for some seconds what a Docker without a Swarm says
 * (recorded), and that it is being prepared (source): so that is looked at again soon.
 */
function noManager(said: string, address: string): Failure {
  const remedy = 'Give the address of a manager. `docker node ls` tells which nodes are managers, `docker swarm init` makes a Swarm.';
  const told = quote(said);
  if (/worker nodes/i.test(said))
    return new Failure('MISCONFIGURED', `The Docker engine at ${address} manages no Swarm: ${told}`, { remedy });
  return new Failure('UNREACHABLE', `The Docker engine at ${address} manages no Swarm, or has just been started: ${told}`, {
    remedy: `Nothing, if it has just been started. Else: ${remedy}`,
  });
}

/** What an answer of the engine means that is no success. */
export function refusalOf(http: Http, address: string) {
  return (answer: Answer): Failure => {
    const usual = http.failure(answer);
    const said = wordsOf(answer);
    const told = quote(said);
    const { status } = answer;
    if (/not a swarm manager/i.test(said)) return noManager(said, address);
    if (/swarm is encrypted|needs to be unlocked/i.test(said))
      return new Failure('UNREACHABLE', `The Swarm at ${address} is locked: ${told}`, { remedy: 'Unlock it: `docker swarm unlock`.' });
    if (/does not have a leader/i.test(said))
      return new Failure('UNREACHABLE', `The Swarm at ${address} has no leader: ${told}`, {
        remedy: 'Bring back managers until more than half of them are there: `docker node ls`.',
      });
    if (/client version .* is too (new|old)/i.test(said))
      return new Failure('UNEXPECTED', `Behind ${address} are engines of different versions: ${told}`, {
        remedy: 'Give the address of one manager, or update the others.',
      });
    if (status === 404 && said === 'page not found') return nothingAt('manager of a Swarm', address, '/services');
    if (said === '' && (status === 404 || status === 405)) return notDocker(answer, usual, address);
    if (said === '' && status === 401) return refusedInFront('AUTH', 'Docker', usual.message);
    if (status === 403)
      return new Failure('FORBIDDEN', usual.message, {
        ...usual.facts,
        remedy: `${said === '' ? letThrough : 'Allow it in the authorization plugin of Docker.'} ${thenRefresh}`,
      });
    return usual;
  };
}
