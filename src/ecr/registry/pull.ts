import type { CacheRule } from '../../contract/cache-rule.ts';
import { asFailure, Failure } from '../../contract/failures.ts';
import { nameOfImage } from '../../contract/image.ts';
import type { Registry } from '../../contract/registry.ts';
import { Secret } from '../../contract/secret.ts';
import { inTime } from '../../io/dial.ts';
import { type Cache, cacheOf } from '../../refusals/cache.ts';
import { diagnose } from '../../refusals/diagnose.ts';
import { type Answer, judged, type Pulled, type Step, type Taken } from './judged.ts';
import { type Blob, type Manifest, manifestTypes, type Platform, platformWords, readManifest, smallest } from './manifest.ts';
import { type Ask, basic, doorIn, type Location } from './prove.ts';

/**
 * What is pulled, and with which source. For an image without a repository, only /v2/ is asked. Without a credential
 * the pull is anonymous, which ECR Public allows.
 */
export interface Wish extends Pulled {
  /** The source of the credential. Its profile decides which certificate authorities are trusted. */
  readonly source: string;
  /** Also fetch one byte of the config and of the smallest layer from where these lie, without the credential. */
  readonly layer?: boolean;
}

export interface PullDeps {
  readonly ask: Ask;
  readonly platform: Platform;
  /** Where a registry is reached, by default https://HOST. */
  readonly endpoint?: ((registry: Registry) => string) | undefined;
  /**
   * The cache rules of a registry, as the identity of a source sees them. Called when something is missing. undefined:
   * they are unknown. Never throws.
   */
  readonly rulesOf?: ((source: string, registry: Registry, signal: AbortSignal) => Promise<readonly CacheRule[] | undefined>) | undefined;
}

/** Walks a pull until something stops it. Fetches no token and downloads nothing. Never throws. */
export type Pull = (wish: Wish, signal: AbortSignal) => Promise<Step[]>;

/** The deadline of one request, in milliseconds. */
const askMs = 15_000;
const wayThere = 'Look at the way there: DNS, firewall, proxy (HTTPS_PROXY, NO_PROXY), VPC endpoints.';
/** How many manifests are read, because a list may name another list. */
const deepest = 3;

type Headers = Readonly<Record<string, string>>;
type Get = (url: string, headers: Headers) => Promise<Answer>;

/** The state that all steps of one pull share. */
interface Walk {
  readonly wish: Wish;
  readonly base: string;
  readonly get: Get;
  readonly platform: Platform;
  /** The cache rules of the registry, where they are known. */
  readonly rules: () => Promise<readonly CacheRule[] | undefined>;
  /** Kept alive so that texts are filtered for them. */
  readonly secrets: Secret[];
}

export function makePull({ ask, platform, endpoint = ({ host }) => `https://${host}`, rulesOf }: PullDeps): Pull {
  return async (wish, signal) => {
    const get: Get = (url, headers) =>
      inTime(
        askMs,
        () => new Failure('TIMEOUT', `${new URL(url).host} gave no answer within ${askMs / 1000} s.`, { remedy: wayThere }),
        late => ask(url, headers, AbortSignal.any([signal, late]), wish.source),
      );
    const { registry, port } = wish.image;
    const origin = port === undefined ? endpoint(registry) : `${endpoint(registry)}:${port}`;
    const rules = async () => (wish.credential ? await rulesOf?.(wish.source, registry, signal) : undefined);
    return await walk({ wish, base: `${origin}/v2/`, get, platform, rules, secrets: [] });
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
  // An image without a config of its own: any blob needs the same right.
  const first = config ?? least;
  if (!first) return [door.step, manifest.step, nothingThere('config')];
  const blob = await askForBlob(around, login, first, 'config');
  const steps = [door.step, manifest.step, blob.step];
  if (!around.wish.layer || blob.step.verdict !== 'ok') return steps;
  return [...steps, await fetchByte(around, login, [blob.next, least])];
}

const nothingThere = (name: Step['name']): Step => ({ name, action: 'none', verdict: 'skipped', text: 'The image has nothing there.' });

const rightFor = ({ wish }: Walk, action: string): string => (wish.image.registry.service === 'ecr' ? action : 'none');

/** The registry step: GET /v2/ judges the token alone. ECR Public exchanges it for a second one. */
async function enter(around: Walk): Promise<Taken<Headers>> {
  const { wish, base } = around;
  const isPublic = wish.image.registry.service === 'ecr-public';
  const own: Headers = wish.credential ? { authorization: basic(wish.credential) } : {};
  const answer = await attempt(around, async get => {
    const asked = await get(base, isPublic ? {} : own);
    return isPublic && asked.status === 401 ? await get(doorIn(asked.challenge, base), own) : asked;
  });
  const login = (good: Answer): Headers => (isPublic ? bearerIn(good, around) : own);
  return judged(around.wish, { name: 'registry', action: 'none', host: new URL(base).host }, answer, login);
}

/** The header with the second token of ECR Public; empty where none was needed. */
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
  let remark: Pick<Step, 'text'> = {};
  for (let depth = 0; depth < deepest; depth++) {
    const url = `${base}${wish.image.repository}/manifests/${reference}`;
    const answer = await attempt(around, get => get(url, { ...login, accept: manifestTypes }));
    const cache = await cacheFor(around, answer);
    const asked = { ...about, ...(cache && { cache }), ...(depth > 0 && { list: wish.image.reference }) };
    const wanted = { ...wish, image: { ...wish.image, reference } };
    const taken = judged(wanted, asked, answer, ({ text }) => readManifest(text, around.platform));
    if (taken.step.verdict !== 'ok') return { step: depth > 0 ? { ...taken.step, hasRead: true } : taken.step };
    const manifest = taken.next;
    if (!manifest) return { step: { ...taken.step, ...noManifest(around, about), hasRead: true } };
    if (manifest.kind === 'image') return { step: { ...taken.step, ...remark }, next: manifest };
    remark = { ...remark, ...remarkOn(manifest, around) };
    if (manifest.choice === undefined) return { step: { ...taken.step, ...remark }, next: { kind: 'image', layers: [] } };
    reference = manifest.choice;
  }
  return { step: { ...about, verdict: 'ok' }, next: { kind: 'image', layers: [] } };
}

/**
 * A remark on a platform that a list lacks. It stops nothing, because the machine that pulls may be of another
 * platform.
 */
function remarkOn({ choice, instead }: Extract<Manifest, { kind: 'index' }>, { wish, platform }: Walk): Pick<Step, 'text'> {
  const name = nameOfImage(wish.image);
  if (choice === undefined) return { text: `${name} is a list that names no image: a client that wants one finds none.` };
  if (instead === undefined) return {};
  const own = platformWords(platform);
  return { text: `${name} has no image for ${own}, the platform of this machine: that for ${instead} was tried.` };
}

/** The pull-through cache that covers the name of a missing image, where that is known. */
async function cacheFor({ wish: { image }, rules }: Walk, answer: Answer | Failure): Promise<Cache | undefined> {
  if (answer instanceof Failure || answer.status !== 404 || image.registry.service !== 'ecr') return undefined;
  const known = await rules();
  return known && cacheOf(known, image.repository);
}

/** The step for a response that is not a manifest. Nothing is concluded from what it is. */
function noManifest({ wish: { image } }: Walk, { action, host }: { readonly action: string; readonly host: string }) {
  const said = `${host} answered with something that is not a manifest`;
  const own = { host, at: 'registry', said, isSilent: false } as const;
  const diagnosis = diagnose({ status: 200, text: '', action, host, own }, image);
  return { verdict: 'unreachable', text: said, ...(diagnosis && { diagnosis }) } as const;
}

const blobAction = 'ecr:GetDownloadUrlForLayer';

/**
 * GET of a blob. ECR redirects to an address in S3, which is not followed; other registries answer with the blob
 * itself.
 */
async function askForBlob(around: Walk, login: Headers, { digest }: Blob, name: 'config' | 'layer'): Promise<Taken<Location>> {
  const { wish, base } = around;
  const url = `${base}${wish.image.repository}/blobs/${digest}`;
  // One byte is enough from a registry that sends the blob.
  const answer = await attempt(around, get => get(url, { ...login, range: 'bytes=0-0' }));
  const about = { name, action: rightFor(around, blobAction), host: new URL(base).host };
  return judged(around.wish, about, answer, ({ location }) => location);
}

/** Fetches one byte of the config and of a layer from the addresses that ECR gave. No credential goes there. */
async function fetchByte(
  around: Walk,
  login: Headers,
  [config, layer]: [config: Location | undefined, layer: Blob | undefined],
): Promise<Step> {
  const asked = layer && (await askForBlob(around, login, layer, 'layer'));
  if (asked && asked.step.verdict !== 'ok') return asked.step;
  const places = [config, asked?.next].filter(place => place !== undefined);
  if (places.length === 0) return asked?.step ?? nothingThere('layer');
  const hosts: string[] = [];
  let step = nothingThere('layer');
  for (const { address } of places) {
    const { host } = new URL(address);
    const answer = await attempt(around, get => get(address, { range: 'bytes=0-0' }));
    ({ step } = judged(around.wish, { name: 'layer', action: 'none', host, isStore: true }, answer, () => undefined));
    if (step.verdict !== 'ok') return step;
    if (!hosts.includes(host)) hosts.push(host);
  }
  return { ...step, text: `One byte of ${whatCame(config, asked?.next)} came from ${hosts.join(' and ')}.` };
}

function whatCame(config: Location | undefined, layer: Location | undefined): string {
  if (config && layer) return 'the config and of the smallest layer';
  return config ? 'the config' : 'the smallest layer';
}

async function attempt({ get }: Walk, job: (get: Get) => Promise<Answer>): Promise<Answer | Failure> {
  try {
    return await job(get);
  } catch (error) {
    return asFailure(error);
  }
}
