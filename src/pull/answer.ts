import { type Answer, type AnswerKey, digestOf, isFresh } from '../contract/answer-file.ts';
import type { Clock } from '../contract/clock.ts';
import { asFailure, Failure } from '../contract/failures.ts';
import { lookAlike } from '../contract/look-alike.ts';
import { parseAddress, type Registry } from '../contract/registry.ts';
import { containerUri } from '../ecr/aws/variables.ts';
import { hasHalfKeys, identityByToken, identityOf } from '../ecr/keys/asked-as.ts';
import type { WebToken } from '../ecr/keys/role.ts';
import { asksAws, isGiven, type SourceSpec } from '../ecr/sources/choice.ts';
import { type Answers, answersDirectory, openAnswers, passedOver } from '../io/answers.ts';
import { openShared, type SharedAnswers } from '../io/shared-answers.ts';
import { inTurn } from '../io/turn.ts';
import { unless } from '../io/unless.ts';
import { keepCompiled } from './compiled.ts';
import { keepHit, pruneHits, rememberNode, type Witnesses, witnessesOf } from './hits.ts';
import { inFull } from './run.ts';
import { type Env, readSettings } from './settings.ts';

/** Who asks, and how long it waits. */
export interface Asker {
  readonly env: Env;
  readonly clock: Clock;
  /** Aborted, with a Failure as its reason, when there must be an end. */
  readonly signal: AbortSignal;
  /** Whether the source `default` serves ECR Public where no source for it is configured. */
  readonly unconfiguredPublic: 'served' | 'not served';
  /** Opens the role whose keys are taken, instead of those of the source. */
  readonly webToken?: WebToken | undefined;
  /** Hears which identity answers. */
  readonly told?: ((identity: string) => void) | undefined;
}

/** What comes of a question for a host. */
export type Reply =
  | {
      readonly kind: 'answer';
      readonly registry: Registry;
      readonly answer: Answer;
      /** Sentences for people: what did not work, although there is an answer. */
      readonly remarks: readonly string[];
    }
  /** ECR's, and there is no answer. */
  | { readonly kind: 'failed'; readonly registry: Registry; readonly failure: Failure; readonly remarks: readonly string[] }
  /** None of ours to answer for. `why`: where somebody may have meant it otherwise. */
  | { readonly kind: 'foreign'; readonly why?: string };

/** The host of an image or of a client's configuration: with scheme, user, port, path, in upper case. Never throws. */
export async function answerFor(asked: string, asker: Asker): Promise<Reply> {
  const address = withoutUser(asked.trim());
  if (address === undefined) return { kind: 'foreign' };
  const remarks: string[] = [];
  let registry = parseAddress(address)?.registry;
  try {
    const witnesses = await unless(asker.signal, witnessesOf(asker.env));
    const { sources, aliases } = await unless(asker.signal, readSettings(asker.env));
    registry = parseAddress(address, aliases)?.registry;
    if (!registry) return foreign(address);
    const chosen = sources.choose(registry);
    const spec = chosen ?? (asker.unconfiguredPublic === 'served' ? { name: 'default', service: 'ecr-public' as const } : undefined);
    // ECR Public serves those without a name.
    if (!spec && registry.service === 'ecr-public') return { kind: 'foreign' };
    if (!spec) throw unserved(registry);
    const remark = (sentence: string): void => void remarks.push(sentence);
    const answer = await unless(
      asker.signal,
      serve({ registry, spec, witnesses: asker.webToken || isGiven(spec) ? undefined : chosen && witnesses }, asker, remark),
    );
    return { kind: 'answer', registry, answer, remarks };
  } catch (error) {
    const failure = asFailure(error);
    // Its configuration may name it an alias.
    return registry ? { kind: 'failed', registry, failure, remarks } : { kind: 'foreign', why: inFull(failure) };
  }
}

const unserved = ({ host }: Registry): Failure =>
  new Failure('MISCONFIGURED', `No source of the configuration serves ${host}.`, {
    remedy: 'Add a source whose `accounts` or `registries` match it.',
  });

/** The address of a registry without user and password. undefined: it has another scheme than registries have. */
export function withoutUser(address: string): string | undefined {
  const { scheme, rest = '' } = /^(?:(?<scheme>[a-z][a-z0-9+.-]*):\/\/)?(?:[^/?#@]*@)?(?<rest>.*)$/is.exec(address)?.groups ?? {};
  return scheme === undefined || /^https?$/i.test(scheme) ? rest : undefined;
}

function foreign(address: string): Reply {
  const like = lookAlike(address);
  return { kind: 'foreign', ...(like && { why: `${like.host} ${like.is}. ${like.remedy}` }) };
}

/** Whose answer for this registry it is. */
export async function keyOf(spec: SourceSpec, registry: Registry, env: Env, webToken?: WebToken): Promise<AnswerKey> {
  const { service, partition, region } = registry;
  const identity = webToken ? await identityByToken(webToken, spec, env, registry) : await identityOf(spec, env, registry);
  return { identity, service, partition, region };
}

/** A registry, who serves it, and what was looked at for that. */
interface Question {
  readonly registry: Registry;
  readonly spec: SourceSpec;
  /** undefined: a front may not answer it, as it does not know which program is asked. */
  readonly witnesses: Witnesses;
}

/** From disk while fresh, else from AWS; where that fails, from disk while not expired. Throws a Failure. */
async function serve({ registry, spec, witnesses }: Question, asker: Asker, remark: (sentence: string) => void): Promise<Answer> {
  const { env, clock, signal } = asker;
  // What speaks to AWS is not loaded for an answer that is there.
  const fetch = async (): Promise<Answer> => await (await import('./fetch.ts')).fetchAnswer(spec, registry, asker);
  const { own: answers, shared } = await placesOf(env, remark, asker.webToken);
  // Nobody wants to know whose it is.
  if (!answers && !asker.told) return await fetch();
  const key = await keyOf(spec, registry, env, asker.webToken);
  asker.told?.(`source ${spec.name}: ${key.identity}`);
  // Half a key is refused, whether there is an answer or not.
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

/** `directory`: where it lies, unless in our own. */
interface Found {
  readonly answer: Answer;
  readonly directory?: string;
}

/** Containers and pods find keys at one address, and each finds others: their identities look alike. */
const hasKeysOfItsOwn = (env: Env): boolean => containerUri(env) !== undefined || Boolean(env['AWS_WEB_IDENTITY_TOKEN_FILE']);

/** Where answers are looked for, one after the other. */
interface Places {
  /** undefined: nothing is kept on disk. */
  readonly own: Answers | undefined;
  readonly shared: SharedAnswers | undefined;
}

/** What cannot be used is said. */
export async function placesOf(env: Env, remark: (sentence: string) => void, webToken?: WebToken): Promise<Places> {
  const own = await openOrSay(env, remark);
  return { own, shared: own && !webToken && !hasKeysOfItsOwn(env) ? await sharedOrSay(env, remark) : undefined };
}

/** undefined: none is named, or it cannot be trusted; the latter is said. */
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

/** undefined: nothing is kept on disk, by a switch or because it cannot be; the latter is said. */
async function openOrSay(env: Env, remark: (sentence: string) => void): Promise<Answers | undefined> {
  // The switch of amazon-ecr-credential-helper: any value but an empty one.
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
