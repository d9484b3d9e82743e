import { type Credential, ecrUser } from '../../contract/credential.ts';
import { expirationIn, fromBase64, longestLife } from '../../contract/expiry.ts';
import { Failure } from '../../contract/failures.ts';
import { parseAddress } from '../../contract/registry.ts';
import { Secret } from '../../contract/secret.ts';

const second = 1000;
const minute = 60 * second;
/**
 * Tolerance in milliseconds for an answered end beyond the longest life: the Date header has whole seconds, and the two
 * timestamps may come from different machines.
 */
const slack = 300 * second;

/**
 * The parts of a GetAuthorizationToken response that are read. `proxyEndpoint` is the registry of the caller's own
 * account; it is never used as an address.
 */
export interface TokenAnswer {
  readonly authorizationData?:
    | readonly {
        readonly authorizationToken?: string | undefined;
        readonly expiresAt?: Date | undefined;
        readonly proxyEndpoint?: string | undefined;
      }[]
    | undefined;
}

/**
 * Parses a response of ECR or ECR Public; the latter has one object in place of the list. Throws an error that quotes
 * nothing of a text that is not JSON.
 */
export function readToken(text: string): TokenAnswer {
  try {
    const { authorizationData = [] } = JSON.parse(text) as { authorizationData?: unknown };
    return { authorizationData: [authorizationData].flat().map(one => readData(one as Readonly<Record<string, unknown>>)) };
  } catch {
    throw Object.assign(new Error('no JSON'), { name: 'SyntaxError', $metadata: { httpStatusCode: 200 } });
  }
}

function readData({ authorizationToken: token, expiresAt, proxyEndpoint }: Readonly<Record<string, unknown>>) {
  return {
    ...(typeof token === 'string' && { authorizationToken: token }),
    ...(typeof expiresAt === 'number' && { expiresAt: new Date(expiresAt * second) }),
    ...(typeof proxyEndpoint === 'string' && { proxyEndpoint }),
  };
}

/** The source and scope that asked, the host that answered, and the server's time of the response. */
interface Origin {
  readonly source: string;
  readonly scope: string;
  /** The host that answered, for messages. */
  readonly host: string;
  readonly issuedAt: Date;
}

const remedy =
  'ECR never answers so. Does an endpoint override, a proxy or a test double (moto answers an expiry in 2015) stand in its place?';

/**
 * Converts the response into a credential. Throws UNEXPECTED for a token that must not be delivered (missing, not
 * decodable, empty), MISCONFIGURED for one that has expired already.
 */
export function decodeToken(answer: TokenAnswer, { source, scope, host, issuedAt }: Origin): Credential {
  const bad = (what: string): Failure =>
    new Failure('UNEXPECTED', `${host} answered GetAuthorizationToken with ${what}; nothing is delivered.`, { remedy });
  const [data] = answer.authorizationData ?? [];
  if (!data) throw bad('no authorization data');
  if (!data.authorizationToken) throw bad('no token');
  const text = fromBase64(data.authorizationToken);
  if (text === undefined) throw bad('a token that is not base64 of a text');
  // The password may hold colons: the first one ends the user name, as in Basic authentication.
  const colon = text.indexOf(':');
  if (colon < 0) throw bad('a token without a colon between user name and password');
  const [username, password] = [text.slice(0, colon), text.slice(colon + 1)];
  if (!username) throw bad('a token without a user name');
  // The user name is not shown: user name and password may be swapped.
  if (username !== ecrUser) throw bad(`a token with another user name than ${ecrUser}, the only one that ECR uses`);
  if (!password.trim()) throw bad('a token with an empty password');
  if (/\p{Cc}/u.test(text)) throw bad('a token that holds control characters');
  const expiresAt = expiry(data.expiresAt, password, issuedAt);
  if (expiresAt <= issuedAt)
    throw new Failure(
      'MISCONFIGURED',
      `${host} answered GetAuthorizationToken with a token that expired at ${expiresAt.toISOString()}, before it was issued at ${issuedAt.toISOString()}; nothing is delivered.`,
      // Retry at a steady pace: the next token may be good.
      { remedy, retryAfterMs: minute },
    );
  // A server in ECR's place may send anything.
  const own = data.proxyEndpoint === undefined ? undefined : parseAddress(data.proxyEndpoint)?.registry;
  return { username, password: new Secret(password), issuedAt, expiresAt, source, scope, ...(own?.service === 'ecr' && { own }) };
}

/**
 * The end of the token: the answered one, else the one in the password, else twelve hours after the issue. It is never
 * later than that. All times are on the server's clock.
 */
function expiry(answered: Date | undefined, password: string, issuedAt: Date): Date {
  const latest = issuedAt.getTime() + longestLife;
  const said = answered?.getTime() ?? Number.NaN;
  const ends = Number.isNaN(said) ? (expirationIn(password)?.getTime() ?? latest) : said;
  return new Date(ends > latest + slack ? latest : ends);
}
