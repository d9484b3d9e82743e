import { Failure, type FailureCode } from '../../contract/failures.ts';
import type { FunctionName } from '../../contract/function-name.ts';
import { anyRegistryOf } from '../../contract/registry.ts';
import { capital, quote } from '../../contract/text.ts';
import { invoker, withoutPath } from '../../refusals/admitted.ts';
import { readDenial } from '../../refusals/denial.ts';
import { addPermission, permissionOf, rights } from '../../refusals/statements.ts';
import { type Attempt, statement } from '../aws/denied.ts';

/**
 * How to report that Lambda does not run a function. Keyed by error names without `Exception` (AWS, Lambda API
 * reference, Invoke).
 */
type Trouble = readonly [code: FailureCode, remedy: (fn: FunctionName, words: string) => string];

const keyRemedy = ({ shown }: FunctionName): string =>
  `The environment of ${shown} is encrypted with a key of KMS. Give the role of the function kms:Decrypt for it, see that the key is enabled, or take AWS's own key.`;
const networkRemedy = ({ shown }: FunctionName): string =>
  `Lambda could not connect ${shown} to its VPC: look at its subnets (free addresses), its security groups and the rights of its role (AWSLambdaVPCAccessExecutionRole).`;
const codeRemedy = ({ shown }: FunctionName): string => `Publish the code of ${shown} again, for a runtime that AWS still has.`;
const shareRemedy = ({ shown }: FunctionName): string =>
  `${shown} mounts a file system that does not answer. It needs none to fetch a token.`;
const ours = (): string => 'This is a mistake of the courier, unless something between it and AWS changes requests: please report it.';

const troubles: Readonly<Record<string, Trouble>> = {
  ResourceNotFound: ['MISCONFIGURED', notFound],
  TooManyRequests: ['BUSY', busy],
  KMSAccessDenied: ['MISCONFIGURED', keyRemedy],
  KMSDisabled: ['MISCONFIGURED', keyRemedy],
  KMSInvalidState: ['MISCONFIGURED', keyRemedy],
  KMSNotFound: ['MISCONFIGURED', keyRemedy],
  EC2AccessDenied: ['MISCONFIGURED', networkRemedy],
  EC2Throttled: ['BUSY', networkRemedy],
  EC2Unexpected: ['UNREACHABLE', networkRemedy],
  ENILimitReached: ['MISCONFIGURED', networkRemedy],
  ENINotReady: ['BUSY', networkRemedy],
  SubnetIPAddressLimitReached: ['MISCONFIGURED', networkRemedy],
  InvalidSubnetID: ['MISCONFIGURED', networkRemedy],
  InvalidSecurityGroupID: ['MISCONFIGURED', networkRemedy],
  InvalidZipFile: ['MISCONFIGURED', codeRemedy],
  InvalidRuntime: ['MISCONFIGURED', codeRemedy],
  EFSIO: ['MISCONFIGURED', shareRemedy],
  EFSMountConnectivity: ['MISCONFIGURED', shareRemedy],
  EFSMountFailure: ['MISCONFIGURED', shareRemedy],
  EFSMountTimeout: ['MISCONFIGURED', shareRemedy],
  SnapStart: ['MISCONFIGURED', codeRemedy],
  SnapStartNotReady: ['BUSY', ({ shown }) => `Lambda is still making ${shown} ready. Nothing to do unless it lasts.`],
  SnapStartTimeout: ['BUSY', ({ shown }) => `Lambda is still making ${shown} ready. Nothing to do unless it lasts.`],
  ResourceNotReady: ['BUSY', ({ shown }) => `Lambda makes ${shown} ready, as it was not used for long. Nothing to do unless it lasts.`],
  ResourceConflict: ['BUSY', ({ shown }) => `${shown} is being changed, or could not be made. Look at its state in the console.`],
  RecursiveInvocation: ['MISCONFIGURED', ({ shown }) => `Lambda has stopped ${shown}, because it invokes itself in a loop.`],
  InvalidParameterValue: ['MISCONFIGURED', ({ shown }) => `Look at how \`lambda\` of the source names ${shown}.`],
  InvalidRequestContent: ['UNEXPECTED', ours],
  UnsupportedMediaType: ['UNEXPECTED', ours],
  RequestTooLarge: ['UNEXPECTED', ours],
};

/**
 * The Failure for a refusal of Lambda itself, which did not run the function. undefined: the error does not concern
 * Lambda alone.
 */
export function invokeFailure(kind: string, words: string, attempt: Attempt): Failure | undefined {
  const { fn, region, call } = attempt;
  if (!fn) return undefined;
  if (kind === 'AccessDenied') return invokeDenied(words, fn, region);
  const [code, remedy] = (Object.hasOwn(troubles, kind) ? troubles[kind] : undefined) ?? [];
  if (!code || !remedy) return undefined;
  const reason = reasonIn(call?.refusal);
  const said = [quote(words), reason && `(${reason})`].filter(Boolean).join(' ');
  const wait = code === 'BUSY' ? call?.retryAfterMs : undefined;
  return new Failure(code, `Lambda did not run ${fn.shown} in ${region}: ${kind}${said ? `: ${said}` : ''}`, {
    remedy: capital(remedy(fn, reason ?? '')),
    short: `Lambda did not run ${fn.shown} in ${region}`,
    ...(wait !== undefined && { retryAfterMs: wait }),
  });
}

/** The member Reason of a refusal. It says which limit too many requests have exceeded. */
function reasonIn(refusal = ''): string | undefined {
  return /"Reason"\s*:\s*"(?<reason>\w{1,80})"/.exec(refusal)?.groups?.['reason'];
}

function notFound({ name, qualifier, account }: FunctionName): string {
  const alias = qualifier ? `, and whether it has the ${/^\d+$/.test(qualifier) ? 'version' : 'alias'} ${qualifier}` : '';
  const where = account ? `account ${account} and the region named above` : 'the account of this identity and the region named above';
  return `Look whether ${name} is in ${where}${alias}. Write its ARN as \`lambda\` of the source, or its region as \`region\`.`;
}

function busy({ shown }: FunctionName, reason: string): string {
  if (reason.startsWith('ReservedFunction'))
    return `${shown} has no reserved concurrency left. With 0 it is switched off; one token every few hours needs 1.`;
  return `The account runs as many functions as it may, or is asked too often. It is tried again by itself; reserved concurrency for ${shown} keeps a place free.`;
}

/**
 * The Failure for a missing right to invoke. It includes the function's own policy where the function is in another
 * account.
 */
function invokeDenied(words: string, fn: FunctionName, region: string): Failure {
  const denial = readDenial(words);
  const arn = denial?.resource?.startsWith('arn:') ? denial.resource : fn.region ? fn.given : arnOf(fn, region, denial?.account);
  const owner = arn.split(':')[4];
  const holder = denial?.principal ? denial.holder.words : 'the AWS identity of this source';
  const who = denial?.principal ?? 'The AWS identity of this source';
  const message = `${who} may not do lambda:InvokeFunction on ${arn}: ${quote(words)}`;
  const short = `${who} is not allowed to invoke ${arn}`;
  if (denial?.explicit)
    return new Failure('FORBIDDEN', message, {
      remedy: `A policy denies it explicitly, which no Allow outweighs: take ${holder} out of that Deny (identity policy, policy of the function, permissions boundary or SCP).`,
      short,
    });
  const here = `Add this statement to the policies of ${holder}: ${statement(rights.invoke, arn)}.`;
  const isCross = denial?.account !== undefined && denial.account !== owner;
  const command = addPermission(permissionOf(arn, denial?.principal ? invoker(denial.principal) : 'ACCOUNT-OF-THE-COURIER', 'ecr-courier'));
  const there = `The function is in account ${owner}, whose side must allow it as well. Somebody there runs: ${command}.${withoutPath([
    denial?.principal ?? '',
  ])
    .map(note => ` ${note}`)
    .join('')}`;
  const remedy = denial?.gate === 'resource' ? there : isCross ? `${here} ${there}` : here;
  return new Failure('FORBIDDEN', message, { remedy, short });
}

function arnOf({ name, qualifier, account }: FunctionName, region: string, callers = '*'): string {
  const partition = anyRegistryOf(region)?.partition ?? 'aws';
  return `arn:${partition}:lambda:${region}:${account ?? callers}:function:${name}${qualifier ? `:${qualifier}` : ''}`;
}
