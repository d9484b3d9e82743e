import { ECRClient, GetAuthorizationTokenCommand } from '@aws-sdk/client-ecr';
import type { Clock } from '../contract/clock.ts';
import type { Credential } from '../contract/credential.ts';
import { Failure } from '../contract/failures.ts';
import type { Registry } from '../contract/registry.ts';
import { Secret } from '../contract/secret.ts';
import { awsDispatcher } from '../io/http.ts';
import { nameOf } from '../io/proxies.ts';
import { named } from '../io/unconnected.ts';
import { acceptedElsewhere, rememberAccepted } from './accepted.ts';
import { callerOf } from './caller.ts';
import { findKeys } from './chain.ts';
import { type Own, type Settings, settingsOf } from './endpoints.ts';
import { awsFailure } from './errors.ts';
import { type Keys, silent } from './place.ts';
import { assume, type Role } from './role.ts';
import { searchFor } from './search.ts';
import { type Env, readShared, type Shared } from './shared.ts';
import { decodeToken } from './token.ts';
import { type Dispatcher, openWire, type Wire, wayToAws, within } from './wire.ts';

/** An AWS identity, and where its services are when not at their usual addresses. */
export interface Identity extends Own {
  /** Of ~/.aws; else AWS_PROFILE, else the chain from its beginning. */
  readonly profile?: string | undefined;
  /** Assumed one after the other on top of the chain; the last one fetches the token. */
  readonly roles: readonly Role[];
}

export interface AwsDeps {
  readonly dispatcher: Dispatcher;
  readonly clock: Clock;
  /** The AWS client itself reads the process's own. */
  readonly env?: Readonly<NodeJS.ProcessEnv> | undefined;
  /** What a credential process gets of the environment; all of it unless said. */
  readonly commandEnv?: Env | undefined;
  /** Of one whole fetch, chain and roles included. */
  readonly fetchMs?: number | undefined;
  /** What is told of the identity: where its keys were found (unless said), and who AWS says that it is. */
  readonly tells?: 'place' | 'principal' | undefined;
}

/** Whose credential it will be, and who hears what is waited for. */
type Origin = Pick<Credential, 'source' | 'scope'> & { readonly entered: (waiting: () => string) => void };
/** What the walk along the places of keys comes to. */
interface Found {
  readonly keys: Keys;
  readonly place: string;
  readonly settings: Settings;
}

const fetchMs = 20_000;

/**
 * One new credential of the identity for the registry's region. Keeps nothing: chain, roles and clients are built anew,
 * so rotated keys are seen.
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
  const waiting = (): string => {
    const { last } = wire ?? {};
    return last ? `${step()} (${last.host}${last.proxy ? ` through ${nameOf(last.proxy)}` : ''})` : step();
  };
  from.entered(waiting);
  return within(deps.fetchMs ?? fetchMs, deps.clock, caller, waiting, async signal => {
    await using wires = wiresOf(deps, signal);
    const search = searchFor(identity, async entered => {
      const shared = await readShared(deps.env ?? process.env);
      const settings = settingsOf(identity, registry, deps.env ?? process.env, shared);
      // Before the first word to anybody: two settings that contradict each other are named.
      settings.endpoint('ECR');
      wire = wires.open(settings);
      return await walk(identity, registry, deps, { shared, settings, wire }, entered);
    });
    step = () => `looking for AWS credentials in ${search.link}`;
    const { settings, place, ...found } = await search.until(signal);
    wire = wires.open(settings);
    let { keys } = found;
    guard(keys, wire);
    for (const role of identity.roles) {
      step = () => `assuming ${role.roleArn}`;
      keys = await assume(role, keys, registry.region, settings.endpoint('STS'), wire);
      guard(keys, wire);
    }
    step = () => `asking ECR in ${registry.region} for a token`;
    const credential = await askEcr(identity, registry, { keys, place, settings, wire, from }, deps);
    rememberAccepted(identity, registry.region, keys, place);
    step = () => 'asking STS who that is';
    const arn = deps.tells === 'principal' ? await callerOf(keys, registry, settings, { wire, clock: deps.clock }) : undefined;
    const told = [place, ...identity.roles.map(({ roleArn }) => roleArn)].join(', then ');
    const account = credential.own?.account;
    return { ...credential, identity: { from: told, ...(account !== undefined && { account }), ...(arn !== undefined && { arn }) } };
  });
}

/** Wires of one fetch, over the shared connections, or over those that trust the profile's authorities. */
function wiresOf(deps: AwsDeps, signal: AbortSignal) {
  const own: ReturnType<typeof awsDispatcher>[] = [];
  return {
    open({ caBundle }: Settings): Wire {
      if (!caBundle) return openWire(deps.dispatcher, deps.clock, signal);
      const dispatcher = awsDispatcher({ env: deps.env, tls: { caFile: caBundle.value }, names: { caFile: caBundle.name } });
      own.push(dispatcher);
      return openWire(dispatcher, deps.clock, signal);
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(own.map(dispatcher => dispatcher.destroy()));
    },
  };
}

/** What AWS (STS for a profile's role or a web identity, SSO) answered on the way, or did not, speaks for itself. */
async function walk(
  { profile }: Identity,
  { region }: Registry,
  { env = process.env }: AwsDeps,
  { shared, settings, wire }: { readonly shared: Shared; readonly settings: Settings; readonly wire: Wire },
  entered: (name: string) => void,
): Promise<Found> {
  try {
    return { ...(await findKeys({ profile, region, env, shared, wire }, entered)), settings };
  } catch (error) {
    if (!(error instanceof Failure)) {
      settings.endpoint('STS');
      throw awsFailure(error, { action: 'sts:AssumeRole', region, call: wire.last });
    }
    // The SDK wraps what SSO's clients throw and keeps the words only.
    const { last } = wire;
    throw last && (last.status ?? 500) >= 500
      ? named(new Failure('UNREACHABLE', `${last.host} gave no answer of use. ${error.message}`, { remedy: wayToAws }), last.proxy)
      : error;
  }
}

interface Asking {
  readonly keys: Keys;
  readonly place: string;
  readonly settings: Settings;
  readonly wire: Wire;
  readonly from: Origin;
}

async function askEcr(identity: Identity, { region }: Registry, asking: Asking, { clock }: AwsDeps): Promise<Credential> {
  const { keys, place, settings, wire, from } = asking;
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

/**
 * Makes the keys known to the filter of texts for as long as the fetch lasts: AWS quotes signed headers in some errors.
 */
function guard({ secretAccessKey, sessionToken = '' }: Keys, wire: Wire): void {
  wire.secrets.push(new Secret(secretAccessKey), new Secret(sessionToken));
}
