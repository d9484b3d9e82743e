import { parseAddress } from '../../src/contract/registry.ts';
import type { FakeEcr } from './ecr.ts';
import { envelope, plain, version } from './registry/answers.ts';
import type { Content } from './registry/content.ts';
import { likeDockerRegistry } from './registry/docker-registry.ts';
import { likeBucket, likeEcr, type Rights } from './registry/ecr.ts';
import { type FakeServer, type Reply, type Seen, type ServerOptions, startServer } from './server.ts';

/** The form in which ECR refuses an expired token. All three were seen; which one is current is not certain. */
export type ExpiredForm = '403 envelope' | '401 envelope' | '403 text';

export interface RegistryOptions extends ServerOptions {
  /** The host name of the registry. Defaults to the `host` header of the request. */
  readonly registry?: string;
  /**
   * The product that the fake imitates. Defaults to ECR. docker-registry 2.8 with a password file differs in the
   * refusal and in the body of a 200.
   */
  readonly like?: 'ecr' | 'docker-registry';
  /** The images of the registry. Defaults to none. */
  readonly content?: Content;
  readonly rights?: Rights;
  /** Set if every request exceeds the rate limit. */
  readonly limited?: boolean;
}

/** A fake registry for clients with a valid token. It serves `/v2/`, and images if it has content. */
export interface FakeRegistry extends AsyncDisposable {
  readonly url: string;
  readonly server: FakeServer;
  expiredForm: ExpiredForm;
  content: Content | undefined;
  rights: Rights;
}

const expiredWords = 'Your authorization token has expired. Reauthenticate and try again.';

/** Starts a registry that accepts the tokens that `ecr` has issued and still considers valid. */
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

/** Returns undefined if the host is not an ECR name. */
const regionOf = (host: string): string | undefined => parseAddress(host)?.registry.region;

/** Returns user and password of a Basic header, or empty texts if it is invalid. */
function basic(header = ''): [user: string, password: string] {
  const text = Buffer.from(/^Basic (\S+)$/.exec(header)?.[1] ?? '', 'base64').toString();
  const colon = text.indexOf(':');
  return colon < 0 ? ['', ''] : [text.slice(0, colon), text.slice(colon + 1)];
}
