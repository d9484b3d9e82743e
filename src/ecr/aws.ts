import { ECRClient, GetAuthorizationTokenCommand } from '@aws-sdk/client-ecr';
import { fromNodeProviderChain, fromTemporaryCredentials } from '@aws-sdk/credential-providers';
import type { Clock } from '../contract/clock.ts';
import type { Credential } from '../contract/credential.ts';
import { Failure } from '../contract/failures.ts';
import type { Registry } from '../contract/registry.ts';
import { Secret } from '../contract/secret.ts';
import { noCredentials, openTrail } from './chain.ts';
import { ecrEndpoint, stsEndpoint } from './endpoints.ts';
import { awsFailure } from './errors.ts';
import { searchFor } from './search.ts';
import { decodeToken } from './token.ts';
import { type Dispatcher, openWire, type Wire, wayToAws, within } from './wire.ts';

/** A role to assume. */
export interface Role {
  readonly roleArn: string;
  readonly externalId?: Secret | string | undefined;
}

export const externalIdOf = ({ externalId }: Role): string | undefined =>
  typeof externalId === 'string' ? externalId : externalId?.reveal();

/** An AWS identity, and where its services are when not at their usual addresses. */
export interface Identity {
  /** Of ~/.aws; else AWS_PROFILE, else the chain from its beginning. */
  readonly profile?: string | undefined;
  /** Assumed one after the other on top of the chain; the last one fetches the token. */
  readonly roles: readonly Role[];
  /** Of the ECR API (a VPC endpoint without private DNS). */
  readonly endpoint?: string | undefined;
  readonly stsEndpoint?: string | undefined;
}

export interface AwsDeps {
  readonly dispatcher: Dispatcher;
  readonly clock: Clock;
  /** For what is said of the chain and for endpoint overrides; the AWS client itself reads the process's own. */
  readonly env?: Readonly<NodeJS.ProcessEnv> | undefined;
  /** Of one whole fetch, chain and roles included. */
  readonly fetchMs?: number | undefined;
}

/** Whose credential it will be. */
type Origin = Pick<Credential, 'source' | 'scope'>;
/** Access key, secret and session token, resolved: no provider behind them. */
type Keys = Awaited<ReturnType<ReturnType<typeof fromNodeProviderChain>>>;

const fetchMs = 20_000;
/** Throttling and passing faults are tried again inside one fetch; everything longer is the engine's. */
const maxAttempts = 3;
/** Names us in CloudTrail: the SDK's own default is random digits. */
const sessionName = 'ecr-courier';

/**
 * One new credential of the identity for the registry's region. Keeps nothing: chain, roles and clients are built anew, so rotated keys are seen.
 * Throws a Failure.
 */
export async function fetchToken(
  identity: Identity,
  registry: Registry,
  from: Origin,
  deps: AwsDeps,
  caller: AbortSignal,
): Promise<Credential> {
  let step = (): string => 'looking for AWS credentials';
  let wire: Wire | undefined;
  const waiting = (): string => (wire?.last ? `${step()} (${wire.last.host})` : step());
  return within(deps.fetchMs ?? fetchMs, deps.clock, caller, waiting, async signal => {
    const opened = openWire(deps.dispatcher, deps.clock, signal);
    wire = opened;
    const search = searchFor(identity, entered => chainKeys(identity, registry, deps, opened, entered));
    step = () => `looking for AWS credentials in ${search.link}`;
    let keys = await search.until(signal);
    for (const role of identity.roles) {
      step = () => `assuming ${role.roleArn}`;
      keys = await assume(role, identity, registry, keys, deps, opened);
    }
    step = () => `asking ECR in ${registry.region} for a token`;
    return askEcr(identity, registry, keys, from, deps, opened);
  });
}

async function chainKeys(
  { profile }: Identity,
  { region }: Registry,
  { env = process.env }: AwsDeps,
  wire: Wire,
  entered: (link: string) => void,
): Promise<Keys> {
  const trail = openTrail(entered);
  try {
    const chain = fromNodeProviderChain({
      // Without it the first contents of ~/.aws are kept for as long as the process runs.
      ignoreCache: true,
      logger: trail.logger,
      ...(profile && { profile }),
      clientConfig: { requestHandler: wire.handler, maxAttempts },
      // Not in clientConfig: there it would also replace the region of an SSO session.
      parentClientConfig: { region },
    });
    return guarded(await chain(), wire);
  } catch (error) {
    throw await chainFailure(error, wire, () => noCredentials(error, profile, env, trail), region);
  }
}

/** What AWS (STS for a profile's role or a web identity, SSO) answered inside the chain, or did not, speaks for itself; all else is explained link by link. */
async function chainFailure(error: unknown, { last }: Wire, explain: () => Promise<Failure>, region: string): Promise<Failure> {
  const { $metadata, code } = error as { $metadata?: unknown; code?: string };
  if (last && ($metadata ?? code)) return awsFailure(error, { action: 'sts:AssumeRole', region, call: last });
  const failure = await explain();
  // The SDK wraps what SSO's clients throw and keeps the words only.
  return last && (last.status ?? 500) >= 500
    ? new Failure('UNREACHABLE', `${last.host} gave no answer of use. ${failure.message}`, { remedy: wayToAws })
    : failure;
}

async function assume(
  role: Role,
  identity: Identity,
  registry: Registry,
  keys: Keys,
  { env = process.env }: AwsDeps,
  wire: Wire,
): Promise<Keys> {
  const { roleArn } = role;
  const { region } = registry;
  const id = externalIdOf(role);
  try {
    const provider = fromTemporaryCredentials({
      params: { RoleArn: roleArn, RoleSessionName: sessionName, ...(id && { ExternalId: id }) },
      masterCredentials: keys,
      clientConfig: { region, maxAttempts, requestHandler: wire.handler, ...stsEndpoint(identity.stsEndpoint, registry, env) },
    });
    return guarded(await provider(), wire);
  } catch (error) {
    throw awsFailure(error, { action: 'sts:AssumeRole', role: { arn: roleArn, externalId: Boolean(id) }, region, call: wire.last });
  }
}

async function askEcr(identity: Identity, registry: Registry, keys: Keys, from: Origin, deps: AwsDeps, wire: Wire): Promise<Credential> {
  const { profile, endpoint } = identity;
  const { region } = registry;
  try {
    const client = new ECRClient({
      region,
      credentials: keys,
      maxAttempts,
      requestHandler: wire.handler,
      ...(profile && { profile }),
      ...ecrEndpoint(endpoint, registry, deps.env ?? process.env),
    });
    const answer = await client.send(new GetAuthorizationTokenCommand({}));
    const issuedAt = wire.last?.answeredAt ?? new Date(deps.clock.wall());
    return decodeToken(answer, { ...from, host: wire.last?.host ?? 'ECR', issuedAt });
  } catch (error) {
    throw awsFailure(error, { action: 'ecr:GetAuthorizationToken', region, call: wire.last });
  }
}

/** Makes the keys known to the filter of texts for as long as the fetch lasts: AWS quotes signed headers in some errors. */
function guarded(keys: Keys, wire: Wire): Keys {
  wire.secrets.push(new Secret(keys.secretAccessKey), new Secret(keys.sessionToken ?? ''));
  return keys;
}
