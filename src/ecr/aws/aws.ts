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

/** An AWS identity, and where its services are when not at their usual addresses. */
export interface Identity extends Own {
  /** Of ~/.aws; else AWS_PROFILE, else the chain from its beginning. */
  readonly profile?: string | undefined;
  /** Assumed one after the other on top of the chain; the last one fetches the token. */
  readonly roles: readonly Role[];
  /** In the place of the chain. */
  readonly webToken?: WebToken | undefined;
}

export interface AwsDeps {
  readonly once: Once;
  readonly clock: Clock;
  /** The SDK's providers of keys read the process's own. */
  readonly env?: Readonly<NodeJS.ProcessEnv> | undefined;
  /** What a credential process gets of the environment; all of it unless said. */
  readonly commandEnv?: Env | undefined;
  /** Of one whole fetch, chain and roles included. */
  readonly fetchMs?: number | undefined;
  /** What is told of the identity: where its keys were found (unless said), and who AWS says that it is. */
  readonly tells?: 'place' | 'principal' | undefined;
  /** Whether FIPS or dual-stack, switched on beside an address that is set, is a mistake (unless said), or yields. */
  readonly switches?: 'contradict' | 'yield' | undefined;
  /** Missing where each fetch looks for its keys anew. */
  readonly walks?: Walks | undefined;
  /** Whether a credential says by which identity those who ask would keep it (unless said). It costs a few files. */
  readonly askedAs?: 'said' | 'not said' | undefined;
}

/** Whose credential it will be, and who hears of the fetch. */
export interface Origin extends Pick<Credential, 'source' | 'scope'>, Ear {}

/** One new credential of the identity for the registry's region. Throws a Failure. */
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
