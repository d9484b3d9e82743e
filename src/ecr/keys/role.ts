import type { Secret } from '../../contract/secret.ts';
import type { Ways } from '../aws/call.ts';
import { awsFailure } from '../aws/errors.ts';
import { askSts, type StsAt, sessionIn } from '../aws/sts.ts';
import type { Keys } from './place.ts';

/** A role to assume. */
export interface Role {
  readonly roleArn: string;
  readonly externalId?: Secret | string | undefined;
}

/**
 * An OpenID Connect token with which a role is assumed: that of a service account, as the kubelet hands it to a
 * provider.
 */
export interface WebToken {
  readonly roleArn: string;
  readonly token: Secret;
  /** The name of the session in CloudTrail. */
  readonly sessionName: string;
}

/** The name of our sessions in CloudTrail. */
export const sessionName = 'ecr-courier';

export const externalIdOf = ({ externalId }: Role): string | undefined =>
  typeof externalId === 'string' ? externalId : externalId?.reveal();

/** The external id for a policy that is shown. A secret one is replaced by a name to fill in. */
function externalIdShown({ externalId }: Role): string | null {
  if (!externalId) return null;
  return typeof externalId === 'string' ? externalId : 'EXTERNAL-ID';
}

/** Assumes the role with these keys and returns its keys. Throws a Failure. */
export async function assume(role: Role, keys: Keys, at: StsAt, ways: Ways): Promise<Keys> {
  const { roleArn } = role;
  const id = externalIdOf(role);
  const form = { Action: 'AssumeRole', RoleArn: roleArn, RoleSessionName: sessionName, ...(id && { ExternalId: id }) };
  try {
    return sessionIn(await askSts(form, at, keys, ways));
  } catch (error) {
    const asked = { arn: roleArn, externalId: externalIdShown(role) };
    throw awsFailure(error, { action: 'sts:AssumeRole', role: asked, region: at.region, call: ways.wire.last });
  }
}

/**
 * Assumes a role with a token of OpenID Connect, which takes the place of a signature. Throws what `callAws` throws.
 */
export async function assumeByToken({ roleArn, token, sessionName }: WebToken, at: StsAt, ways: Ways): Promise<Keys> {
  const role = { RoleArn: roleArn, RoleSessionName: sessionName };
  const form = { Action: 'AssumeRoleWithWebIdentity', ...role, WebIdentityToken: token.reveal() };
  return sessionIn(await askSts(form, at, undefined, ways));
}
