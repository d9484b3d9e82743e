import type { Clock } from '../../../src/contract/clock.ts';
import { goQuote } from '../go-quote.ts';
import type { Reply, Seen } from '../server.ts';
import { mayUse } from './access.ts';
import { effectiveLogin } from './ecr-token.ts';
import { decode } from './payload.ts';
import { messageOf, refuse } from './refusal.ts';
import type { Endpoint, PortainerState, UpstreamRegistry, User } from './state.ts';

/**
 * Decides whether a registry accepts a user and password, instead of the passwords in the state. Returns undefined if
 * there is no such registry.
 */
export type Accepts = (host: string, username: string, password: string) => boolean | undefined | Promise<boolean | undefined>;

/** Credentials for a registry. */
export interface Login {
  readonly username: string;
  readonly password: string;
}
/** A parsed image name. */
export interface Named {
  readonly host: string;
  readonly repository: string;
  readonly tag: string;
}
export type Pull = (image: Named, login: Login | undefined) => Promise<Reply>;
type Image = UpstreamRegistry['images'][number];
/** A reachable registry. */
interface Reached {
  readonly tls: boolean;
  takes(login: Login): boolean | Promise<boolean>;
  image(name: string): Image | undefined;
}

/** Whether a registry has this host: its own name, or a name that matches `*.suffix`. */
export function isAt({ host: name }: { host: string }, host: string): boolean {
  return name.startsWith('*') ? bare(host).endsWith(bare(name.slice(1))) : bare(name) === bare(host);
}
const bare = (host: string): string => host.toLowerCase().replace(/:443$/, '');
const types =
  '1 (Quay.io), 2 (Azure container registry), 3 (custom registry), 4 (Gitlab registry), 5 (ProGet registry), 6 (DockerHub), 7 (ECR), 8 (Github registry)';
/**
 * Types whose registries are always reached over TLS. The flag in the body counts only for type 3. All other types use
 * plain HTTP.
 */
const cloudTypes = [2, 4, 7, 8];

/** The registries that the server and its engine can reach, for pings and pulls. */
export function makeUpstream(state: PortainerState, clock: Clock, accepts?: Accepts) {
  async function reach(host: string): Promise<Reached | undefined> {
    const wanted = bare(host);
    const known = state.upstream.registries.find(registry => isAt(registry, host));
    if (known) {
      const takes = ({ username, password }: Login): boolean => username === known.user && password === known.password;
      return { tls: known.tls, takes, image: name => known.images.find(image => image.name === name) };
    }
    if (!accepts || (await accepts(wanted, '', '')) === undefined) return undefined;
    const image = (name: string): Image => ({ name, digest: `sha256:${'0'.repeat(64)}`, layers: ['000000000000'] });
    return { tls: true, takes: async login => (await accepts(wanted, login.username, login.password)) === true, image };
  }

  /** Requests `/v2/` of a registry with the given credentials, whatever its type. A failed check also answers 200. */
  async function ping(request: Seen): Promise<Reply> {
    const shape = { Type: 'int', URL: 'string', Username: 'string', Password: 'string', TLS: 'bool' } as const;
    const { Type = 0, URL: url = '', Username, Password, TLS = false } = decode(request.body, 'registries.registryPingPayload', shape);
    if (!Username || !Password) return refuse(400, 'Invalid request payload', 'Username and password are required');
    if (Type < 1 || Type > 8) refuse(400, 'Invalid request payload', `Invalid registry type. Valid values are: ${types}`);
    const problem = await connect(
      Type === 6 && url === '' ? 'registry-1.docker.io' : url,
      cloudTypes.includes(Type) || (Type === 3 && TLS),
      {
        username: Username,
        password: Password,
      },
    );
    return { status: 200, json: { success: problem === undefined, message: problem ?? 'Registry connection successful' } };
  }

  async function connect(host: string, tls: boolean, login: Login): Promise<string | undefined> {
    if (host === '' || !URL.canParse(`any://${host}`) || new URL(`any://${host}`).host !== host) {
      return `Connection error: Failed to create registry client - invalid reference: invalid registry ${goQuote(host)}`;
    }
    const url = `${tls ? 'https' : 'http'}://${host}/v2/`;
    const registry = await reach(host);
    if (!registry) return `Connection error: Get "${url}": dial tcp ${host}: connect: connection refused`;
    if (tls && !registry.tls) return `Connection error: Get "${url}": http: server gave HTTP response to HTTPS client`;
    if (!tls && registry.tls) return `Connection error: GET "${url}": response status code 400: Bad Request`;
    if (!(await registry.takes(login))) return 'Access token invalid: Authentication failed - please verify your username and access token';
    return undefined;
  }

  /** Handles POST images/create of the Docker engine with the credentials of X-Registry-Auth. */
  async function pull(request: Seen, query: URLSearchParams, user: User, endpoint: Endpoint): Promise<Reply> {
    const [, host = '', repository = '', ownTag = 'latest'] = /^([^/]*)\/([^:]*)(?::(.*))?$/.exec(query.get('fromImage') ?? '') ?? [];
    return pullAs({ host, repository, tag: query.get('tag') ?? ownTag }, loginOf(request, user, endpoint));
  }

  /** Returns the engine's response to a pull. */
  async function pullAs({ host, repository, tag }: Named, login: Login | undefined): Promise<Reply> {
    const registry = await reach(host);
    const url = `${registry?.tls === false ? 'http' : 'https'}://${host}/v2/`;
    if (!registry) return engineError(500, `Get "${url}": dial tcp ${host}: connect: connection refused`);
    if (!login) return engineError(500, `Head "${url}${repository}/manifests/${tag}": no basic auth credentials`);
    if (!(await registry.takes(login))) return engineError(500, 'unauthorized: authentication required');
    const image = registry.image(`${repository}:${tag}`);
    const name = `${host}/${repository}:${tag}`;
    if (!image) return engineError(404, `manifest for ${name} not found: manifest unknown: manifest unknown`);
    const present = state.upstream.engine?.images.includes(name) ?? false;
    if (!present) state.upstream.engine?.images.push(name);
    return { status: 200, headers: { 'content-type': 'application/json' }, text: progress(image, repository, tag, name, present) };
  }

  function loginOf(request: Seen, user: User, endpoint: Endpoint): Login | undefined {
    const header = String(request.headers['x-registry-auth'] ?? '');
    if (header === '') return undefined;
    const wrongAt = badBase64At(header);
    if (wrongAt !== undefined)
      refuse(500, 'Unable to proxy the request via the Docker socket', `illegal base64 data at input byte ${wrongAt}`);
    const shape = { registryId: 'int', username: 'string', password: 'string' } as const;
    const { registryId, username, password } = decode(Buffer.from(header, 'base64'), 'docker.portainerRegistryAuthenticationHeader', shape);
    if (username !== undefined) return { username, password: password ?? '' };
    const row = state.registries.find(({ Id }) => Id === registryId);
    if (!row || !mayUse(user, row, endpoint)) return undefined;
    if (!row.Authentication || row.Username === '') return undefined;
    try {
      return effectiveLogin(row, state, clock);
    } catch (error) {
      return refuse(500, 'Unable to proxy the request via the Docker socket', messageOf(error));
    }
  }

  /**
   * Returns the login of the row whose id an update of a service names, or undefined if the header is to stay as it is.
   * It also stays if there is no such row (source of 2.23).
   */
  function loginOfService(request: Seen, user: User, endpoint: Endpoint): (Login & { readonly serveraddress: string }) | undefined {
    const named = Buffer.from(String(request.headers['x-registry-auth'] ?? ''), 'base64').toString();
    if (!named.startsWith('{"registryId":')) return undefined;
    const login = loginOf(request, user, endpoint);
    const { registryId } = JSON.parse(named) as { registryId: unknown };
    const row = state.registries.find(({ Id }) => Id === registryId);
    return login && row && { ...login, serveraddress: row.URL };
  }

  return { ping, pull, pullAs, loginOfService };
}

const engineError = (status: number, message: string): Reply => ({ status, json: { message } });

/** Returns where Go's base64 decoder fails, which requires padding, or undefined if the text is valid. */
function badBase64At(text: string): number | undefined {
  const valid = /^[A-Za-z0-9+/]*={0,2}/.exec(text)?.[0].length ?? 0;
  if (valid < text.length) return valid;
  return text.length % 4 === 0 ? undefined : text.length - (text.length % 4);
}

function progress({ digest, layers }: Image, repository: string, tag: string, name: string, present: boolean): string {
  const steps = ['Pulling fs layer', 'Verifying Checksum', 'Download complete', 'Pull complete'];
  const ofLayers = present ? [] : steps.flatMap(status => layers.map(id => ({ status, progressDetail: {}, id })));
  const last = present ? `Status: Image is up to date for ${name}` : `Status: Downloaded newer image for ${name}`;
  return [{ status: `Pulling from ${repository}`, id: tag }, ...ofLayers, { status: `Digest: ${digest}` }, { status: last }]
    .map(line => `${JSON.stringify(line)}\r\n`)
    .join('');
}
