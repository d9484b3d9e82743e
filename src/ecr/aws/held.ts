import { Failure } from '../../contract/failures.ts';
import { nameOf } from '../../io/proxies.ts';
import { named } from '../../io/unconnected.ts';
import { type Answered, findKeys, type Link } from '../keys/chain.ts';
import { guard } from '../keys/guard.ts';
import type { Keys, Walk } from '../keys/place.ts';
import { assume } from '../keys/role.ts';
import { searchFor } from '../keys/search.ts';
import { readShared, type Shared } from '../keys/shared.ts';
import type { Service } from './addresses.ts';
import type { AwsDeps, Identity } from './aws.ts';
import type { Ways } from './call.ts';
import { apiOf, type Settings, type Spelling, settingsOf } from './endpoints.ts';
import { awsFailure } from './errors.ts';
import type { StsAt } from './sts.ts';
import { type Step, type Wire, wayToAws, within } from './wire.ts';
import { wireFor } from './wires.ts';

/** Whoever hears of the way to the keys. */
export interface Ear {
  /** What is waited for. */
  readonly entered: (waiting: () => string) => void;
  /** With what is called. */
  readonly settled: (settings: Settings) => void;
  /** A place that had no keys. */
  readonly passed?: (link: Link) => void;
  /** The place that had some. */
  readonly answered?: (found: Answered) => void;
  /** What those who ask on this machine would call the identity now. */
  readonly askedAs: () => Promise<string | undefined>;
}

/** What is asked for with the keys, and where: the token of a registry, unless another service is named. */
export interface Aim extends Spelling {
  readonly api?: Service;
}

/** With what AWS is called, and who hears what it waits for. */
export interface Way extends Ways {
  readonly settings: Settings;
  readonly aim: Aim;
  /** Where STS is: in this region, else in that of the settings. Throws MISCONFIGURED. */
  readonly sts: (region?: string) => StsAt;
  /** From now on this is waited for. */
  readonly enter: (step: string) => void;
}

/** The keys that an identity comes to. */
export interface Held extends Answered {
  /** After all roles of the identity were assumed. */
  readonly keys: Keys;
  /** Before the first place was looked at. */
  readonly askedAs: string | undefined;
}

/** What the walk along the places of keys comes to: good for any registry. */
interface Found extends Held {
  readonly shared: Shared;
}

const fetchMs = 20_000;

/**
 * Finds the keys of the identity, assumes its roles, and hands the keys to `use`. Keeps nothing: chain, roles and
 * clients are built anew, so rotated keys are seen. `aimed`: a profile may say where.
 * Throws a Failure; TIMEOUT where all of it, `use` included, takes too long.
 */
export async function withKeys<T>(
  identity: Identity,
  aimed: Aim | ((shared: Shared) => Aim),
  ear: Ear,
  deps: AwsDeps,
  caller: AbortSignal,
  use: (held: Held, way: Way) => Promise<T>,
): Promise<T> {
  const { env = process.env } = deps;
  let step = (): Step => ({ name: 'looking for AWS credentials' });
  let last: Wire | undefined;
  const enter = (name: string): void => void (step = () => ({ name }));
  ear.entered(() => waitingFor(step(), last).name);
  return within(
    deps.fetchMs ?? fetchMs,
    deps.clock,
    caller,
    () => waitingFor(step(), last),
    async signal => {
      const open = (shared: Shared): Way => {
        const aim = typeof aimed === 'function' ? aimed(shared) : aimed;
        const settings = settingsOf(identity, aim, env, shared, deps.switches);
        // Before the first word to anybody: two settings that contradict each other are named.
        settings.address(aim.api ?? apiOf(aim), aim.region);
        ear.settled(settings);
        const { patience, stsRegion } = settings;
        const sts = (region = stsRegion): StsAt => ({ url: settings.address('STS', region), region });
        last = wireFor(deps, settings, signal);
        return { settings, aim, wire: last, clock: deps.clock, patience, sts, enter };
      };
      const search = searchFor(identity, async (entered): Promise<Found> => {
        const askedAs = await ear.askedAs();
        const shared = await readShared(env);
        const around = { identity, env, commandEnv: deps.commandEnv ?? env, shared };
        return { ...(await walk(around, open(shared), entered, ear.passed)), askedAs, shared };
      });
      step = () => ({ ...search.link, name: `looking for AWS credentials in ${search.link.name}` });
      const found = await search.until(signal);
      ear.answered?.(found);
      const way = open(found.shared);
      return await use({ ...found, keys: await withRoles(identity, found.keys, way) }, way);
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
  passed: Ear['passed'],
): Promise<Answered> {
  const { settings, wire, sts } = way;
  const region = settings.stsRegion;
  try {
    return await findKeys({ ...around, profile: identity.profile, webToken: identity.webToken, ways: way, sts, settings }, entered, passed);
  } catch (error) {
    if (wire.last?.verdict) throw awsFailure(wire.last.verdict, { action: 'sts:AssumeRole', region, call: wire.last });
    if (!(error instanceof Failure)) {
      settings.address('STS', region);
      throw awsFailure(error, { action: 'sts:AssumeRole', region, call: wire.last });
    }
    // The SDK wraps what SSO's clients throw and keeps the words only.
    const { last } = wire;
    throw last && (last.status ?? 500) >= 500
      ? named(
          new Failure('UNREACHABLE', `${last.host} gave no answer of use. ${error.message}`, {
            remedy: wayToAws,
            short: `${last.host} gave no answer of use`,
          }),
          last.proxy,
        )
      : error;
  }
}

/** Assumes the roles of the identity, one after the other. */
async function withRoles({ roles }: Identity, first: Keys, way: Way): Promise<Keys> {
  let keys = first;
  guard(keys, way.wire);
  for (const role of roles) {
    way.enter(`assuming ${role.roleArn}`);
    keys = await assume(role, keys, way.sts(), way);
    guard(keys, way.wire);
  }
  return keys;
}
