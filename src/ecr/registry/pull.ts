import type { Credential } from '../../contract/credential.ts';
import { asFailure, Failure } from '../../contract/failures.ts';
import type { Image } from '../../contract/image.ts';
import type { Registry } from '../../contract/registry.ts';
import { redactQuoted, Secret } from '../../contract/secret.ts';
import { isHtml } from '../../contract/text.ts';
import { inTime } from '../../io/dial.ts';
import { readDenial } from '../../refusals/denial.ts';
import { diagnose } from '../../refusals/diagnose.ts';
import type { Diagnosis } from '../../refusals/diagnosis.ts';
import { rights } from '../../refusals/statements.ts';
import { layersRefused, layersUnreached, nobodyRefused, unknownAnswer, unreached } from '../../refusals/unanswered.ts';
import { type Blob, type Manifest, manifestTypes, type Platform, readManifest, smallest } from './manifest.ts';
import { type Ask, answeredWith, basic, doorIn, type Location } from './prove.ts';

/**
 * What a step of a pull came to. `unreachable`: there was no answer, or none that says anything of this image (a rate
 * limit, a page of a proxy). `failed`: a token or an identity could not be had for another reason. `skipped`: the image
 * has nothing there.
 */
export type Verdict = 'ok' | 'refused' | 'missing' | 'unreachable' | 'failed' | 'skipped';

/**
 * One step of a pull. `action`: the right that it needs, or that IAM named when it refused; `none` where it needs none.
 * `text`: what was answered, for people, unless all is well. `diagnosis`: of what stops the pull.
 */
export interface Step {
  readonly name: 'identity' | 'token' | 'registry' | 'manifest' | 'config' | 'layer';
  readonly action: string;
  /** Rights that lack as well where the name is below a pull-through cache: such a refusal is told as a 404. */
  readonly underCache?: readonly string[];
  readonly verdict: Verdict;
  readonly status?: number;
  readonly text?: string;
  readonly diagnosis?: Diagnosis;
}

/**
 * What is pulled, and by whom. Of an image without a repository only the door is asked. Without a credential: as
 * somebody without a name, which ECR Public allows.
 */
export interface Wish {
  readonly image: Image;
  readonly credential: Credential | undefined;
  /** Of the credential, or of the trust in the way there. */
  readonly source: string;
  /** Also one byte of the config and of the smallest layer, where these lie, without the credential. */
  readonly layer?: boolean;
}

export interface PullDeps {
  readonly ask: Ask;
  readonly platform: Platform;
  /** Where a registry is asked; https://HOST unless said. */
  readonly endpoint?: ((registry: Registry) => string) | undefined;
}

/** Walks a pull until something stops it, without the token and without downloading anything. Never throws. */
export type Pull = (wish: Wish, signal: AbortSignal) => Promise<Step[]>;

/** Of one request. */
const askMs = 15_000;
/** A list may name another list. */
const deepest = 3;

type Answer = Awaited<ReturnType<Ask>>;
type Headers = Readonly<Record<string, string>>;
type Get = (url: string, headers: Headers) => Promise<Answer>;

/** What is the same for all steps of one pull. */
interface Walk {
  readonly wish: Wish;
  readonly base: string;
  readonly get: Get;
  readonly platform: Platform;
  /** Kept from the garbage collector, so that texts are filtered for them. */
  readonly secrets: Secret[];
}
/** A step, and what the next one needs; without it the walk ends. */
type Taken<T> = { readonly step: Step; readonly next?: T | undefined };

export function makePull({ ask, platform, endpoint = ({ host }) => `https://${host}` }: PullDeps): Pull {
  return async (wish, signal) => {
    const get: Get = (url, headers) =>
      inTime(
        askMs,
        () => new Failure('TIMEOUT', `${new URL(url).host} gave no answer within ${askMs / 1000} s.`),
        late => ask(url, headers, AbortSignal.any([signal, late]), wish.source),
      );
    const { registry, port } = wish.image;
    const origin = port === undefined ? endpoint(registry) : `${endpoint(registry)}:${port}`;
    return await walk({ wish, base: `${origin}/v2/`, get, platform, secrets: [] });
  };
}

async function walk(around: Walk): Promise<Step[]> {
  const door = await enter(around);
  if (!door.next || around.wish.image.repository === '') return [door.step];
  const login = door.next;
  const manifest = await readImage(around, login);
  if (!manifest.next) return [door.step, manifest.step];
  const { config, layers } = manifest.next;
  const least = smallest(layers);
  // Where an image has no config of its own, any blob asks for the same right.
  const first = config ?? least;
  if (!first) return [door.step, manifest.step, nothingThere('config')];
  const blob = await askForBlob(around, login, first, 'config');
  const steps = [door.step, manifest.step, blob.step];
  if (!around.wish.layer || blob.step.verdict !== 'ok') return steps;
  return [...steps, await fetchByte(around, login, [blob.next, least])];
}

const nothingThere = (name: Step['name']): Step => ({ name, action: 'none', verdict: 'skipped', text: 'The image has nothing there.' });

const rightFor = ({ wish }: Walk, action: string): string => (wish.image.registry.service === 'ecr' ? action : 'none');

/** GET /v2/: the token alone is judged. ECR Public gives a second one for it. */
async function enter(around: Walk): Promise<Taken<Headers>> {
  const { wish, base } = around;
  const isPublic = wish.image.registry.service === 'ecr-public';
  const own: Headers = wish.credential ? { authorization: basic(wish.credential) } : {};
  const answer = await attempt(around, async get => {
    const asked = await get(base, isPublic ? {} : own);
    return isPublic && asked.status === 401 ? await get(doorIn(asked.challenge, base), own) : asked;
  });
  const login = (good: Answer): Headers => (isPublic ? bearerIn(good, around) : own);
  return judged(around, { name: 'registry', action: 'none', host: new URL(base).host }, answer, login);
}

/** The token of a second door; nothing where the first one was open. */
function bearerIn({ text }: Answer, { secrets }: Walk): Headers {
  try {
    const { token, access_token: other = token } = JSON.parse(text) as { token?: unknown; access_token?: unknown };
    if (typeof other !== 'string') return {};
    secrets.push(new Secret(other));
    return { authorization: `Bearer ${other}` };
  } catch {
    return {};
  }
}

async function readImage(around: Walk, login: Headers): Promise<Taken<Extract<Manifest, { kind: 'image' }>>> {
  const { wish, base } = around;
  const about = { name: 'manifest', action: rightFor(around, 'ecr:BatchGetImage'), host: new URL(base).host } as const;
  let { reference } = wish.image;
  for (let depth = 0; depth < deepest; depth++) {
    const url = `${base}${wish.image.repository}/manifests/${reference}`;
    const answer = await attempt(around, get => get(url, { ...login, accept: manifestTypes }));
    const taken = judged(around, about, answer, ({ text }) => readManifest(text, around.platform));
    if (taken.step.verdict !== 'ok') return { step: taken.step };
    const manifest = taken.next;
    if (!manifest) return { step: { ...taken.step, ...noManifest(about.host) } };
    if (manifest.kind === 'image') return { step: taken.step, next: manifest };
    if (manifest.choice === undefined) return { step: taken.step, next: { kind: 'image', layers: [] } };
    reference = manifest.choice;
  }
  return { step: { ...about, verdict: 'ok' }, next: { kind: 'image', layers: [] } };
}

function noManifest(host: string): Pick<Step, 'verdict' | 'text' | 'diagnosis'> {
  const said = `${host} answered with something that is no manifest`;
  return { verdict: 'unreachable', text: said, diagnosis: unknownAnswer({ host, said }) };
}

const blobAction = 'ecr:GetDownloadUrlForLayer';

/** GET of a blob. ECR answers with an address in S3, which is not followed; other registries with the blob itself. */
async function askForBlob(around: Walk, login: Headers, { digest }: Blob, name: 'config' | 'layer'): Promise<Taken<Location>> {
  const { wish, base } = around;
  const url = `${base}${wish.image.repository}/blobs/${digest}`;
  // One byte is enough of a registry that sends the blob.
  const answer = await attempt(around, get => get(url, { ...login, range: 'bytes=0-0' }));
  const about = { name, action: rightFor(around, blobAction), host: new URL(base).host };
  return judged(around, about, answer, ({ location }) => location);
}

/** One byte of the config and of a layer from where ECR says that they lie. No credential goes there. */
async function fetchByte(
  around: Walk,
  login: Headers,
  [config, layer]: [config: Location | undefined, layer: Blob | undefined],
): Promise<Step> {
  const asked = layer && (await askForBlob(around, login, layer, 'layer'));
  if (asked && asked.step.verdict !== 'ok') return asked.step;
  const places = [config, asked?.next].filter(place => place !== undefined);
  if (places.length === 0) return asked?.step ?? nothingThere('layer');
  let step = nothingThere('layer');
  for (const { address } of places) {
    const { host } = new URL(address);
    const answer = await attempt(around, get => get(address, { range: 'bytes=0-0' }));
    ({ step } = judged(around, { name: 'layer', action: 'none', host, isStore: true }, answer, () => undefined));
    if (step.verdict !== 'ok') return step;
  }
  return step;
}

async function attempt({ get }: Walk, job: (get: Get) => Promise<Answer>): Promise<Answer | Failure> {
  try {
    return await job(get);
  } catch (error) {
    return asFailure(error);
  }
}

interface About extends Pick<Step, 'name' | 'action'> {
  /** Who was asked: the registry, or where it keeps layers. */
  readonly host: string;
  readonly isStore?: boolean;
}

/** The verdict on one answer, with what it means. `read`: what the next step needs of a good one. */
function judged<T>(around: Walk, about: About, answer: Answer | Failure, read: (answer: Answer) => T | undefined): Taken<T> {
  const { name, action, host } = about;
  if (answer instanceof Failure) {
    const { remedy } = answer;
    // An address that was signed is long, and says nothing to a person.
    const message = answer.message.replaceAll(/\?\S+=\S*/g, '?...');
    const diagnosis = (about.isStore ? layersUnreached : unreached)({ host, message, remedy });
    return { step: { name, action, verdict: 'unreachable', text: message, diagnosis } };
  }
  const { status, text } = answer;
  const verdict = verdictOf(answer, name);
  if (verdict === 'ok') return { step: { name, action, verdict, status }, next: read(answer) };
  const said = `${host} ${answeredWith(answer)}`;
  const step = { name, verdict, status, text: said };
  if (about.isStore) {
    const { partition } = around.wish.image.registry;
    return { step: { ...step, action, diagnosis: (verdict === 'refused' ? layersRefused : unknownAnswer)({ host, said, partition }) } };
  }
  const isNobody = around.wish.credential === undefined && verdict === 'refused';
  const diagnosis = isNobody ? nobodyRefused({ host, said }) : (meaningOf(around, about, answer) ?? unknownAnswer({ host, said }));
  const underCache = cacheRights[diagnosis.id];
  return { step: { ...step, action: readDenial(text)?.action ?? action, ...(underCache && { underCache }), diagnosis } };
}

/** By the situation: what a pull through a cache does in the name of whoever pulls. */
const cacheRights: Readonly<Record<string, readonly string[]>> = {
  'image-missing': rights.import.actions,
  'repository-missing': [...rights.import.actions, ...rights.create.actions],
};

function meaningOf({ wish: { image, credential } }: Walk, { action, host }: About, { status, text }: Answer): Diagnosis | undefined {
  const { registry, repository, reference } = image;
  const principal = credential?.identity?.arn;
  return diagnose(
    { status, text: redactQuoted(text), action, host },
    { registry, repository, reference, ...(principal !== undefined && { principal }) },
  );
}

function verdictOf({ status, text, location }: Answer, name: Step['name']): Exclude<Verdict, 'skipped'> {
  if (isHtml({ headers: new Map(), text })) return 'unreachable';
  if (status === 200 || status === 206) return 'ok';
  const isBlob = name === 'config' || name === 'layer';
  if (isBlob && location && status >= 301 && status <= 308) return 'ok';
  if (status === 401 || status === 403) return 'refused';
  return status === 404 ? 'missing' : 'unreachable';
}
