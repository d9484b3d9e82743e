import { Failure } from '../../contract/failures.ts';
import type { FunctionName } from '../../contract/function-name.ts';
import { capital, quote } from '../../contract/text.ts';
import { readDenial } from '../../refusals/denial.ts';
import { identityStatement, type Rights, rights, rightsFor } from '../../refusals/statements.ts';
import type { Call } from './wire.ts';

/** The request to AWS that failed. */
export interface Attempt {
  readonly action:
    | 'ecr:GetAuthorizationToken'
    | 'ecr-public:GetAuthorizationToken'
    | 'sts:AssumeRole'
    | 'sts:AssumeRoleWithWebIdentity'
    | 'sts:GetCallerIdentity'
    | 'lambda:InvokeFunction';
  /** The role to assume. Missing where the chain itself assumes one (a profile's, a service account's). */
  readonly role?: { readonly arn: string; readonly externalId: string | null };
  /** The function to be invoked. */
  readonly fn?: FunctionName;
  readonly region: string;
  /** The last request that went out, answered or not. */
  readonly call?: Call | undefined;
  /** Another region in which the same keys are accepted. */
  readonly acceptedIn?: string | undefined;
}

/** The IAM statement as one line of JSON, without its Sid. */
export function statement(needed: Rights, resource: string): string {
  const { Sid: _name, ...body } = identityStatement(needed, [resource]);
  return JSON.stringify(body);
}

const ownIdentity = 'the AWS identity of this source';

/** The Failure for a refusal of ECR, with the statement to paste. */
export function tokenDenied(words: string, { action, region }: Attempt): Failure {
  const denial = readDenial(words);
  const holder = denial?.principal === undefined ? ownIdentity : denial.holder.words;
  const needed = rightsFor(action);
  const remedy = denial?.explicit
    ? `A policy denies ${needed.actions.join(' or ')} explicitly, which no Allow outweighs: take ${holder} out of that Deny (identity policy, permissions boundary or SCP).`
    : `Add this statement to the policies of ${holder}: ${statement(needed, '*')}. The resource must be *: a repository is not enough.`;
  const who = denial?.principal ?? capital(ownIdentity);
  return new Failure('FORBIDDEN', `${who} may not do ${action} in ${region}: ${quote(words)}`, {
    remedy,
    short: `${who} is not allowed to do ${action} in ${region}`,
  });
}

/**
 * The Failure for a refusal of STS. STS refuses alike for a missing right, a trust policy that names another principal,
 * and a wrong external id.
 */
export function roleDenied(words: string, { action: asked, role }: Attempt): Failure {
  const denial = readDenial(words);
  const { action = asked } = denial ?? {};
  const arn = role?.arn ?? denial?.resource ?? 'the role';
  const who = denial?.principal ?? capital(ownIdentity);
  const message = `${who} may not do ${action} of ${arn}: ${quote(words)}`;
  const short = `${who} is not allowed to do ${action} of ${arn}`;
  if (action === 'sts:AssumeRoleWithWebIdentity')
    return new Failure('FORBIDDEN', message, {
      remedy: `The trust policy of ${arn} must allow ${action} to this service account (conditions on sub and aud).`,
      short,
    });
  const externalId = role?.externalId
    ? 'the configured external id must be the one in its condition'
    : 'no external id is configured here, and it may demand one';
  return new Failure('FORBIDDEN', `${message} (A wrong or missing external id gives the same answer.)`, {
    remedy: `Both sides must allow it. The caller needs ${statement(rights.assume, arn)}; the trust policy of ${arn} must name the caller as Principal, and ${externalId}.`,
    short,
  });
}
