import { Failure } from '../contract/failures.ts';
import type { FunctionName } from '../contract/function-name.ts';
import { quote } from '../contract/text.ts';
import type { Call } from './wire.ts';

/** What was being asked of AWS when it failed. */
export interface Attempt {
  readonly action:
    | 'ecr:GetAuthorizationToken'
    | 'ecr-public:GetAuthorizationToken'
    | 'sts:AssumeRole'
    | 'sts:GetCallerIdentity'
    | 'lambda:InvokeFunction';
  /** The role to be assumed; missing where the chain itself assumes one (a profile's, a service account's). */
  readonly role?: { readonly arn: string; readonly externalId: boolean };
  /** The function to be invoked. */
  readonly fn?: FunctionName;
  readonly region: string;
  /** The last request that went out, answered or not. */
  readonly call?: Call | undefined;
  /** Another region in which the same keys are accepted. */
  readonly acceptedIn?: string | undefined;
}

const statement = (action: string | readonly string[], resource: string): string =>
  JSON.stringify({ Effect: 'Allow', Action: action, Resource: resource });

/** ECR Public's token is a token of STS as well (AWS, ECR Public user guide). */
const rightsFor = (action: Attempt['action']): string | readonly string[] =>
  action === 'ecr-public:GetAuthorizationToken' ? [action, 'sts:GetServiceBearerToken'] : action;

/**
 * Where a principal's policies are. A session's ARN does not tell the path of its role, so no role ARN is printed as
 * certain.
 */
function holderOf(principal: string | undefined): string {
  const session = /^arn:[^:]+:sts::(?<account>\d+):assumed-role\/(?<role>[^/]+)\//.exec(principal ?? '')?.groups;
  return session ? `role ${session['role']} in account ${session['account']}` : (principal ?? 'the AWS identity of this source');
}

const principalIn = (words: string): string | undefined => /\bUser: (arn:\S+)/.exec(words)?.[1];

/** ECR's refusal, with the statement to paste. */
export function tokenDenied(words: string, { action, region }: Attempt): Failure {
  const principal = principalIn(words);
  const holder = holderOf(principal);
  const rights = rightsFor(action);
  const remedy = /explicit deny/.test(words)
    ? `A policy denies ${[rights].flat().join(' or ')} explicitly, which no Allow outweighs: take ${holder} out of that Deny (identity policy, permissions boundary or SCP).`
    : `Add this statement to the policies of ${holder}: ${statement(rights, '*')}. The resource must be *: a repository is not enough.`;
  return new Failure('FORBIDDEN', `${principal ?? 'The AWS identity of this source'} may not do ${action} in ${region}: ${quote(words)}`, {
    remedy,
  });
}

/**
 * STS's refusal. It is the same for a missing right, a trust policy that names somebody else, and a wrong external id.
 */
export function roleDenied(words: string, { role }: Attempt): Failure {
  const action = /\bperform:? (sts:\w+)/.exec(words)?.[1] ?? 'sts:AssumeRole';
  const arn = role?.arn ?? /\bresource: (arn:\S+)/.exec(words)?.[1] ?? 'the role';
  const message = `${principalIn(words) ?? 'The AWS identity of this source'} may not do ${action} of ${arn}: ${quote(words)}`;
  if (action === 'sts:AssumeRoleWithWebIdentity')
    return new Failure('FORBIDDEN', message, {
      remedy: `The trust policy of ${arn} must allow ${action} to this service account (conditions on sub and aud).`,
    });
  const externalId = role?.externalId
    ? 'the configured external id must be the one in its condition'
    : 'no external id is configured here, and it may demand one';
  return new Failure('FORBIDDEN', `${message} (A wrong or missing external id gives the same answer.)`, {
    remedy: `Both sides must allow it. The caller needs ${statement(action, arn)}; the trust policy of ${arn} must name the caller as Principal, and ${externalId}.`,
  });
}
