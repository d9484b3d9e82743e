import { fromTemporaryCredentials } from '@aws-sdk/credential-providers';
import type { Secret } from '../contract/secret.ts';
import type { Endpoint } from './endpoints.ts';
import { awsFailure } from './errors.ts';
import { type Keys, silent } from './place.ts';
import type { Wire } from './wire.ts';

/** A role to assume. */
export interface Role {
  readonly roleArn: string;
  readonly externalId?: Secret | string | undefined;
}

/** Names us in CloudTrail: the SDK's own default is random digits. */
export const sessionName = 'ecr-courier';

export const externalIdOf = ({ externalId }: Role): string | undefined =>
  typeof externalId === 'string' ? externalId : externalId?.reveal();

/** The keys of the role, assumed with these keys. Throws a Failure. */
export async function assume(role: Role, keys: Keys, region: string, endpoint: Endpoint, wire: Wire): Promise<Keys> {
  const { roleArn } = role;
  const id = externalIdOf(role);
  try {
    return await fromTemporaryCredentials({
      params: { RoleArn: roleArn, RoleSessionName: sessionName, ...(id && { ExternalId: id }) },
      masterCredentials: keys,
      clientConfig: { region, requestHandler: wire.handler, logger: silent, ...endpoint },
    })();
  } catch (error) {
    throw awsFailure(error, { action: 'sts:AssumeRole', role: { arn: roleArn, externalId: Boolean(id) }, region, call: wire.last });
  }
}
