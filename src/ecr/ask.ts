import { ECRClient, GetAuthorizationTokenCommand } from '@aws-sdk/client-ecr';
import type { Clock } from '../contract/clock.ts';
import type { Credential } from '../contract/credential.ts';
import { acceptedElsewhere } from './accepted.ts';
import type { Own, Settings } from './endpoints.ts';
import { awsFailure } from './errors.ts';
import { type Keys, silent } from './place.ts';
import { decodeToken } from './token.ts';
import type { Wire } from './wire.ts';

/** One question to ECR. `identity`: whose keys these are; what is known of them is remembered by it. */
export interface Question {
  readonly identity: Own;
  readonly region: string;
  readonly keys: Keys;
  readonly place: string;
  readonly settings: Settings;
  readonly wire: Wire;
  readonly from: Pick<Credential, 'source' | 'scope'>;
  readonly clock: Clock;
}

/** A new token, as ECR answers. Throws a Failure. */
export async function askEcr({ identity, region, keys, place, settings, wire, from, clock }: Question): Promise<Credential> {
  const { profile } = identity;
  try {
    const client = new ECRClient({
      region,
      credentials: keys,
      requestHandler: wire.handler,
      logger: silent,
      ...(profile && { profile }),
      ...settings.endpoint('ECR'),
    });
    const answer = await client.send(new GetAuthorizationTokenCommand({}));
    const issuedAt = wire.last?.answeredAt ?? new Date(clock.wall());
    const { source, scope } = from;
    return decodeToken(answer, { source, scope, host: wire.last?.host ?? 'ECR', issuedAt });
  } catch (error) {
    const acceptedIn = acceptedElsewhere(identity, region, keys, place);
    throw awsFailure(error, { action: 'ecr:GetAuthorizationToken', region, call: wire.last, acceptedIn });
  }
}
