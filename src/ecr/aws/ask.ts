import type { Clock } from '../../contract/clock.ts';
import type { Credential } from '../../contract/credential.ts';
import type { Registry } from '../../contract/registry.ts';
import { acceptedElsewhere } from '../keys/accepted.ts';
import type { Keys } from '../keys/place.ts';
import { callAws } from './call.ts';
import { apiOf, type Own, type Settings } from './endpoints.ts';
import { awsFailure } from './errors.ts';
import { decodeToken, readToken } from './token.ts';
import type { Wire } from './wire.ts';

/** One request to ECR. `identity` owns the keys; what is learned about the keys is remembered under this object. */
interface Question {
  readonly identity: Own;
  readonly registry: Pick<Registry, 'service' | 'region'>;
  readonly keys: Keys;
  readonly place: string;
  readonly settings: Settings;
  readonly wire: Wire;
  readonly from: Pick<Credential, 'source' | 'scope'>;
  readonly clock: Clock;
}

/** The `x-amz-target` of the action, by service. */
const targets = {
  ecr: 'AmazonEC2ContainerRegistry_V20150921.GetAuthorizationToken',
  'ecr-public': 'SpencerFrontendService.GetAuthorizationToken',
} as const;

/** Returns a new ECR token. Throws a Failure. */
export async function askEcr({ identity, registry, keys, place, settings, wire, from, clock }: Question): Promise<Credential> {
  const { service, region } = registry;
  const right = `${service}:GetAuthorizationToken` as const;
  try {
    const url = settings.address(apiOf(registry), region);
    const headers = { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': targets[service] };
    const ways = { wire, clock, patience: settings.patience };
    const { text } = await callAws({ service, right, region, url, headers, body: '{}', keys }, ways);
    const receivedAt = new Date(clock.wall());
    const issuedAt = wire.last?.answeredAt ?? receivedAt;
    return { ...decodeToken(readToken(text), { ...from, host: wire.last?.host ?? 'ECR', issuedAt }), receivedAt };
  } catch (error) {
    const acceptedIn = acceptedElsewhere(identity, region, keys, place);
    throw awsFailure(error, { action: right, region, call: wire.last, acceptedIn });
  }
}
