import { Failure } from '../../contract/failures.ts';
import { nameOf } from '../../io/proxies.ts';
import { named } from '../../io/unconnected.ts';
import { type Answered, findKeys, type Link } from '../keys/chain.ts';
import { guard } from '../keys/guard.ts';
import type { Keys, Walk } from '../keys/place.ts';
import { assume } from '../keys/role.ts';
import { searchFor } from '../keys/search.ts';
import { readShared, type Shared } from '../keys/shared.ts';
import type { AwsDeps, Identity } from './aws.ts';
import type { Settings } from './endpoints.ts';
import { awsFailure } from './errors.ts';
import { somebodyElse } from './unanswered.ts';
import { digestOf, type Walked } from './walks.ts';
import { type Aim, aimOf, settledFor, type Way, wayOf } from './way.ts';
import { type Call, type Step, type Wire, wayToAws, within } from './wire.ts';
import { wireFor } from './wires.ts';

/** Callbacks that follow the way to the keys. */
export interface Ear {
  /** Receives a function that names what the fetch is waiting for. */
  readonly entered: (waiting: () => string) => void;
  /** Receives the settings that the calls use. */
  readonly settled: (settings: Settings) => void;
  /** Receives each place that had no keys. */
  readonly passed?: (link: Link) => void;
  /** Receives the place that had keys. */
  readonly answered?: (found: Answered) => void;
  /** The present name of the identity in the cache of answers on this machine (`Credential.askedAs`). */
  readonly askedAs: () => Promise<string | undefined>;
}

/** The keys of an identity. */
export interface Held extends Answered {
  /** The keys after all roles of the identity were assumed. */
  readonly keys: Keys;
  /** The name from `Ear.askedAs`, taken before the walk looked at the first place. */
  readonly askedAs: string | undefined;
}

/** The result of the walk along the places of keys. It is good for any registry. */
interface Found extends Held {
  readonly shared: Shared;
}

const fetchMs = 20_000;

/**
 * Finds the keys of the identity, assumes its roles and passes the keys to `use`. Nothing is cached unless `deps` has
 * walks: chain, roles and clients are built for each call, so rotated keys are seen. `aimed` is a function where the
 * profile may decide the region. Throws a Failure, with code TIMEOUT when everything together, `use` included, takes
 * too long.
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
      const open = (shared: Shared, until = signal): Way => {
        const settings = settledFor(identity, aimOf(aimed, shared), env, shared, deps);
        ear.settled(settings);
        last = wireFor(deps, settings, until);
        return wayOf(aimOf(aimed, shared), settings, { wire: last, clock: deps.clock, enter });
      };
      const begin = (until: AbortSignal): Walked<Found> => {
        const passed: Link[] = [];
        const search = searchFor(identity, deps.clock, async (entered): Promise<Found> => {
          const askedAs = await ear.askedAs();
          const shared = await readShared(env);
          const around = { identity, env, commandEnv: deps.commandEnv ?? env, shared };
          return { ...(await walk(around, open(shared, until), entered, link => void passed.push(link))), askedAs, shared };
        });
        let keys: Promise<Keys> | undefined;
        const assumed = (found: Found): Promise<Keys> =>
          (keys ??= identity.roles.length > 0 ? withRoles(identity, found.keys, open(found.shared, until)) : Promise.resolve(found.keys));
        return { search, passed, keys: assumed };
      };
      const walked = await walkFor(identity, deps, begin, { signal, open });
      step = () => ({ ...walked.search.link, name: `looking for AWS credentials in ${walked.search.link.name}` });
      const found = await walked.search.until(signal).finally(() => walked.passed.forEach(link => ear.passed?.(link)));
      ear.answered?.(found);
      const keys = await walked.keys(found);
      const way = open(found.shared);
      guard(keys, way.wire);
      return await use({ ...found, keys }, way);
    },
  );
}

/** The walk of this identity. With `walks`, one that the command began earlier for the same region is shared. */
async function walkFor(
  identity: Identity,
  { walks, clock, env = process.env, fetchMs: most = fetchMs }: AwsDeps,
  begin: (until: AbortSignal) => Walked<Found>,
  { signal, open }: { readonly signal: AbortSignal; readonly open: (shared: Shared) => Way },
): Promise<Walked<Found>> {
  if (!walks) return begin(signal);
  const { aim } = open(await readShared(env));
  // The caller that began the walk may give up earlier than others that wait for it, so the walk has its own deadline.
  return walks.of(`${digestOf(identity)} ${aim.region}`, ended => {
    const late = new AbortController();
    const done = new AbortController();
    void clock.sleep(most, done.signal).then(() => done.signal.aborted || late.abort());
    const walked = begin(AbortSignal.any([ended, late.signal]));
    const stop = (): void => done.abort();
    walked.search.until(ended).then(stop, stop);
    return walked;
  });
}

/** The step that is waited for; it names the last AWS host once a request was sent. */
function waitingFor(step: Step, wire: Wire | undefined): Step {
  const { last } = wire ?? {};
  if (!last) return step;
  return { name: `${step.name} (${last.host}${last.proxy ? ` through ${nameOf(last.proxy)}` : ''})`, right: last.right };
}

const byToken = 'sts:AssumeRoleWithWebIdentity';

/**
 * Looks for the keys along the places. Throws a Failure. An error of AWS on the way (STS for a profile's role or a web
 * identity, SSO) takes precedence over the words of the SDK.
 */
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
    const action = wire.last?.right === byToken ? byToken : 'sts:AssumeRole';
    if (wire.last?.verdict) throw awsFailure(wire.last.verdict, { action, region, call: wire.last });
    if (!(error instanceof Failure)) {
      settings.address('STS', region);
      throw awsFailure(error, { action, region, call: wire.last });
    }
    throw wire.last ? ofSso(error, wire.last) : error;
  }
}

/**
 * The Failure of a walk that ended with a request to SSO: the SDK wraps what those clients throw and keeps only the
 * message.
 */
function ofSso(error: Failure, { status = 500, host, proxy, refusal = '' }: Call): Failure {
  // AWS refuses in JSON.
  const isStrange = status >= 300 && status < 500 && !/^\s*\{/.test(refusal);
  if (status < 500 && !isStrange) return error;
  const short = isStrange ? `${host} answered with HTTP ${status}, not in a form that AWS uses` : `${host} gave no answer of use`;
  return named(new Failure('UNREACHABLE', `${short}. ${error.message}`, { remedy: isStrange ? somebodyElse : wayToAws, short }), proxy);
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
