import { type Answer, type AnswerKey, digestOf, isFresh } from '../contract/answer-file.ts';
import type { Clock } from '../contract/clock.ts';
import { asFailure, Failure } from '../contract/failures.ts';
import { lookAlike } from '../contract/look-alike.ts';
import { parseAddress, type Registry } from '../contract/registry.ts';
import { unlessAborted } from '../contract/unless.ts';
import { containerUri } from '../ecr/aws/variables.ts';
import { demandClearSwitches, hasHalfKeys, identityByToken, identityOf } from '../ecr/keys/asked-as.ts';
import type { WebToken } from '../ecr/keys/role.ts';
import { asksAws, isGiven, type SourceSpec } from '../ecr/sources/choice.ts';
import { type Answers, answersDirectory, openAnswers, passedOver } from '../io/answers.ts';
import { openShared, type SharedAnswers } from '../io/shared-answers.ts';
import { inTurn } from '../io/turn.ts';
import { keepCompiled } from './compiled.ts';
import { keepHit, pruneHits, rememberNode, type Witnesses, witnessesOf } from './hits.ts';
import { inFull } from './run.ts';
import { type Env, readSettings } from './settings.ts';

/** The program that asks: its environment, its clock, and how long it waits. */
export interface Asker {
  readonly env: Env;
  readonly clock: Clock;
  /** Aborted, with a Failure as its reason, when the request must end. */
  readonly signal: AbortSignal;
  /** Whether the source `default` serves ECR Public where no source for it is configured. */
  readonly unconfiguredPublic: 'served' | 'not served';
  /** The token for the role whose keys are used in place of the source's. */
  readonly webToken?: WebToken | undefined;
  /** Receives the identity that answers. */
  readonly told?: ((identity: string) => void) | undefined;
}

/** The result of a request for a host. */
export type Reply =
  | {
      readonly kind: 'answer';
      readonly registry: Registry;
      readonly answer: Answer;
      /** Sentences for people on what did not work, although there is an answer. */
      readonly remarks: readonly string[];
    }
  /** The host is one of ECR, and there is no answer. */
  | { readonly kind: 'failed'; readonly registry: Registry; readonly failure: Failure; readonly remarks: readonly string[] }
  /** The host is not ours to answer for. `why` explains that where the user may expect an answer. */
  | { readonly kind: 'foreign'; readonly why?: string };

/**
 * Answers for the host of an image or of a client's configuration, which may have scheme, user, port and path, and
 * upper case. Never throws.
 */
export async function answerFor(asked: string, asker: Asker): Promise<Reply> {
  const address = withoutUser(asked.trim());
  if (address === undefined) return { kind: 'foreign' };
  const remarks: string[] = [];
  let registry = parseAddress(address)?.registry;
  try {
    const witnesses = await unlessAborted(asker.signal, witnessesOf(asker.env));
    const { sources, aliases } = await unlessAborted(asker.signal, readSettings(asker.env));
    registry = parseAddress(address, aliases)?.registry;
    if (!registry) return foreign(address);
    demandClearSwitches(asker.env);
    const chosen = sources.choose(registry);
    const spec = chosen ?? (asker.unconfiguredPublic === 'served' ? { name: 'default', service: 'ecr-public' as const } : undefined);
    // ECR Public serves anonymous clients.
    if (!spec && registry.service === 'ecr-public') return { kind: 'foreign' };
    if (!spec) throw unserved(registry);
    const remark = (sentence: string): void => void remarks.push(sentence);
    const answer = await unlessAborted(
      asker.signal,
      serve({ registry, spec, witnesses: asker.webToken || isGiven(spec) ? undefined : chosen && witnesses }, asker, remark),
    );
    return { kind: 'answer', registry, answer, remarks };
  } catch (error) {
    const failure = asFailure(error);
    // The host may be an alias in the configuration that could not be read.
    return registry ? { kind: 'failed', registry, failure, remarks } : { kind: 'foreign', why: inFull(failure) };
  }
}

const unserved = ({ host }: Registry): Failure =>
  new Failure('MISCONFIGURED', `No source of the configuration serves ${host}.`, {
    remedy: 'Add a source whose `accounts` or `registries` match it.',
  });

/** The address of a registry without user and password. undefined: it has a scheme that registries do not have. */
export function withoutUser(address: string): string | undefined {
  const { scheme, rest = '' } = /^(?:(?<scheme>[a-z][a-z0-9+.-]*):\/\/)?(?:[^/?#@]*@)?(?<rest>.*)$/is.exec(address)?.groups ?? {};
  return scheme === undefined || /^https?$/i.test(scheme) ? rest : undefined;
}

function foreign(address: string): Reply {
  const like = lookAlike(address);
  return { kind: 'foreign', ...(like && { why: `${like.host} ${like.is}. ${like.remedy}` }) };
}

/** The key under which the answer for this registry is cached. */
export async function keyOf(spec: SourceSpec, registry: Registry, env: Env, webToken?: WebToken): Promise<AnswerKey> {
  const { service, partition, region } = registry;
  const identity = webToken ? await identityByToken(webToken, spec, env, registry) : await identityOf(spec, env, registry);
  return { identity, service, partition, region };
}

/** A registry, the source that serves it, and the files that were looked at to choose it. */
interface Question {
  readonly registry: Registry;
  readonly spec: SourceSpec;
  /** undefined: the fronts may not answer the request, for example because they do not know which program is asked. */
  readonly witnesses: Witnesses;
}

/**
 * Answers from disk while that is fresh, else from AWS; if that fails, from disk while the answer has not expired.
 * Throws a Failure.
 */
async function serve({ registry, spec, witnesses }: Question, asker: Asker, remark: (sentence: string) => void): Promise<Answer> {
  const { env, clock, signal } = asker;
  // The code that calls AWS is not loaded for an answer that is on disk.
  const fetch = async (): Promise<Answer> => await (await import('./fetch.ts')).fetchAnswer(spec, registry, asker);
  const { own: answers, shared } = await placesOf(env, remark, asker.webToken);
  // Neither the cache nor the caller needs the identity.
  if (!answers && !asker.told) return await fetch();
  const key = await keyOf(spec, registry, env, asker.webToken);
  asker.told?.(`source ${spec.name}: ${key.identity}`);
  // Half a key is refused even if there is an answer.
  if (!answers || (!asker.webToken && asksAws(spec) && hasHalfKeys(spec, env))) return await fetch();
  const ready = async (): Promise<Found | undefined> => {
    for (const place of [answers, ...(shared ? [shared] : [])]) {
      const kept = await place.read(key);
      if (kept && isFresh(kept, clock.wall())) return { answer: kept, ...(place === shared && { directory: shared.directory }) };
    }
    return undefined;
  };
  const work = async (): Promise<Found> => {
    const fetched = await fetch();
    await answers.write(key, fetched).catch((error: Failure) => remark(inFull(error)));
    await answers.prune(clock.wall());
    await pruneHits(answers.directory, clock.wall());
    await keepCompiled(answers.directory, clock.wall());
    return { answer: fetched };
  };
  try {
    const found = (await ready()) ?? (await inTurn({ path: answers.lockOf(key), clock, ready, work }, signal));
    const now = clock.wall();
    await answers.note(key, registry.host, now);
    await keepHit(
      { directory: answers.directory, host: registry.host, env, digest: digestOf(key), shared: found.directory, witnesses },
      now,
    );
    await rememberNode(answers.directory);
    return found.answer;
  } catch (error) {
    const old = (await answers.read(key)) ?? (await shared?.read(key));
    if (!old || old.expiresAt <= clock.wall()) throw error;
    remark(
      `The token could not be refreshed; the one that is there is answered, which lasts until ${isoOf(old.expiresAt)}. ${inFull(asFailure(error))}`,
    );
    return old;
  }
}

/** An answer. `directory` is where it lies, unless in our own. */
interface Found {
  readonly answer: Answer;
  readonly directory?: string;
}

/**
 * Whether keys come from a container or pod. These all find keys at one address, but each finds its own, so their
 * identities look alike.
 */
const hasKeysOfItsOwn = (env: Env): boolean => containerUri(env) !== undefined || Boolean(env['AWS_WEB_IDENTITY_TOKEN_FILE']);

/** The places where answers are looked for, in this order. */
interface Places {
  /** undefined: nothing is cached on disk. */
  readonly own: Answers | undefined;
  readonly shared: SharedAnswers | undefined;
}

/** Opens the places of answers. Remarks on a place that cannot be used. */
export async function placesOf(env: Env, remark: (sentence: string) => void, webToken?: WebToken): Promise<Places> {
  const own = await openOrSay(env, remark);
  return { own, shared: own && !webToken && !hasKeysOfItsOwn(env) ? await sharedOrSay(env, remark) : undefined };
}

/** Opens the shared cache. undefined: none is named, or it cannot be trusted. Remarks on the latter. */
async function sharedOrSay(
  { ECR_COURIER_SHARED_CACHE: named }: Env,
  remark: (sentence: string) => void,
): Promise<SharedAnswers | undefined> {
  if (!named) return undefined;
  try {
    return await openShared(named);
  } catch (error) {
    remark(inFull(asFailure(error)));
    return undefined;
  }
}

const isoOf = (time: number): string => new Date(time).toISOString();

/**
 * Opens our own cache. undefined: nothing is cached on disk, either by a switch or because it fails. Remarks on the
 * latter.
 */
async function openOrSay(env: Env, remark: (sentence: string) => void): Promise<Answers | undefined> {
  // The switch of amazon-ecr-credential-helper. Any value but an empty one turns it on.
  if (env['AWS_ECR_DISABLE_CACHE']) return undefined;
  const why = passedOver(env);
  if (why) remark(why);
  try {
    return await openAnswers(answersDirectory(env));
  } catch (error) {
    remark(inFull(asFailure(error)));
    return undefined;
  }
}
