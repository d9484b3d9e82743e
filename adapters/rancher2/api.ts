import { Failure } from '../../src/contract/failures.ts';
import type { Answer, Http, HttpRequest } from '../../src/contract/http.ts';
import { refusedInFront, thenRefresh } from '../common/front.ts';
import { pageSizeOf } from '../common/page-size.ts';
import { readPages } from '../common/pages.ts';

/** The management cluster: Rancher's own, where projects and their secrets are kept. */
export const management = 'local';
const createKey =
  'Create a token at Account & API Keys > Create API Key, with "No Scope" (one for a single cluster is refused outside of it), and give it whole: token-xxxxx:secret.';

const endContest =
  'Somebody else changes this Secret all the time (GitOps, an operator, another updater): let one of the two write it. It is tried again by itself.';

/** The most pages of a list. A longer list means a server that never ends it. */
const maxPages = 1000;

export interface Api {
  readonly http: Http;
  readonly address: string;
}
/** The cluster that is asked, and the right that this needs, for messages. */
export interface Where {
  readonly cluster: string;
  readonly right: string;
}

export const segment = (text: string): string => encodeURIComponent(text).replaceAll('%3A', ':');
export const projectPath = (project: string): string => `/v3/project/${segment(project)}/dockercredentials`;
/** The path of Secrets. Without a namespace it covers all of them. */
export function secretsPath(cluster: string, namespace?: string, name?: string): string {
  const within = namespace === undefined ? '' : `/namespaces/${segment(namespace)}`;
  return `/k8s/clusters/${segment(cluster)}/api/v1${within}/secrets${name === undefined ? '' : `/${segment(name)}`}`;
}

/** Sends a request. Throws a Failure unless the response has the expected status. */
export async function ask(api: Api, where: Where, method: string, path: string, more: HttpRequest & { hoped?: number }): Promise<Answer> {
  const { hoped = 200, ...request } = more;
  const answer = await api.http(method, path, request);
  if (answer.status !== hoped) throw refusal(api, answer, where);
  return answer;
}

/** All rows of a list of Norman or Steve. */
export const listAll = <T extends object>(api: Api, where: Where, path: string, signal: AbortSignal): Promise<T[]> =>
  readPages<T>(path, next => ask(api, where, 'GET', next, { signal }));

const secretsPage = 250;

/** All Secrets of a type, read a page at a time, because they come with their data. */
export async function listSecrets<T extends object>(
  api: Api,
  where: Where,
  namespace: string | undefined,
  type: string,
  signal: AbortSignal,
): Promise<T[]> {
  const rows: T[] = [];
  const path = `${secretsPath(where.cluster, namespace)}?fieldSelector=type%3D${encodeURIComponent(type)}`;
  const size = pageSizeOf(secretsPage);
  let more = '';
  for (let page = 0; page < maxPages; page++) {
    const answer = await ask(api, where, 'GET', `${path}&limit=${size.now}${more}`, { signal }).catch(size.shrink);
    if (!answer) continue;
    const { items, metadata } = answer.json<{ items?: unknown; metadata?: { continue?: unknown } | null } | null>() ?? {};
    if (!Array.isArray(items))
      throw new Failure('UNEXPECTED', `Cluster ${where.cluster} answered with something else than a list of Secrets.`);
    rows.push(...objects<T>(items));
    size.took(answer.text);
    if (typeof metadata?.continue !== 'string' || !metadata.continue) return rows;
    more = `&continue=${encodeURIComponent(metadata.continue)}`;
  }
  throw endless(path);
}

/** Replaces each row that is not an object with an empty one. */
const objects = <T extends object>(rows: readonly unknown[]): T[] =>
  rows.map(row => (typeof row === 'object' && row !== null ? row : {}) as T);
const endless = (path: string): Failure =>
  new Failure('UNEXPECTED', `The list ${path} repeats itself, or does not end after ${maxPages} pages.`);

interface Told {
  readonly kind?: unknown;
  readonly message?: unknown;
  readonly Message?: unknown;
  readonly Code?: { readonly Code?: unknown };
}

/**
 * The Failure for a response other than the expected one. Errors come in four shapes: from Norman and Steve, from
 * Rancher's login, from its router to the clusters, and from Kubernetes. A failing cluster stops only its own slots.
 */
export function refusal({ http }: Api, answer: Answer, where: Where): Failure {
  const { cluster } = where;
  const told = toldBy(answer);
  const said = told.message ?? told.Message;
  const usual = http.failure(typeof said === 'string' ? { ...answer, text: said } : answer);
  const { code, message, facts } = usual;
  const byCluster = cluster !== management;
  // Each of the four shapes is JSON with a sentence.
  if ((code === 'AUTH' || code === 'FORBIDDEN') && typeof said !== 'string') return refusedInFront(code, 'Rancher', message);
  if (code === 'AUTH')
    return told.kind === 'Status'
      ? new Failure('AUTH', message, {
          stops: 'slot',
          remedy: `Cluster ${cluster} does not accept Rancher: look at the cluster in Rancher.`,
        })
      : new Failure('AUTH', message, { remedy: createKey });
  if (code === 'CONFLICT') return new Failure('CONFLICT', message, { ...facts, remedy: endContest });
  if (code === 'FORBIDDEN') return forbidden(message, where);
  const routed = told.Code?.Code !== undefined || /cluster agent|clusterunavailable|not provisioned/i.test(answer.text);
  if (byCluster && routed && answer.status >= 500)
    return new Failure('UNREACHABLE', message, { stops: 'slot', remedy: `Rancher does not reach cluster ${cluster}: look at it there.` });
  return byCluster && usual.stops === 'target' ? new Failure(code, message, { ...facts, stops: 'slot' }) : usual;
}

export const forbidden = (message: string, { right }: Where): Failure =>
  new Failure('FORBIDDEN', message, { remedy: `The user of the token must be allowed to ${right}. ${thenRefresh}` });

function toldBy({ text }: Answer): Told {
  try {
    return (JSON.parse(text) as Told | null) ?? {};
  } catch {
    return {};
  }
}
