import { parseAddress } from '../../src/contract/registry.ts';
import type { FakeEcr } from './ecr.ts';
import { envelope, plain, version } from './registry/answers.ts';
import type { Content } from './registry/content.ts';
import { likeDockerRegistry } from './registry/docker-registry.ts';
import { likeBucket, likeEcr, type Rights } from './registry/ecr.ts';
import { type FakeServer, type Reply, type Seen, type ServerOptions, startServer } from './server.ts';

/** ECR's refusal of an expired token: which one it is today is not certain, all three were seen. */
export type ExpiredForm = '403 envelope' | '401 envelope' | '403 text';

export interface RegistryOptions extends ServerOptions {
  /** The one host that it is; else the one that the `host` header names. */
  readonly registry?: string;
  /**
   * Whose answers it gives; ECR's unless said. docker-registry 2.8 with a password file differs in the refusal and in
   * the body of a 200.
   */
  readonly like?: 'ecr' | 'docker-registry';
  /** What lies behind the door; nothing unless said. */
  readonly content?: Content;
  readonly rights?: Rights;
  /** Every request is above the rate. */
  readonly limited?: boolean;
}

/** A registry for those who come with a token that is good: the door `/v2/`, and images where it is given some. */
export interface FakeRegistry extends AsyncDisposable {
  readonly url: string;
  readonly server: FakeServer;
  expiredForm: ExpiredForm;
  content: Content | undefined;
  rights: Rights;
}

const expiredWords = 'Your authorization token has expired. Reauthenticate and try again.';

/** Accepts what `ecr` gave out and still holds for good. */
export async function startRegistry(ecr: Pick<FakeEcr, 'judge'>, options: RegistryOptions = {}): Promise<FakeRegistry> {
  const server = await startServer(answer, options);
  const fake: FakeRegistry = {
    url: server.url,
    server,
    expiredForm: '403 envelope',
    content: options.content,
    rights: options.rights ?? {},
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
  return fake;

  function answer(request: Seen): Reply {
    const reply = judged(request);
    return request.method === 'HEAD' ? { status: reply.status, ...(reply.headers && { headers: reply.headers }) } : reply;
  }

  function judged(request: Seen): Reply {
    const { path, headers } = request;
    const host = options.registry ?? headers.host ?? '';
    const fromBucket = fake.content && likeBucket(request, fake.content);
    if (fromBucket) return fromBucket;
    if (path === '/v2') return moved;
    if (!path.startsWith('/v2/')) return { status: 404, text: 'page not found' };
    const [user, password] = basic(headers.authorization);
    const verdict = user === 'AWS' ? ecr.judge(regionOf(host), password) : 'unknown';
    if (options.like === 'docker-registry') return likeDockerRegistry(request, { good: verdict === 'good', host }, fake.content);
    if (options.limited) return envelope(429, 'TOOMANYREQUESTS', 'Rate exceeded');
    const challenge = { 'www-authenticate': `Basic realm="https://${host}/",service="ecr.amazonaws.com"` };
    if (verdict === 'unknown')
      return isPublic(host) ? envelope(403, 'DENIED', 'Not Authorized') : plain(401, 'Not Authorized\n', challenge);
    if (verdict === 'expired') return expired(fake.expiredForm, challenge);
    return likeEcr(request, host, fake.content ?? nothing, fake.rights);
  }
}

const nothing: Content = { repositories: {}, blobs: new Map() };

const isPublic = (host: string): boolean => parseAddress(host)?.registry.service === 'ecr-public';

const moved: Reply = {
  status: 301,
  headers: { ...version, 'content-type': 'text/html; charset=utf-8', location: '/v2/' },
  text: '<a href="/v2/">Moved Permanently</a>.\n\n',
};

function expired(form: ExpiredForm, challenge: Record<string, string>): Reply {
  if (form === '403 text') return plain(403, expiredWords);
  return form === '403 envelope' ? envelope(403, 'DENIED', expiredWords) : envelope(401, 'DENIED', expiredWords, { headers: challenge });
}

/** undefined: reached under another name than ECR's. */
const regionOf = (host: string): string | undefined => parseAddress(host)?.registry.region;

/** User and password of a Basic header; empty texts when it is none. */
function basic(header = ''): [user: string, password: string] {
  const text = Buffer.from(/^Basic (\S+)$/.exec(header)?.[1] ?? '', 'base64').toString();
  const colon = text.indexOf(':');
  return colon < 0 ? ['', ''] : [text.slice(0, colon), text.slice(colon + 1)];
}
