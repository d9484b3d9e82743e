import type { Clock } from '../../contract/clock.ts';
import type { Credential, Identity as Told } from '../../contract/credential.ts';
import type { Registry } from '../../contract/registry.ts';
import type { Once } from '../../io/once.ts';
import { rememberAccepted } from '../keys/accepted.ts';
import { unchanged } from '../keys/asked-as.ts';
import type { Role, WebToken } from '../keys/role.ts';
import { askEcr } from './ask.ts';
import { callerOf } from './caller.ts';
import { apiOf, type Own } from './endpoints.ts';
import { type Ear, withKeys } from './held.ts';
import type { Env } from './variables.ts';
import type { Walks } from './walks.ts';

/** An AWS identity, and the addresses of its services where they are not the usual ones. */
export interface Identity extends Own {
  /** The profile in ~/.aws. Falls back to AWS_PROFILE, then to the chain from its beginning. */
  readonly profile?: string | undefined;
  /** The roles to assume on top of the chain, in this order. The last one fetches the token. */
  readonly roles: readonly Role[];
  /** Replaces the chain. */
  readonly webToken?: WebToken | undefined;
}

export interface AwsDeps {
  readonly once: Once;
  readonly clock: Clock;
  /** The environment. The SDK's own key providers always read `process.env`. */
  readonly env?: Readonly<NodeJS.ProcessEnv> | undefined;
  /** The environment that a credential process receives. Default: all of it. */
  readonly commandEnv?: Env | undefined;
  /** The deadline of one whole fetch in milliseconds, chain and roles included. */
  readonly fetchMs?: number | undefined;
  /**
   * What a credential tells of its identity: the place of its keys (the default), or also the principal according to
   * AWS.
   */
  readonly tells?: 'place' | 'principal' | undefined;
  /**
   * Whether FIPS or dual-stack, switched on beside a configured address, is a mistake (the default) or gives way to it.
   */
  readonly switches?: 'contradict' | 'yield' | undefined;
  /** Walks that a command shares between fetches. Missing: each fetch looks for its keys again. */
  readonly walks?: Walks | undefined;
  /** Whether a credential carries `askedAs`, which costs reading a few files. Default: `said`. */
  readonly askedAs?: 'said' | 'not said' | undefined;
}

/** The source and scope that the credential will belong to, and the callbacks that follow the fetch. */
export interface Origin extends Pick<Credential, 'source' | 'scope'>, Ear {}

/** Fetches a new credential of the identity for the registry's region. Throws a Failure. */
export async function fetchToken(
  identity: Identity,
  registry: Registry,
  from: Origin,
  deps: AwsDeps,
  caller: AbortSignal,
): Promise<Credential> {
  return await withKeys(identity, registry, from, deps, caller, async ({ keys, place, askedAs }, way) => {
    const { settings, wire, sts, enter } = way;
    enter(`asking ${apiOf(registry)} in ${registry.region} for a token`);
    const credential = await askEcr({ identity, registry, keys, place, settings, wire, from, clock: deps.clock });
    rememberAccepted(identity, registry.region, keys, place);
    enter('asking STS who that is');
    const arn = deps.tells === 'principal' ? await callerOf(keys, sts, way) : undefined;
    const { expiration } = keys;
    return {
      ...credential,
      identity: told(place, identity, credential, arn),
      ...(expiration && { sessionEndsAt: expiration }),
      ...(await unchanged(askedAs, from.askedAs)),
    };
  });
}

function told(place: string, { roles }: Identity, { own }: Credential, arn: string | undefined): Told {
  const from = [place, ...roles.map(({ roleArn }) => roleArn)].join(', then ');
  return { from, ...(own?.account !== undefined && { account: own.account }), ...(arn !== undefined && { arn }) };
}
