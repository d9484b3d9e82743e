import type { Clock } from '../contract/clock.ts';
import type { Credential, Identity as Told } from '../contract/credential.ts';
import { Failure } from '../contract/failures.ts';
import type { Registry } from '../contract/registry.ts';
import type { Once } from '../io/once.ts';
import { nameOf } from '../io/proxies.ts';
import { named } from '../io/unconnected.ts';
import { rememberAccepted } from './accepted.ts';
import { askEcr } from './ask.ts';
import type { Ways } from './call.ts';
import { callerOf } from './caller.ts';
import { findKeys } from './chain.ts';
import { apiOf, type Own, type Settings, settingsOf } from './endpoints.ts';
import { awsFailure } from './errors.ts';
import { guard } from './guard.ts';
import type { Keys, Walk } from './place.ts';
import { assume, type Role, type WebToken } from './role.ts';
import { searchFor } from './search.ts';
import { readShared, type Shared } from './shared.ts';
import type { StsAt } from './sts.ts';
import type { Env } from './variables.ts';
import { type Step, type Wire, wayToAws, within } from './wire.ts';
import { wireFor } from './wires.ts';

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
}

/** Whose credential it will be, and who hears of the fetch. */
interface Origin extends Pick<Credential, 'source' | 'scope'> {
  /** What is waited for. */
  readonly entered: (waiting: () => string) => void;
  /** With what is called. */
  readonly settled: (settings: Settings) => void;
  /** What those who ask on this machine would call the identity now. */
  readonly askedAs: () => Promise<string | undefined>;
}
/** What the walk along the places of keys comes to: good for any registry. */
interface Found {
  readonly keys: Keys;
  readonly place: string;
  readonly shared: Shared;
  /** Before the first place was looked at. */
  readonly askedAs: string | undefined;
}
/** With what a fetch calls AWS, and who hears what it waits for. */
interface Way extends Ways {
  readonly settings: Settings;
  /** Where STS is: in this region, else in that of the settings. Throws MISCONFIGURED. */
  readonly sts: (region?: string) => StsAt;
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
  const { env = process.env } = deps;
  let step = (): Step => ({ name: 'looking for AWS credentials' });
  let last: Wire | undefined;
  from.entered(() => waitingFor(step(), last).name);
  return within(
    deps.fetchMs ?? fetchMs,
    deps.clock,
    caller,
    () => waitingFor(step(), last),
    async signal => {
      const open = (shared: Shared): Way => {
        const settings = settingsOf(identity, registry, env, shared, deps.switches);
        // Before the first word to anybody: two settings that contradict each other are named.
        settings.address(apiOf(registry), registry.region);
        from.settled(settings);
        const { patience, stsRegion } = settings;
        const sts = (region = stsRegion): StsAt => ({ url: settings.address('STS', region), region });
        last = wireFor(deps, settings, signal);
        return { settings, wire: last, clock: deps.clock, patience, sts };
      };
      const search = searchFor(identity, async entered => {
        const askedAs = await from.askedAs();
        const shared = await readShared(env);
        const found = await walk({ identity, env, commandEnv: deps.commandEnv ?? env, shared }, open(shared), entered);
        return { ...found, askedAs };
      });
      step = () => ({ ...search.link, name: `looking for AWS credentials in ${search.link.name}` });
      const found = await search.until(signal);
      return await credentialBy(found, open(found.shared), {
        identity,
        registry,
        from,
        deps,
        enter: name => void (step = () => ({ name })),
      });
    },
  );
}

/** Once AWS was asked, it is AWS that is waited for. */
function waitingFor(step: Step, wire: Wire | undefined): Step {
  const { last } = wire ?? {};
  return last ? { name: `${step.name} (${last.host}${last.proxy ? ` through ${nameOf(last.proxy)}` : ''})` } : step;
}

/** What AWS (STS for a profile's role or a web identity, SSO) answered on the way, or did not, speaks for itself. */
async function walk(
  { identity, ...around }: { identity: Identity } & Pick<Walk, 'env' | 'commandEnv' | 'shared'>,
  way: Way,
  entered: (step: Step) => void,
): Promise<Omit<Found, 'askedAs'>> {
  const { settings, wire, sts } = way;
  const region = settings.stsRegion;
  try {
    return {
      ...(await findKeys({ ...around, profile: identity.profile, webToken: identity.webToken, ways: way, sts, settings }, entered)),
      shared: around.shared,
    };
  } catch (error) {
    if (wire.last?.verdict) throw awsFailure(wire.last.verdict, { action: 'sts:AssumeRole', region, call: wire.last });
    if (!(error instanceof Failure)) {
      settings.address('STS', region);
      throw awsFailure(error, { action: 'sts:AssumeRole', region, call: wire.last });
    }
    // The SDK wraps what SSO's clients throw and keeps the words only.
    const { last } = wire;
    throw last && (last.status ?? 500) >= 500
      ? named(new Failure('UNREACHABLE', `${last.host} gave no answer of use. ${error.message}`, { remedy: wayToAws }), last.proxy)
      : error;
  }
}

interface Fetch {
  readonly identity: Identity;
  readonly registry: Registry;
  readonly from: Origin;
  readonly deps: AwsDeps;
  readonly enter: (step: string) => void;
}

/** Assumes the roles with the keys that were found, and asks ECR. */
async function credentialBy({ keys: first, place, askedAs }: Found, way: Way, fetch: Fetch): Promise<Credential> {
  const { identity, registry, from, deps, enter } = fetch;
  const { settings, wire, sts } = way;
  let keys = first;
  guard(keys, wire);
  for (const role of identity.roles) {
    enter(`assuming ${role.roleArn}`);
    keys = await assume(role, keys, sts(), way);
    guard(keys, wire);
  }
  enter(`asking ${apiOf(registry)} in ${registry.region} for a token`);
  const credential = await askEcr({ identity, registry, keys, place, settings, wire, from, clock: deps.clock });
  rememberAccepted(identity, registry.region, keys, place);
  enter('asking STS who that is');
  const arn = deps.tells === 'principal' ? await callerOf(keys, sts, way) : undefined;
  const { expiration } = keys;
  // Where keys were changed meanwhile, nobody can say whose of them the credential is.
  const isSame = askedAs !== undefined && askedAs === (await from.askedAs());
  return {
    ...credential,
    identity: told(place, identity, credential, arn),
    ...(expiration && { sessionEndsAt: expiration }),
    ...(isSame && { askedAs }),
  };
}

function told(place: string, { roles }: Identity, { own }: Credential, arn: string | undefined): Told {
  const from = [place, ...roles.map(({ roleArn }) => roleArn)].join(', then ');
  return { from, ...(own?.account !== undefined && { account: own.account }), ...(arn !== undefined && { arn }) };
}
