import type { Deps } from '../../src/contract/adapter.ts';
import { Failure } from '../../src/contract/failures.ts';
import type { Answer, Http } from '../../src/contract/http.ts';
import { Secret } from '../../src/contract/secret.ts';
import { quote } from '../../src/contract/text.ts';
import { wrong } from './fields.ts';
import { jsonMapIn, listOf, textOf } from './objects.ts';
import { logIn, type Oidc } from './oidc-config.ts';

/**
 * The tokens that an issuer gives for a refresh-token. refreshToken: its replacement. undefined: the former one stays
 * in use.
 */
export interface Given {
  readonly idToken: Secret;
  readonly refreshToken: Secret | undefined;
}
interface Question {
  readonly http: Deps['http'];
  readonly oidc: Oidc;
  readonly refreshToken: Secret;
  readonly authorities: string | undefined;
  readonly signal: AbortSignal;
}

const json = { accept: 'application/json' };

/**
 * Requests tokens for a refresh-token (RFC 6749, 6) from the endpoint that the issuer publishes (OpenID Connect
 * Discovery 1.0).
 */
export async function askIssuer({ http, oidc, refreshToken, authorities, signal }: Question): Promise<Given> {
  const server = (url: string, what: string): Http => {
    try {
      return http({ url, authorities, elsewhere: true, sets: ['accept', 'authorization', 'content-type'] });
    } catch (error) {
      if (/^https:/i.test(url)) throw error;
      // The remedy of that error names options of the target, which do not concern an issuer.
      throw wrong(
        `${what} is not of the form https://HOST. Kubernetes knows no other issuers, and the refresh-token must not be readable on the way`,
      );
    }
  };
  const issuer = server(oidc.issuer, `idp-issuer-url of ${oidc.from}`);
  const said = await issuer('GET', '/.well-known/openid-configuration', { signal, headers: json });
  if (said.status !== 200) throw issuer.failure(said);
  const about = jsonMapIn(said.text);
  const endpoint = textOf(about['token_endpoint']);
  if (!URL.canParse(endpoint)) throw refused(`${oidc.issuer} says no token_endpoint`);

  const { headers, form } = proofOf(oidc, about['token_endpoint_auth_methods_supported']);
  const { origin, pathname, search } = new URL(endpoint);
  const at = server(origin, `The token_endpoint that ${oidc.issuer} names`);
  const body = new URLSearchParams({ grant_type: 'refresh_token', refresh_token: refreshToken.reveal(), ...form });
  const answer = await at('POST', `${pathname}${search}`, {
    signal,
    json: body.toString(),
    headers: { ...json, 'content-type': 'application/x-www-form-urlencoded', ...headers },
  });
  if (answer.status !== 200) throw refusalOf(answer, oidc, at);
  const tokens = jsonMapIn(answer.text);
  const [idToken, next] = [textOf(tokens['id_token']), textOf(tokens['refresh_token'])];
  if (idToken === '')
    throw refused(`${oidc.issuer} gives no id_token for a refresh-token, or the login that gave that one did not ask for the scope openid`);
  return { idToken: new Secret(idToken), refreshToken: next === '' ? undefined : new Secret(next) };
}

/** The authentication of the client. An issuer that lists no methods takes the header (OpenID Connect Core 1.0, 9). */
function proofOf({ clientId, clientSecret }: Oidc, ways: unknown): { headers: Record<string, string>; form: Record<string, string> } {
  if (!clientSecret) return { headers: {}, form: { client_id: clientId } };
  const known = listOf(ways);
  if (known.length > 0 && !known.includes('client_secret_basic'))
    return { headers: {}, form: { client_id: clientId, client_secret: clientSecret.reveal() } };
  const login = new Secret([clientId, clientSecret.reveal()].map(encodeURIComponent).join(':'));
  return { headers: { authorization: `Basic ${Buffer.from(login.reveal()).toString('base64')}` }, form: {} };
}

/**
 * The Failure for a refusal. Its message quotes the members of an error in RFC 6749, 5.2, and never the whole response.
 */
function refusalOf(answer: Answer, { issuer }: Oidc, http: Http): Failure {
  const { error, error_description: why } = jsonMapIn(answer.text);
  const words = [textOf(error), textOf(why)].filter(Boolean).join(', ');
  if (textOf(error) === '' || answer.status === 429 || answer.status >= 500) return http.failure(answer);
  return refused(`${issuer} refuses the refresh-token: ${quote(words)}`);
}

const refused = (said: string): Failure => new Failure('AUTH', `${said}.`, { remedy: logIn });
