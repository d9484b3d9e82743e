import { randomBytes, randomUUID } from 'node:crypto';
import { xmlReply } from './aws-protocol.ts';
import type { AwsCall } from './aws-troubles.ts';
import type { Reply } from './server.ts';

/** Temporary credentials for a role. */
export interface Session {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
  readonly expiresAt: Date;
  readonly userId: string;
  /** arn:aws:sts::ACCOUNT:assumed-role/ROLE/SESSION */
  readonly arn: string;
}

const random = (bytes: number): string => randomBytes(bytes).toString('base64url');

/** Opens a session of the requested role. */
export function openSession({ input }: AwsCall, now: number): Session {
  const [, partition, , , account, resource = ''] = String(input['RoleArn']).split(':');
  const [role, name] = [resource.split('/').at(-1), String(input['RoleSessionName'])];
  return {
    accessKeyId: `ASIA${randomBytes(8).toString('hex').toUpperCase()}`,
    secretAccessKey: random(30),
    sessionToken: random(150),
    expiresAt: new Date(now + Number(input['DurationSeconds'] ?? 3600) * 1000),
    userId: `AROA${randomBytes(8).toString('hex').toUpperCase()}:${name}`,
    arn: `arn:${partition}:sts::${account}:assumed-role/${role}/${name}`,
  };
}

/** Renders the response to AssumeRole or AssumeRoleWithWebIdentity. */
export function assumed(action: string, session: Session): Reply {
  const { accessKeyId, secretAccessKey, sessionToken, expiresAt, userId, arn } = session;
  const expiration = expiresAt.toISOString().replace(/\.\d+/, '');
  return xmlReply(200, `${action}Response`, {
    [`${action}Result`]: {
      Credentials: { AccessKeyId: accessKeyId, SecretAccessKey: secretAccessKey, SessionToken: sessionToken, Expiration: expiration },
      AssumedRoleUser: { AssumedRoleId: userId, Arn: arn },
      PackedPolicySize: 6,
    },
    ResponseMetadata: { RequestId: randomUUID() },
  });
}

/** Renders the response to GetCallerIdentity. */
export function identified(arn: string, userId: string): Reply {
  return xmlReply(200, 'GetCallerIdentityResponse', {
    GetCallerIdentityResult: { UserId: userId, Account: arn.split(':')[4] ?? '', Arn: arn },
    ResponseMetadata: { RequestId: randomUUID() },
  });
}
