import type { Http, Receipt } from '../../src/contract/adapter.ts';
import type { Clock } from '../../src/contract/clock.ts';
import type { Credential } from '../../src/contract/credential.ts';
import { Failure } from '../../src/contract/failures.ts';
import { ended } from '../common/turns.ts';
import { type Api, isIdle, isLive, isResource, type Registry, type Resource } from './api.ts';
import { errorOf, refusal } from './refusal.ts';
import { becauseOf, type Ref, servesHost } from './survey.ts';

const pollMs = 200;
/** /v1 wants one in a new credential; v2-beta drops it. */
const email = 'ecr-courier@example.invalid';

type Update = (ref: Ref, credential: Credential, signal: AbortSignal) => Promise<Receipt>;

/**
 * Makes what is missing of a registry and its credential. One at a time, and on what is there by now: Rancher's check for a used address lets several through that come
 * together, and an attempt of ours that was given up may have landed.
 */
export function makeCreation(http: Http, api: Api, clock: Clock, update: Update) {
  /** The registry that is meant, or that serves this host; of several the one with the lowest number. */
  async function find({ at, registry }: Ref, host: string, signal: AbortSignal): Promise<Registry | undefined> {
    const { items } = await api.registries(at, signal);
    const all = items.filter(row => (registry === undefined ? servesHost(row, host) : row.id === registry));
    return all.find(isLive) ?? all[0];
  }

  async function untilActive(path: string, signal: AbortSignal): Promise<void> {
    for (;;) {
      const answer = await api.ask('GET', path, signal);
      if (answer.status !== 200) throw refusal(http, answer, 'Waiting for what was created');
      const resource = answer.json<Resource | null>();
      if (!isResource(resource)) throw new Failure('UNEXPECTED', `Rancher answered GET ${path} without id or state.`);
      if (resource.state === 'active') return;
      if (resource.transitioning === 'error')
        throw new Failure('UNEXPECTED', `Rancher did not finish ${resource.id}${becauseOf(resource)}.`);
      if (!isLive(resource)) throw switchedOff(resource);
      await clock.sleep(pollMs, signal);
    }
  }

  async function registryFor(ref: Ref, host: string, signal: AbortSignal): Promise<Registry> {
    const there = await find(ref, host, signal);
    if (there) return there;
    if (ref.registry !== undefined) throw new Failure('NOT_FOUND', `Registry ${ref.registry} is gone.`);
    const answer = await api.ask('POST', `${ref.at}/registries`, signal, { serverAddress: host });
    const used = answer.status === 400 && errorOf(answer).code === 'ServerAddressUsed';
    if (answer.status !== 201 && !used) throw refusal(http, answer, `Creating registry ${host}`);
    const made = await find(ref, host, signal);
    if (!made) throw new Failure('UNEXPECTED', `Rancher answered ${answer.status} for a new registry ${host} but does not list it.`);
    return made;
  }

  async function create(ref: Ref, host: string, credential: Credential, signal: AbortSignal): Promise<Receipt> {
    const { at } = ref;
    const registry = await registryFor(ref, host, signal);
    if (!isLive(registry)) throw switchedOff(registry);
    const { id } = registry;
    const credentials = (registry.credentials ?? []).filter(isLive).map(one => one.id);
    if (credentials.length > 0) return { ...(await update({ at, credentials }, credential, signal)), id };
    const idle = registry.credentials?.find(isIdle);
    if (idle) throw switchedOff(idle);
    await untilActive(`${at}/registries/${id}`, signal);
    const body = { registryId: id, publicValue: credential.username, secretValue: credential.password.reveal(), email };
    const answer = await api.ask('POST', `${at}/registrycredentials`, signal, body);
    if (answer.status !== 201) throw refusal(http, answer, `Creating the credential of registry ${id}`);
    const made = answer.json<Resource | null>();
    if (!isResource(made)) throw new Failure('UNEXPECTED', `Rancher answered 201 for a credential of registry ${id} but did not name it.`);
    await untilActive(`${at}/registrycredentials/${made.id}`, signal);
    return { change: 'created', id };
  }

  let last: Promise<unknown> = Promise.resolve();
  return (ref: Ref, host: string, credential: Credential, signal: AbortSignal): Promise<Receipt> => {
    const mine = ended(last, signal).then(() => create(ref, host, credential, signal));
    last = mine.catch(() => undefined);
    return mine;
  };
}

const switchedOff = ({ id, state }: Resource): Failure =>
  new Failure('CONFLICT', `${id} has this address, but it is ${state}.`, {
    remedy: 'Activate it in Rancher, or remove it.',
  });
