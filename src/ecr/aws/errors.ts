import { Failure, type FailureCode, type FailureFacts } from '../../contract/failures.ts';
import { isAlwaysEnabled } from '../../contract/regions.ts';
import { quote } from '../../contract/text.ts';
import { named } from '../../io/unconnected.ts';
import { invokeFailure } from '../sources/invoke-errors.ts';
import { type Attempt, roleDenied, tokenDenied } from './denied.ts';
import { knownError, newKeys } from './known-errors.ts';
import { asError, somebodyElse, unconnected, unsent } from './unanswered.ts';
import { wayToAws } from './wire.ts';

/** The clock offset, in milliseconds, beyond which a message mentions it. AWS itself refuses from 5 minutes on. */
const offsetWorthSaying = 60_000;

/**
 * Failure codes by name of the AWS error, without the suffix `Exception`, which STS leaves off and ECR does not
 * (client-ecr 3.1169.0).
 */
const byName: Readonly<Record<string, FailureCode>> = {
  AccessDenied: 'FORBIDDEN',
  UnauthorizedOperation: 'FORBIDDEN',
  OptInRequired: 'FORBIDDEN',
  ExpiredToken: 'AUTH',
  UnrecognizedClient: 'AUTH',
  InvalidClientTokenId: 'AUTH',
  InvalidAccessKeyId: 'AUTH',
  InvalidIdentityToken: 'AUTH',
  IDPRejectedClaim: 'AUTH',
  MissingAuthenticationToken: 'AUTH',
  IncompleteSignature: 'AUTH',
  Unauthorized: 'AUTH',
  Throttling: 'BUSY',
  Throttled: 'BUSY',
  TooManyRequests: 'BUSY',
  RequestLimitExceeded: 'BUSY',
  SlowDown: 'BUSY',
  ServiceUnavailable: 'BUSY',
  IDPCommunicationError: 'UNREACHABLE',
  RegionDisabled: 'MISCONFIGURED',
  ValidationError: 'MISCONFIGURED',
  Validation: 'MISCONFIGURED',
};
const signature = /^(InvalidSignature|SignatureDoesNotMatch|RequestExpired|RequestTimeTooSkewed)$/;
const byStatus: Readonly<Record<number, FailureCode>> = {
  401: 'AUTH',
  403: 'FORBIDDEN',
  407: 'MISCONFIGURED',
  408: 'BUSY',
  429: 'BUSY',
  502: 'UNREACHABLE',
  503: 'BUSY',
  504: 'UNREACHABLE',
};
/**
 * Converts what an AWS client threw into a Failure. It has no `cause`, because these errors carry the raw response,
 * which may hold a token.
 */
export function awsFailure(thrown: unknown, attempt: Attempt): Failure {
  const { code, message, facts } = named(thrown instanceof Failure ? thrown : meaningOf(thrown, attempt), attempt.call?.proxy);
  return new Failure(code, message, { ...askedIn(attempt), ...facts });
}

/**
 * The right that was asked for. A request that was sent knows better than the attempt, because the chain may assume a
 * role.
 */
function askedIn({ call, action, role }: Attempt): Pick<FailureFacts, 'asked'> {
  const right = call ? call.right : action;
  return right === undefined ? {} : { asked: { right, ...(role && { externalId: role.externalId }) } };
}

function meaningOf(thrown: unknown, attempt: Attempt): Failure {
  const host = attempt.call?.host ?? 'AWS';
  if (attempt.call?.tooLarge || asError(thrown).code === 'UND_ERR_RES_EXCEEDED_MAX_SIZE')
    return new Failure('TOO_LARGE', `The answer of ${host} is larger than a token can be.`, {
      remedy: attempt.fn ? `Let ${attempt.fn.shown} answer with the token and nothing else.` : somebodyElse,
    });
  return unconnected(thrown, attempt.call) ?? unsent(thrown, attempt) ?? answered(readError(thrown, attempt.call?.refusal), attempt, host);
}

/**
 * An error that AWS answered. `words` is empty when the response was not in AWS's form, because a parser's message may
 * quote a token.
 */
interface AwsError {
  readonly name: string;
  readonly words: string;
  readonly status: number | undefined;
}

function readError(thrown: unknown, refusal = ''): AwsError {
  const { name, message, $metadata } = asError(thrown);
  const status = $metadata?.httpStatusCode;
  if (status === undefined || (status >= 400 && name !== 'SyntaxError' && name !== 'Unknown')) return { name, words: message, status };
  // ECR answers in JSON; moto and some gateways refuse in XML. HTML pages are not quoted.
  const of = (tag: string): string => new RegExp(`<${tag}>([^<]{1,500})</${tag}>`).exec(refusal)?.[1] ?? '';
  return { name: of('Code'), words: of('Message') || (/^\s*</.test(refusal) ? '' : refusal.trim()), status };
}

function answered(error: AwsError, attempt: Attempt, host: string): Failure {
  const { name, words, status } = error;
  const kind = name.replace(/Exception$/, '');
  if (kind === 'EndpointError')
    return new Failure('MISCONFIGURED', `There is no address for ${attempt.action} in ${attempt.region}: ${quote(words)}`, {
      short: `There is no address for ${attempt.action} in ${attempt.region}`,
      remedy:
        'Look at the region: is it spelled as AWS spells it, and does it have FIPS or dual-stack endpoints where those are asked for?',
    });
  if (signature.test(kind)) return badSignature(error, attempt, host);
  const ofLambda = attempt.action === 'lambda:InvokeFunction' ? invokeFailure(kind, words, attempt) : undefined;
  if (ofLambda) return ofLambda;
  if (kind === 'AccessDenied') return isOfRole(attempt) ? roleDenied(words, attempt) : tokenDenied(words, attempt);
  const code = (Object.hasOwn(byName, kind) ? byName[kind] : undefined) ?? byStatus[status ?? 0] ?? 'UNEXPECTED';
  const what = [status && `HTTP ${status}`, name].filter(Boolean).join(' ');
  const said = words ? `: ${quote(words)}` : ', not in a form that AWS uses';
  if (kind === 'UnrecognizedClient' || kind === 'InvalidClientTokenId') return unknownKey(error, attempt, host);
  const known = knownError(kind, attempt.action);
  const remedy = known?.remedy ?? (status === 407 ? unknownProxy : remedyFor(code, error, attempt));
  const wait = code === 'BUSY' ? attempt.call?.retryAfterMs : undefined;
  return new Failure(code, `${host} answered ${attempt.action} with ${what}${said}`, {
    ...(remedy && { remedy }),
    short: known?.short ?? `${host} answered ${attempt.action} with ${what}${words ? '' : said}`,
    ...(wait !== undefined && { retryAfterMs: wait }),
  });
}

const isOfRole = ({ action }: Attempt): boolean => action.startsWith('sts:AssumeRole');

const unknownProxy =
  'A proxy answered in place of AWS and wants a login. Set HTTPS_PROXY to its address with user and password, or let the way to this host go around it.';

/** The remedy by code, where the error's name does not say more. undefined: there is nothing to do. */
function remedyFor(code: FailureCode, { name, words, status = 0 }: AwsError, attempt: Attempt): string | undefined {
  const { action, region } = attempt;
  if (code === 'BUSY') return undefined;
  if (code === 'UNEXPECTED' && status >= 500) return lasting;
  if (!words || (code === 'UNEXPECTED' && !name)) return somebodyElse;
  if (code === 'AUTH') return newKeys;
  if (code === 'UNREACHABLE') return wayToAws;
  if (code === 'FORBIDDEN')
    return `Allow ${action} to the AWS identity of this source; a policy of the organization or of a VPC endpoint may deny it as well.`;
  if (code === 'MISCONFIGURED')
    return `AWS read the request and does not take it: look at the region (${region})${isOfRole(attempt) ? ', at the ARN of the role' : ''} and at the words that are quoted.`;
  return `${somebodyElse} If it is AWS itself, please report the quoted answer.`;
}
const lasting =
  'It is tried again with the next request. If it lasts, look at the state of the service (health.aws.amazon.com), and whether a proxy or an endpoint override answers in place of AWS.';

/** The Failure for an access key that AWS does not know in this region. The key may be good in another one. */
function unknownKey({ name, words, status }: AwsError, { action, region, acceptedIn }: Attempt, host: string): Failure {
  const elsewhere = acceptedIn ? ` The same identity is accepted in ${acceptedIn}.` : '';
  const regional = [
    `the region not enabled in the account (enable ${region} under Account > AWS Regions)`,
    `a session from the global STS endpoint, which such regions do not take (let it come from sts.${region}, or change the setting under IAM > Account settings)`,
  ];
  const gone = 'a key that was deleted or switched off';
  const others = acceptedIn
    ? []
    : [gone, 'a key of another partition than the region', 'a session token that is missing or of another key'];
  const causes = isAlwaysEnabled(region) ? [gone, ...others.slice(1)] : [...regional, ...others];
  return new Failure('AUTH', `${host} answered ${action} with HTTP ${status} ${name}: ${quote(words)}${elsewhere}`, {
    remedy: `AWS does not know these keys in ${region}. Possible causes: ${causes.join('; ')}. ${newKeys}`,
    short: `AWS does not know the access key in ${region}`,
  });
}

/**
 * The Failure for a bad signature. AWS's own words are not repeated: they quote the canonical request, session token
 * included.
 */
function badSignature({ name, words }: AwsError, { action, call }: Attempt, host: string): Failure {
  const aheadMs = call?.aheadMs ?? 0;
  const answer = `${host} answered ${action} with ${name}:`;
  const off = Math.abs(aheadMs) > offsetWorthSaying;
  if (!off && !/not yet current|signature expired|skewed|RequestExpired/i.test(`${name} ${words}`))
    return new Failure('AUTH', `${answer} the secret access key does not belong to the access key.`, {
      remedy: newKeys,
      short: 'The secret access key does not belong to the access key',
    });
  const how = off
    ? `${(Math.abs(aheadMs) / 60_000).toFixed(0)} minutes ${aheadMs > 0 ? 'behind' : 'ahead of'} that of ${host}`
    : 'too far off';
  return new Failure('MISCONFIGURED', `${answer} this machine's clock is ${how}.`, {
    short: `This machine's clock is ${how}`,
    remedy: 'Set the clock (NTP). AWS accepts signatures that are at most 5 minutes off.',
  });
}
