import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A request as a proxy sees it; `target` has the query. */
export type Line = readonly [method: string, target: string];

export const proxyConfig = join(import.meta.dirname, '../../deploy/swarm/haproxy.cfg');

/**
 * Whether the proxy of the guide lets a request through: by the patterns in its configuration. `npm run test:real --
 * swarm` asks HAProxy itself the same (`lines`).
 */
export function letsThrough([method, target]: Line): boolean {
  const text = readFileSync(proxyConfig, 'utf8');
  const pattern = (name: string): RegExp => {
    const found = new RegExp(`^ *acl ${name} (?:path|query) -m reg (\\S+)$`, 'm').exec(text)?.[1];
    if (found === undefined) throw new Error(`${proxyConfig} has no ${name}`);
    return new RegExp(found);
  };
  const [path = '', query = ''] = target.split(/\?(.*)/s);
  if (method === 'GET') return pattern('reads').test(path);
  return method === 'POST' && pattern('updates').test(path) && pattern('version_alone').test(query);
}

const id = 'p003grrg7rkp1karoix69pa16';

/** What it is for, and what it must never let through. */
export const lines: { readonly passed: readonly Line[]; readonly refused: readonly Line[] } = {
  passed: [
    ['GET', '/_ping'],
    ['GET', '/version'],
    ['GET', '/services'],
    ['GET', '/v1.41/services?filters=%7B%22label%22%3A%5B%22ecr-courier.enable%3Dtrue%22%5D%7D'],
    ['GET', `/v1.41/services/${id}`],
    ['GET', '/v1.51/services/web_app.1-a'],
    ['GET', `/v1.41/tasks?filters=%7B%22service%22%3A%5B%22${id}%22%5D%7D`],
    ['POST', `/v1.41/services/${id}/update?version=12`],
    ['POST', `/services/${id}/update?version=12`],
  ],
  refused: [
    ['GET', '/containers/json'],
    ['GET', '/v1.41/secrets'],
    ['GET', '/swarm'],
    ['GET', '/swarm/unlockkey'],
    ['GET', '/info'],
    ['GET', `/services/${id}/logs`],
    ['GET', '/tasks/abc/logs'],
    ['GET', '/services/../containers/json'],
    ['GET', '/services/%2e%2e/containers/json'],
    ['GET', '//services'],
    ['GET', '/v1.41/v1.41/services'],
    ['HEAD', '/services'],
    ['POST', '/services/create'],
    ['POST', '/containers/create'],
    ['POST', `/services/${id}/update`],
    ['POST', `/services/${id}/update?version=12&rollback=previous`],
    ['POST', `/services/${id}/update?version=12&registryAuthFrom=previous-spec`],
    ['POST', `/services/${id}`],
    ['POST', '/tasks'],
    ['POST', '/_ping'],
    ['PUT', `/services/${id}/update?version=12`],
    ['DELETE', `/services/${id}`],
  ],
};
