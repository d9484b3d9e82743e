import type { Credential } from '../../contract/credential.ts';
import { Failure } from '../../contract/failures.ts';
import type { Image } from '../../contract/image.ts';
import { redactQuoted } from '../../contract/secret.ts';
import { isHtml } from '../../contract/text.ts';
import type { Cache } from '../../refusals/cache.ts';
import { readDenial } from '../../refusals/denial.ts';
import { diagnose } from '../../refusals/diagnose.ts';
import type { Diagnosis } from '../../refusals/diagnosis.ts';
import type { Own } from '../../refusals/facts.ts';
import { rights } from '../../refusals/statements.ts';
import { type Ask, answeredWith, wordsOf } from './prove.ts';

/**
 * What a step of a pull came to. `unreachable`: there was no answer, or none that says anything of this image (a rate
 * limit, a page of a proxy). `failed`: a token or an identity could not be had for another reason. `skipped`: the image
 * has nothing there.
 */
export type Verdict = 'ok' | 'refused' | 'missing' | 'unreachable' | 'failed' | 'skipped';

/**
 * One step of a pull. `action`: the right that it needs, or that IAM named when it refused; `none` where it needs none.
 * `text`: what was answered, for people; of what went well only where there is something to say. `diagnosis`: of what
 * stops the pull.
 */
export interface Step {
  readonly name: 'identity' | 'token' | 'registry' | 'manifest' | 'config' | 'layer';
  readonly action: string;
  /** Where the layer lies was asked, without the credential: what it answers says nothing of that. */
  readonly at?: 'store';
  /** Rights that lack as well where the name is below a pull-through cache: such a refusal is told as a 404. */
  readonly underCache?: readonly string[];
  readonly verdict: Verdict;
  readonly status?: number;
  readonly text?: string;
  readonly diagnosis?: Diagnosis;
  /** Of one that failed: the registry had given out a manifest before, such as a list of images. */
  readonly hasRead?: boolean;
}

export type Answer = Awaited<ReturnType<Ask>>;

/** A step, and what the next one needs; without it the walk ends. */
export type Taken<T> = { readonly step: Step; readonly next?: T | undefined };

/** What is pulled. Without a credential: by nobody. */
export interface Pulled {
  readonly image: Image;
  readonly credential: Credential | undefined;
  /** Who pulls in the end, in words, where that is another than the one whose token it is. */
  readonly puller?: string;
}

export interface About extends Pick<Step, 'name' | 'action'> {
  /** Who was asked: the registry, or whoever a redirect led to, without the credential. */
  readonly host: string;
  readonly isStore?: boolean;
  readonly cache?: Cache;
  /** The list that names it. */
  readonly list?: string;
}

/** The verdict on one answer, with what it means. `read`: what the next step needs of a good one. */
export function judged<T>(wish: Pulled, asked: About, answer: Answer | Failure, read: (answer: Answer) => T | undefined): Taken<T> {
  const { name, action, host, cache, list, isStore } = asked;
  const at = isStore ? 'store' : 'registry';
  const about = { name, action, ...(isStore && { at: 'store' as const }) };
  if (answer instanceof Failure) {
    // An address that was signed is long, and says nothing to a person.
    const said = answer.message.replaceAll(/\?\S+=\S*/g, '?...');
    const own: Own = { host, at, said, isSilent: true, remedy: answer.remedy };
    return { step: { ...about, verdict: 'unreachable', text: said, ...meaningOf(wish, asked, { status: 0, text: '' }, own) } };
  }
  const { status, text } = answer;
  const verdict = verdictOf(answer, name);
  if (verdict === 'ok') return { step: { ...about, verdict, status }, next: read(answer) };
  const said = `${host} ${answeredWith(answer)}`;
  const own: Own = {
    host,
    at,
    said,
    words: wordsOf(text),
    ...(list !== undefined && { list }),
    isSilent: false,
    isRefused: verdict === 'refused',
    ...loginOf(wish, asked),
  };
  const told = meaningOf(wish, asked, answer, own);
  const underCache = cache === 'none' ? undefined : cacheRights[told.diagnosis?.id ?? ''];
  const denied = isStore ? undefined : readDenial(text)?.action;
  return { step: { ...about, verdict, status, text: said, action: denied ?? action, ...(underCache && { underCache }), ...told } };
}

/** The walk comes beyond the door only where that has taken the token. */
function loginOf({ credential }: Pulled, { name, isStore }: About): Pick<Own, 'login'> {
  if (isStore) return {};
  if (credential === undefined) return { login: 'none' };
  return name === 'registry' ? {} : { login: 'taken' };
}

/** By the situation: what a pull through a cache does in the name of whoever pulls. */
const cacheRights: Readonly<Record<string, readonly string[]>> = {
  'image-missing': rights.import.actions,
  'repository-missing': [...rights.import.actions, ...rights.create.actions],
};

function meaningOf(
  { image, credential, puller }: Pulled,
  { action, host, cache }: About,
  { status, text }: Pick<Answer, 'status' | 'text'>,
  own: Own,
): Pick<Step, 'diagnosis'> {
  const { registry, repository, reference } = image;
  const { arn: principal, whose } = credential?.identity ?? {};
  const asked = {
    registry,
    repository,
    reference,
    ...(principal !== undefined && { principal }),
    ...(whose !== undefined && { whose }),
    ...(cache && { cache }),
    ...(puller && { puller }),
  };
  const diagnosis = diagnose({ status, text: redactQuoted(text), action, host, own }, asked);
  return diagnosis ? { diagnosis } : {};
}

function verdictOf({ status, text, location }: Answer, name: Step['name']): Exclude<Verdict, 'skipped'> {
  if (isHtml({ headers: new Map(), text })) return 'unreachable';
  if (status === 200 || status === 206) return 'ok';
  const isBlob = name === 'config' || name === 'layer';
  if (isBlob && location && status >= 301 && status <= 308) return 'ok';
  if (status === 401 || status === 403) return 'refused';
  // Every registry has this door.
  return status === 404 && name !== 'registry' ? 'missing' : 'unreachable';
}
