import type { Clock } from '../../src/contract/clock.ts';
import type { Credential } from '../../src/contract/credential.ts';
import { Failure } from '../../src/contract/failures.ts';
import type { Answer, Http } from '../../src/contract/http.ts';
import type { Receipt } from '../../src/contract/target.ts';
import { ended } from '../common/turns.ts';
import { type Api, isIdle, isLive, isResource, type Registry, type Resource } from './api.ts';
import { errorOf, refusal, unexpected } from './refusal.ts';
import { inTheWay, makeSettle } from './settle.ts';
import { type Ref, servesHost } from './survey.ts';
import type { Update } from './update.ts';

/** /v1 requires an email in a new credential; v2-beta drops it. */
const email = 'ecr-courier@example.invalid';

/** mine: the id of the registry, if this attempt made it. */
interface Found {
  readonly registry: Registry;
  readonly mine: string | undefined;
}

/**
 * Creates what is missing of a registry and its credential. It first looks at what is there: an earlier attempt that
 * was given up may have landed, and Rancher's check for a used address lets simultaneous POSTs through. So each look
 * and its POST run one at a time. While Rancher works on what was created, the others go on.
 */
export function makeCreation(http: Http, api: Api, clock: Clock, update: Update) {
  const { untilActive, takeBack } = makeSettle(http, api, clock);
  let last: Promise<unknown> = Promise.resolve();
  function inTurn<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    const mine = ended(last, signal).then(work);
    last = mine.catch(() => undefined);
    return mine;
  }

  /** The registry that `ref` names, or all that serve this host, lowest number first. */
  async function findAll({ at, registry }: Ref, host: string, signal: AbortSignal): Promise<readonly Registry[]> {
    const { items } = await api.registries(at, signal);
    return items.filter(row => (registry === undefined ? servesHost(row, host) : row.id === registry));
  }
  const firstOf = (all: readonly Registry[]): Registry | undefined => all.find(isLive) ?? all[0];

  async function registryFor(ref: Ref, host: string, signal: AbortSignal): Promise<Found> {
    const there = firstOf(await findAll(ref, host, signal));
    if (there) return { registry: there, mine: undefined };
    if (ref.registry !== undefined) throw new Failure('NOT_FOUND', `Registry ${ref.registry} is gone.`);
    const answer = await api.ask('POST', `${ref.at}/registries`, signal, { serverAddress: host });
    const used = answer.status === 400 && errorOf(answer).code === 'ServerAddressUsed';
    if (answer.status !== 201 && !used) throw refusal(http, answer, `Creating registry ${host}`);
    const registry = firstOf(await findAll(ref, host, signal));
    if (!registry) throw unexpected(`Rancher answered ${answer.status} for a new registry ${host} but does not list it.`);
    return { registry, mine: used ? undefined : madeBy(answer, `registry ${host}`) };
  }

  /** The registry that exists or is created, after a possible race of two couriers. */
  async function agreedRegistry(ref: Ref, host: string, signal: AbortSignal): Promise<Registry> {
    const { registry, mine } = await inTurn(signal, () => registryFor(ref, host, signal));
    if (mine === undefined) return registry;
    await untilActive(`${ref.at}/registries/${mine}`, signal);
    const all = await findAll(ref, host, signal);
    const isFree = all.some(({ id, credentials = [] }) => id === mine && !credentials.some(isLive));
    const first = firstOf(all) ?? registry;
    if (first.id !== mine && isFree) await takeBack(`${ref.at}/registries/${mine}`, signal);
    return first;
  }

  /** Creates the credential of an active registry and returns its id, or the ids of credentials that exist by now. */
  async function credentialFor(ref: Ref, host: string, credential: Credential, signal: AbortSignal): Promise<string | readonly string[]> {
    const { registry } = await registryFor(ref, host, signal);
    const there = liveOf(registry);
    if (there.length > 0) return there;
    const { id } = registry;
    const body = { registryId: id, publicValue: credential.username, secretValue: credential.password.reveal(), email };
    const answer = await api.ask('POST', `${ref.at}/registrycredentials`, signal, body);
    if (answer.status !== 201) throw refusal(http, answer, `Creating the credential of registry ${id}`);
    return madeBy(answer, `a credential of registry ${id}`);
  }

  /**
   * The credential that is kept in place of ours: if couriers make several at the same moment, the first stays.
   * undefined: ours is the first.
   */
  async function rivalOf(made: string, ref: Ref, host: string, signal: AbortSignal): Promise<string | undefined> {
    const [registry] = await findAll(ref, host, signal);
    const first = registry?.credentials?.find(isLive)?.id;
    return first === made ? undefined : first;
  }

  return async (ref: Ref, host: string, credential: Credential, signal: AbortSignal): Promise<Receipt> => {
    const { at } = ref;
    const registry = await agreedRegistry(ref, host, signal);
    const { id } = registry;
    const whole: Ref = { at, registry: id, credentials: [] };
    const there = liveOf(registry);
    if (there.length > 0) return { ...(await update({ at, credentials: there }, credential, signal)), id };
    if (registry.state !== 'active') await untilActive(`${at}/registries/${id}`, signal);
    const made = await inTurn(signal, () => credentialFor(whole, host, credential, signal));
    if (typeof made !== 'string') return { ...(await update({ at, credentials: made }, credential, signal)), id };
    const path = `${at}/registrycredentials/${made}`;
    await untilActive(path, signal);
    const rival = await rivalOf(made, whole, host, signal);
    if (rival === undefined) return { change: 'created', id };
    await takeBack(path, signal);
    return { ...(await update({ at, credentials: [rival] }, credential, signal)), id };
  };
}

/** The id of what was created, which becomes a part of paths. */
function madeBy(answer: Answer, what: string): string {
  const made = answer.json<Resource | null>();
  if (!isResource(made)) throw unexpected(`Rancher answered 201 for ${what} but did not name it.`);
  return made.id;
}

/**
 * The ids of a registry's credentials that serve. Throws CONFLICT where the registry does not serve, or where none of
 * its credentials does and one is switched off.
 */
function liveOf(registry: Registry): readonly string[] {
  if (!isLive(registry)) throw inTheWay(registry);
  const live = (registry.credentials ?? []).filter(isLive).map(({ id }) => id);
  const idle = registry.credentials?.find(isIdle);
  if (live.length === 0 && idle) throw inTheWay(idle);
  return live;
}
