import type { Reply, Seen } from '../server.ts';
import {
  type Api,
  type Call,
  createService,
  getService,
  getTask,
  listServices,
  listTasks,
  removeService,
  reply,
  updateService,
} from './calls.ts';
import type { Value } from './exact-json.ts';
import type { EngineFacts } from './facts.ts';
import { isBefore, Refused, versionOf } from './spec.ts';

const plain = (status: number, text: string): Reply => ({ status, headers: { 'content-type': 'text/plain; charset=utf-8' }, text });

const ping: Reply = {
  ...plain(200, 'OK'),
  headers: { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-cache, no-store, must-revalidate' },
};

const aboutOf = ({ version, apiVersion, minApiVersion }: EngineFacts): Value => ({
  Version: version,
  ApiVersion: apiVersion,
  MinAPIVersion: minApiVersion,
  Os: 'linux',
});

const routes: readonly (readonly [method: string, path: RegExp, call: Call])[] = [
  ['GET', /^\/_ping$/, () => ping],
  ['HEAD', /^\/_ping$/, () => ({ ...ping, text: '' })],
  ['GET', /^\/version$/, ({ facts }) => reply(200, aboutOf(facts))],
  ['GET', /^\/services$/, listServices],
  ['POST', /^\/services\/create$/, createService],
  ['GET', /^\/services\/([^/]+)$/, getService],
  ['DELETE', /^\/services\/([^/]+)$/, removeService],
  ['POST', /^\/services\/([^/]+)\/update$/, updateService],
  ['GET', /^\/tasks$/, listTasks],
  ['GET', /^\/tasks\/([^/]+)$/, getTask],
];

function routed(api: Api, { method, path, headers, body }: Seen): Reply {
  const { apiVersion, minApiVersion } = api.facts;
  const [sent = '', search = ''] = path.split(/\?(.*)/s);
  const [, named, bare = sent] = /^\/v([\d.]+)(\/.*)$/.exec(sent) ?? [];
  const version = versionOf(named ?? apiVersion);
  const [found] = routes.flatMap(([verb, pattern, call]) => {
    const match = verb === method ? pattern.exec(bare) : null;
    return match ? { call, name: decodeURIComponent(match[1] ?? '') } : [];
  });
  if (!found) return reply(404, { message: 'page not found' });
  if (isBefore(versionOf(apiVersion), version))
    return reply(400, { message: `client version ${named} is too new. Maximum supported API version is ${apiVersion}` });
  if (isBefore(version, versionOf(minApiVersion)))
    return plain(
      400,
      `client version ${named} is too old. Minimum supported API version is ${minApiVersion}, please upgrade your client to a newer version\n`,
    );
  try {
    return found.call(api, { query: new URLSearchParams(search), headers, body: body.toString(), version }, found.name);
  } catch (error) {
    if (error instanceof Refused) return reply(error.status, { message: error.message });
    throw error;
  }
}

/** Returns the engine's response to a request. */
export function answerOf(api: Api, request: Seen): Reply {
  const { facts } = api;
  const own = {
    'api-version': facts.apiVersion,
    'docker-experimental': 'false',
    ostype: 'linux',
    server: `Docker/${facts.version} (linux)`,
  };
  const answer = routed(api, request);
  return { ...answer, headers: { ...own, ...answer.headers } };
}
