import type { Clock } from '../../../src/contract/clock.ts';
import type { Reply, Seen } from '../server.ts';
import { anonymous, demand, demandPath, everybody, type User } from './access.ts';
import type { Place } from './body.ts';
import type { Cluster, Write } from './keep.ts';
import { type Kind, kindOf } from './kinds.ts';
import { list, listOf, numberFlaw } from './list.ts';
import { broken, notFound, Refusal, refuse, replyOf, unknownPath, unsupportedMethod } from './refusal.ts';
import { remove, removeAll } from './remove.ts';
import { type Call, callOf } from './request.ts';
import { reviews } from './reviews.ts';
import { viewOf } from './views.ts';
import type { Watches } from './watch.ts';
import { create, patch, update, type Written } from './write.ts';

/** The dependencies of the routes. */
export interface Served {
  readonly cluster: Cluster;
  readonly watches: Watches;
  readonly clock: Clock;
  /** Users by bearer token. */
  readonly tokens: ReadonlyMap<string, User>;
  readonly maxRequestBytes: number;
}

type ResourceCall = Extract<Call, { kind: 'resource' }>;

export async function answer(served: Served, request: Seen, signal: AbortSignal): Promise<Reply> {
  try {
    return await reply(served, request, signal);
  } catch (error) {
    if (error instanceof Refusal) return replyOf(error);
    throw error;
  }
}

async function reply(served: Served, request: Seen, signal: AbortSignal): Promise<Reply> {
  const user = callerOf(served, request);
  const call = callOf(request);
  if (call.kind === 'path') return ofPath(user, call);
  demand(user, call.deed);
  const { maxRequestBytes: limit } = served;
  if (request.body.length > limit)
    refuse({ code: 413, message: `Request entity too large: limit is ${limit}`, reason: 'RequestEntityTooLarge' });
  const review = reviews[`${call.deed.group}/${call.deed.resource}`];
  if (review) return call.deed.verb === 'create' ? { status: 201, json: review(user, request) } : unsupportedMethod();
  const kind = kindOf(call.deed.group, call.resource);
  if (!kind || kind.version !== call.version || call.part !== undefined) return groups.test(call.deed.group) ? unknownPath() : noPage;
  if ((kind.scope === 'cluster') !== (call.namespace === undefined) && call.name !== undefined) unknownPath();
  return await ofResource(served, { user, request, call, kind }, signal);
}

/** Returns the user of the token, or else of the client certificate, whose common name is the user name. */
function callerOf({ tokens }: Served, { headers: { authorization }, peer }: Seen): User {
  if (authorization === undefined && peer !== undefined)
    return [...tokens.values()].find(({ name }) => name === peer) ?? { name: peer, groups: ['system:authenticated'], rules: everybody };
  // Any other Authorization header counts as no login.
  const [, token] = /^\s*bearer ([^ ]+)/i.exec(authorization ?? '') ?? [];
  if (token === undefined) return tokens.get('') ?? anonymous;
  return tokens.get(token) ?? refuse({ code: 401, message: 'Unauthorized', reason: 'Unauthorized' });
}

const version = {
  major: '1',
  minor: '36',
  emulationMajor: '1',
  emulationMinor: '36',
  minCompatibilityMajor: '1',
  minCompatibilityMinor: '35',
  gitVersion: 'v1.36.3',
};

/** API groups of Kubernetes. Paths of other groups answer a plain 404. */
const groups = /^$|^(apps|autoscaling|batch|policy)$|\.k8s\.io$/;
const plain = { 'content-type': 'text/plain; charset=utf-8' };
const noPage: Reply = { status: 404, headers: plain, text: '404 page not found\n' };

function ofPath(user: User, { path, verb }: Extract<Call, { kind: 'path' }>): Reply {
  demandPath(user, verb, path);
  if (/^\/version\/?$/.test(path)) return { status: 200, json: version };
  if (/^\/(readyz|livez|healthz)(\/|$)/.test(path)) return { status: 200, headers: plain, text: 'ok' };
  return noPage;
}

interface Asked {
  readonly user: User;
  readonly request: Seen;
  readonly call: ResourceCall;
  readonly kind: Kind;
}

async function ofResource(served: Served, { user, request, call, kind }: Asked, signal: AbortSignal): Promise<Reply> {
  const { cluster, watches, clock } = served;
  const { namespace, name, query, deed } = call;
  const place: Place = { kind, namespace, name };
  const warnings: string[] = [];
  const write: Write = { cluster, user, request, query, place, warn: text => void warnings.push(`299 - ${JSON.stringify(text)}`) };
  const written = ({ status, object }: Written): Reply => ({
    status,
    ...(warnings.length > 0 && { headers: { warning: warnings } }),
    json: view.one(object),
  });
  if (request.method === 'HEAD') unsupportedMethod();
  const view = viewOf(request, { kind, verb: deed.verb });
  switch (deed.verb) {
    case 'list':
      return { status: 200, json: view.all(await list(cluster.store, place, query, clock, signal)) };
    case 'watch':
      return await watches.watch(place, query, view, signal);
    case 'get': {
      const about = { group: kind.group, kind: kind.resource, name };
      const asked = query.get('resourceVersion') ?? '';
      if (!/^\d*$/.test(asked)) broken(numberFlaw(asked));
      return { status: 200, json: view.one(cluster.store.get(kind, namespace, name ?? '') ?? notFound(about)) };
    }
    case 'create':
      return name === undefined && (namespace !== undefined || kind.scope === 'cluster') ? written(create(write)) : unsupportedMethod();
    case 'update':
      return name === undefined ? unsupportedMethod() : written(update(write));
    case 'patch':
      return name === undefined ? unsupportedMethod() : written(patch(write));
    case 'delete':
      return { status: 200, json: remove(write) };
    case 'deletecollection':
      if (namespace === undefined && kind.scope !== 'cluster') unsupportedMethod();
      return { status: 200, json: view.all(listOf(kind, { resourceVersion: String(cluster.store.version) }, removeAll(write))) };
    default:
      return unsupportedMethod();
  }
}
