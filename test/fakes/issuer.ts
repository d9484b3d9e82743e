import { type FakeServer, type ServerOptions, startServer } from './server.ts';

export interface IssuerOptions extends ServerOptions {
  /** Whether a refresh-token is valid for one use only. Each response then has the next one. */
  readonly rotates?: boolean;
  /** Returns the refresh-tokens after the first one. */
  readonly nextToken?: (number: number) => string;
  /** The advertised client authentication methods. By default none are advertised. */
  readonly ways?: readonly string[];
  readonly clientSecret?: string;
  /** The current time, in milliseconds since the epoch. */
  readonly now?: () => number;
}

/** A fake OpenID Connect issuer with state. It supports only refresh-tokens. */
export interface FakeIssuer extends FakeServer {
  readonly clientId: string;
  /** A valid refresh-token. */
  readonly refreshToken: string;
  /** All id-tokens issued, newest last. */
  readonly given: string[];
  /** Whether responses contain an id_token. */
  withIdToken: boolean;
  /** Makes an id-token that expires in this many seconds. */
  idToken(seconds: number): string;
}

const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');

export async function startIssuer(options: IssuerOptions = {}): Promise<FakeIssuer> {
  const { rotates = false, nextToken, ways, clientSecret, now = Date.now } = options;
  let number = 1;
  let made = 0;
  const refreshTokenOf = (at: number): string => (at > 1 && nextToken?.(at)) || `refresh-token-number-${at}-of-the-issuer`;
  const idToken = (seconds: number): string =>
    [part({ alg: 'none' }), part({ sub: 'courier', exp: Math.floor(now() / 1000) + seconds, jti: made++ }), 'signature'].join('.');

  const server = await startServer(({ method, path, headers, body }) => {
    if (path === '/realm/.well-known/openid-configuration')
      return {
        status: 200,
        json: { token_endpoint: `${issuer.url}/oauth/token?v=1`, ...(ways && { token_endpoint_auth_methods_supported: ways }) },
      };
    if (method !== 'POST' || path !== '/oauth/token?v=1') return { status: 404 };
    if (headers['content-type'] !== 'application/x-www-form-urlencoded') return { status: 415 };
    const form = new URLSearchParams(body.toString());
    if (!isProven(form, headers.authorization)) return { status: 401, json: { error: 'invalid_client' } };
    if (form.get('grant_type') !== 'refresh_token' || form.get('refresh_token') !== refreshTokenOf(number))
      return { status: 400, json: { error: 'invalid_grant', error_description: `unknown ${form.get('refresh_token')}` } };
    const token = idToken(600);
    issuer.given.push(token);
    if (rotates) number++;
    return {
      status: 200,
      json: { ...(issuer.withIdToken && { id_token: token }), ...(rotates && { refresh_token: refreshTokenOf(number) }) },
    };
  }, options);

  function isProven(form: URLSearchParams, authorization: string | undefined): boolean {
    if (clientSecret === undefined) return authorization === undefined && form.get('client_id') === issuer.clientId;
    if (ways && !ways.includes('client_secret_basic')) return authorization === undefined && form.get('client_secret') === clientSecret;
    const login = [issuer.clientId, clientSecret].map(encodeURIComponent).join(':');
    return authorization === `Basic ${Buffer.from(login).toString('base64')}` && !form.has('client_secret');
  }

  const issuer: FakeIssuer = Object.assign(server, {
    clientId: 'kubernetes:courier',
    refreshToken: refreshTokenOf(1),
    given: [] as string[],
    withIdToken: true,
    idToken,
  });
  return issuer;
}
