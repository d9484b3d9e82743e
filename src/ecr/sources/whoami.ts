import { asFailure, type Failure } from '../../contract/failures.ts';
import type { Registry } from '../../contract/registry.ts';
import type { AwsDeps } from '../aws/aws.ts';
import { askCaller, type Caller } from '../aws/caller.ts';
import { awsFailure } from '../aws/errors.ts';
import { withKeys } from '../aws/held.ts';
import { namedProfile } from '../aws/variables.ts';
import type { Answered, Link } from '../keys/chain.ts';
import { compared, type Other } from '../keys/others.ts';
import { readShared } from '../keys/shared.ts';
import { asksAws, type SourceSpec } from './choice.ts';
import { giverOf } from './giver.ts';
import { identityIn } from './source.ts';

/** The identity of a source, and how its keys were found. Holds no secret. */
export interface Whoami {
  readonly source: string;
  /** What gives the tokens in place of ECR. Without `place` and `failure`, the source uses no AWS identity. */
  readonly giver?: string | undefined;
  /** The places that were looked at first and had no keys. If none had any, the walk ended at the last of them. */
  readonly passed: readonly Link[];
  /** The place that had the keys, and why keys were expected there. */
  readonly place?: string;
  readonly because?: string;
  /** The assumed roles in order: first those of the place, then those of the source. */
  readonly roles: readonly string[];
  /** The answer of GetCallerIdentity. */
  readonly caller?: Caller;
  /** When the final keys end. Missing where they do not end, or do not say when. */
  readonly sessionEndsAt?: Date;
  /** Tools that take another identity in the same environment. */
  readonly others: readonly Other[];
  /** Why the identity is not known. */
  readonly failure?: Failure;
}

/**
 * Asks AWS who a source is, which needs no right. Never throws. `registry` decides where STS is called; by default in
 * the region of the settings.
 */
export async function whoIs(
  spec: SourceSpec,
  deps: AwsDeps,
  signal: AbortSignal,
  registry: Pick<Registry, 'service' | 'region' | 'fips' | 'dualStack'> = somewhere(spec),
): Promise<Whoami> {
  const giver = giverOf(spec)?.words;
  if (!asksAws(spec)) return { source: spec.name, giver, passed: [], roles: [], others: [] };
  const identity = identityIn(spec);
  const passed: Link[] = [];
  const roles = identity.roles.map(({ roleArn }) => roleArn);
  let found: Partial<Whoami> = {};
  const ear = {
    entered: () => undefined,
    settled: () => undefined,
    passed: (link: Link) => void passed.push(link),
    answered: ({ place, because, roles: assumed = [] }: Pick<Answered, 'place' | 'because' | 'roles'>) =>
      void (found = { place, because, roles: [...assumed, ...roles] }),
    askedAs: () => Promise.resolve(undefined),
  };
  try {
    const named = await withKeys(identity, { ...registry, api: 'STS' }, ear, deps, signal, async ({ keys }, way) => {
      const { expiration } = keys;
      found = { ...found, ...(expiration && { sessionEndsAt: expiration }) };
      way.enter('asking STS who that is');
      try {
        return { caller: await askCaller(keys, way.sts, way) };
      } catch (error) {
        throw awsFailure(error, { action: 'sts:GetCallerIdentity', region: way.sts().region, call: way.wire.last });
      }
    });
    found = { ...found, ...named };
  } catch (error) {
    found = { ...found, failure: asFailure(error) };
  }
  return { source: spec.name, ...(giver && { giver }), passed, roles, others: await othersThan(spec, roles, deps), ...found };
}

/** A region of each partition whose keys are unknown elsewhere. */
const homes: Readonly<Record<string, string>> = { 'aws-cn': 'cn-north-1', 'aws-us-gov': 'us-gov-west-1', 'aws-eusc': 'eusc-de-east-1' };

/**
 * The registry to use when none is given. As for ECR Public, STS is called in the region of source, environment or
 * profile. A role tells the partition.
 */
function somewhere({ roleArn, roles = [] }: SourceSpec) {
  const partition = (roleArn ?? roles[0]?.roleArn)?.split(':')[1] ?? 'aws';
  return { service: 'ecr-public', region: homes[partition] ?? 'us-east-1', fips: false, dualStack: false } as const;
}

/** The tools that take another identity. They know nothing of the roles of a source. */
async function othersThan(
  { profile }: SourceSpec,
  roles: readonly string[],
  { env = process.env, clock }: AwsDeps,
): Promise<readonly Other[]> {
  const shared = await readShared(env);
  // The SDK misreads lines or cannot read a file here; other tools may see something else there.
  if (shared.odd(namedProfile(profile, env) ?? 'default').length > 0 || shared.files.some(({ hidden }) => hidden)) return [];
  const { others } = compared({ env, now: clock.wall(), shared, profile });
  if (roles.length === 0) return others;
  const same = { id: 'without roles', words: 'the same keys, without the roles of the source' };
  return (['cli', 'go'] as const).map(tool => others.find(other => other.tool === tool) ?? { tool, takes: same });
}
