import { Failure, type FailureCode } from '../../contract/failures.ts';
import type { FunctionName } from '../../contract/function-name.ts';
import { capital, quote } from '../../contract/text.ts';
import { readDenial } from '../../refusals/denial.ts';
import { rightsFor } from '../../refusals/statements.ts';
import { statement, tokenDenied } from '../aws/denied.ts';
import { withoutKeys } from './masked.ts';

/** An error in the words of a function or of an AWS tool. */
interface Told {
  readonly type: string;
  readonly words: string;
}
interface Kind {
  readonly is: RegExp;
  readonly code: FailureCode;
  /** The rest of a sentence that begins with `Let` or with a verb. `shown` names what failed. */
  readonly remedy: (shown: string, told: Told) => string;
}

const handler = (shown: string): string => `Look at the setting "Handler" of ${shown} (FILE.FUNCTION), and at what its package holds.`;

/**
 * Known errors, matched against type and words as the runtimes of Lambda and boto3 write them. The first match counts.
 */
const kinds: readonly Kind[] = [
  {
    is: /Timedout|Task timed out/i,
    code: 'TIMEOUT',
    remedy: shown =>
      `Raise the timeout of ${shown} (3 s unless somebody changed it). If it is in a VPC, it needs a way to ECR: the endpoint ecr.api, or NAT.`,
  },
  {
    is: /Runtime\.(ImportModuleError|HandlerNotFound|MalformedHandlerName|UserCodeSyntaxError|InvalidEntrypoint)|Unable to import module/,
    code: 'MISCONFIGURED',
    remedy: handler,
  },
  {
    is: /\bNameError\b|\bReferenceError\b|is not defined/,
    code: 'MISCONFIGURED',
    remedy: (shown, { words }) => {
      const [, name] = /(?:name '|^)(\w{1,40})'? is not defined/.exec(words) ?? [];
      const missing = name === undefined ? '' : `: in Python, \`import ${name}\` is missing at its top`;
      return `The code of ${shown} uses ${name ?? 'a name'}, which it neither defines nor imports${missing}. docs/lambda.md has a function that works.`;
    },
  },
  {
    is: /OutOfMemory|signal: killed|Runtime\.ExitError/,
    code: 'MISCONFIGURED',
    remedy: shown => `${shown} ended before it answered: give it more memory, and look at its log.`,
  },
  {
    is: /You must specify a region|NoRegionError/i,
    code: 'MISCONFIGURED',
    remedy: shown => `Tell ${shown} the region: \`--region {region}\` in a command, \`region_name=event["region"]\` in a function.`,
  },
  {
    is: /Unable to locate credentials|NoCredentialsError|ExpiredToken|InvalidClientTokenId|UnrecognizedClient|SSO session .* has expired/i,
    code: 'AUTH',
    remedy: shown => `${shown} found no AWS keys that are valid now. Give it new ones: it is asked again by itself.`,
  },
  {
    is: /Throttling|TooManyRequests|Rate exceeded|SlowDown/,
    code: 'BUSY',
    remedy: () => 'ECR, or what the function asks, wants to be asked less often. Nothing to do unless it lasts.',
  },
  {
    is: /EndpointConnectionError|ConnectTimeout|ReadTimeout|Could not connect to the endpoint|ENOTFOUND|ECONNREFUSED|ETIMEDOUT/,
    code: 'UNREACHABLE',
    remedy: shown => `${shown} does not reach ECR. In a VPC it needs the endpoint ecr.api, or NAT; its region must be one of AWS.`,
  },
];

/**
 * The Failure's words where a function or tool lacks a right of its own: both print IAM's sentence. undefined: it is
 * another error.
 */
function denied(words: string, region: string): Pick<Failure, 'message' | 'remedy'> | undefined {
  const denial = readDenial(words);
  if (!denial) return undefined;
  const { action, resource = '*', holder, explicit } = denial;
  if (action === 'ecr:GetAuthorizationToken' || action === 'ecr-public:GetAuthorizationToken')
    return tokenDenied(words, { action, region });
  const remedy = explicit
    ? `A policy denies ${action} explicitly, which no Allow outweighs: take ${holder.words} out of that Deny.`
    : `Add this statement to the policies of ${holder.words}: ${statement(rightsFor(action), resource)}. Of another account, that side must allow it as well.`;
  return { message: `${holder.words} may not do ${action} on ${resource}: ${quote(words)}`, remedy };
}

/**
 * The Failure for an error that came in place of a token. `who` begins a sentence, such as `The function f in
 * eu-west-1`; `where` names its log, or how to see more.
 */
export function toolFailure(
  { type, words }: Told,
  { who, shown, where, region }: { readonly who: string; readonly shown: string; readonly where: string; readonly region: string },
): Failure {
  const clean = withoutKeys(words);
  const said = [quote(withoutKeys(type), 80), quote(clean)].filter(Boolean).join(': ') || 'it does not say why';
  const refused = denied(clean, region);
  const short = refused ? `${who} is not allowed to do what it does` : `${who} failed`;
  if (refused) return new Failure('FORBIDDEN', `${who} failed: ${refused.message}`, { remedy: refused.remedy, short });
  const kind = kinds.find(({ is }) => is.test(`${type} ${words}`));
  if (kind) return new Failure(kind.code, `${who} failed: ${said}`, { remedy: capital(kind.remedy(shown, { type, words: clean })), short });
  return new Failure('UNEXPECTED', `${who} failed: ${said}`, { remedy: where, short });
}

/** Says where the log of a function is. */
export const logOf = ({ name }: FunctionName): string =>
  `Its log is in CloudWatch under /aws/lambda/${name}. docs/lambda.md has a function that works.`;
