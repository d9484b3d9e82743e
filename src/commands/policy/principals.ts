import { functionNamed } from '../../contract/function-name.ts';
import { quote } from '../../contract/text.ts';
import { UsageError } from '../io.ts';
import { accountDigits } from './places.ts';

const role = 'arn:aws:iam::123456789012:role/NAME';

/**
 * Parses a principal: an account number, or the ARN of a role, user, account or session. Returns the ARN. partition:
 * the one of the resources. Throws a UsageError.
 */
export function principalOf(text: string, partition: string): string {
  if (text === '*') throw new UsageError(`* would let in everybody on AWS: name a role (${role}) or an account`);
  if (/[*?]/.test(text))
    throw new UsageError(`${quote(text)} has a wildcard, which AWS takes in no principal: name the role, or its account`);
  if (/\.amazonaws\.com(\.cn)?$/.test(text)) throw new UsageError(`${quote(text)} is an AWS service: name the role with which it pulls`);
  if (!text.startsWith('arn:') && !/^\d+$/.test(text))
    throw new UsageError(`${quote(text)} is neither the ARN of a role (${role}) nor the number of an account`);
  const arn = text.startsWith('arn:') ? text : `arn:${partition}:iam::${accountDigits(text)}:root`;
  const [, of = '', account = '', rest = ''] = /^arn:([^:]*):(?:iam|sts)::([^:]*):(.+)$/.exec(arn) ?? [];
  if (rest.startsWith('group/'))
    throw new UsageError(`${quote(arn)} is a group, which AWS takes for no principal: name its users, or a role`);
  if (!/^(root|user\/[\w+=,.@/-]+|role\/[\w+=,.@/-]+|assumed-role\/[\w+=,.@-]+(\/[\w+=,.@-]+)?|federated-user\/[\w+=,.@-]+)$/.test(rest))
    throw new UsageError(`${quote(arn)} is not an ARN of a role, user or account: ${role}`);
  accountDigits(account);
  return inPartition(arn, of, partition);
}

/** Parses the ARN of an OIDC provider. */
export function providerOf(text: string, partition: string): string {
  const [, of, account] = /^arn:([\w-]+):iam::([^:]*):oidc-provider\/[\w./-]+$/.exec(text) ?? [];
  if (of === undefined || account === undefined)
    throw new UsageError(`${quote(text)} is not an ARN of a provider: arn:aws:iam::ACCOUNT:oidc-provider/ISSUER, without https://`);
  accountDigits(account);
  return inPartition(text, of, partition);
}

/** Parses the ARN of a role to assume. */
export function roleOf(text: string): string {
  const [, account] = /^arn:[\w-]+:iam::([^:]*):role\/[\w+=,.@/-]+$/.exec(text) ?? [];
  if (account === undefined) throw new UsageError(`${quote(text)} is not an ARN of a role: ${role}`);
  accountDigits(account);
  return text;
}

/** Parses the full ARN of a Lambda function, optionally with a version or an alias. */
export function functionOf(text: string): string {
  const { region, account } = functionNamed(text) ?? {};
  if (region === undefined || account === undefined)
    throw new UsageError(`${quote(text)} is not an ARN of one function: arn:aws:lambda:eu-west-1:123456789012:function:NAME`);
  return text;
}

export function inPartition(arn: string, of: string, partition: string): string {
  if (of !== partition)
    throw new UsageError(
      `${quote(arn)} is of the partition ${of}, and the rights would be in ${partition}: no policy reaches from one to the other`,
    );
  return arn;
}

/**
 * Parses the subject of a web identity token. The subject of a cluster is compared literally. For other providers
 * (GitHub Actions, GitLab) a pattern is usual, and it must name an owner, because these providers serve all their
 * users.
 */
export function subjectOf(text: string, provider: string): string {
  const isClusters = /oidc-provider\/oidc[.-]eks\./.test(provider);
  const usual = isClusters ? 'system:serviceaccount:NAMESPACE:NAME' : 'repo:ORG/REPO:ref:refs/heads/main';
  if (!/^[^\s"\\]{1,255}$/.test(text) || (isClusters && /[*?]/.test(text)))
    throw new UsageError(`${quote(text)} is not a subject: ${usual}`);
  if (/[*?]/.test(text) && !/^[\w-]+:[^*?:/]+[:/]/.test(text))
    throw new UsageError(`${quote(text)} would let in strangers: name the owner before the first wildcard, such as repo:ORG/REPO:*`);
  return text;
}

/** Parses the audience. IAM compares it literally, so a * would match nothing. */
export function audienceOf(text: string): string {
  if (!/^[^\s*?"\\]{1,255}$/.test(text)) throw new UsageError(`${quote(text)} is not an audience: sts.amazonaws.com`);
  return text;
}

export function externalIdOf(text: string): string {
  if (!/^[\w+=,.@:/-]{2,1224}$/.test(text)) throw new UsageError('an external id has 2 to 1224 letters, digits and + = , . @ : / - _');
  return text;
}
