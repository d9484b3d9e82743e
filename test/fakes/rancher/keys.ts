import { createHash, randomBytes, randomUUID } from 'node:crypto';
import type { Reply } from '../server.ts';
import { jsonReply } from './answer.ts';
import { readBody } from './fields.ts';
import { actionsOf, begin, isAction, isMoving, type Living, settle } from './lifecycle.ts';
import { refuse, refuseField } from './refusal.ts';
import type { Call, Making } from './resources.ts';
import { isoTime } from './show.ts';
import { type Key, nextCredentialId, parsedId, type RancherState } from './state.ts';

const links = ['account', 'images', 'instances', 'certificate'];
/** The account kind of an environment's key, as its user sees it. */
const environmentKind = 'project';

/**
 * The handlers of `/apikeys`, the API keys of environments, for an administrator. Other callers were not recorded and
 * get 404.
 */
export function makeKeys(state: RancherState, making: () => Making) {
  const now = (): number => making().clock.wall();
  let started: number | undefined;

  function settleAll(): void {
    for (const key of state.keys) settle(living(key), now());
  }

  function find(id: string | undefined): Key {
    return state.keys.find(key => key.id !== undefined && parsedId(key.id) === parsedId(id ?? '') && !key.removed) ?? refuse(404);
  }

  function show(key: Key, secretValue: string | null, { view: { base } }: Call): Record<string, unknown> {
    const { id, access, state: at, account, name = null, description = null } = key;
    const self = `${base}/apikeys/${id}`;
    const thing = living(key);
    const created = key.created ?? (started ??= now());
    return {
      id,
      type: 'apiKey',
      links: { self, ...Object.fromEntries(links.map(link => [link, `${self}/${link}`])) },
      actions: Object.fromEntries(actionsOf(thing).map(action => [action, `${self}/?action=${action}`])),
      baseType: 'credential',
      name,
      state: at,
      accountId: account,
      created: isoTime(created),
      createdTS: created,
      data: {},
      description,
      kind: 'apiKey',
      publicValue: access,
      removeTime: null,
      removed: key.removed === undefined ? null : isoTime(key.removed),
      secretValue,
      transitioning: isMoving(thing) ? 'yes' : 'no',
      transitioningMessage: isMoving(thing) ? 'In Progress' : null,
      transitioningProgress: null,
      uuid: (key.uuid ??= randomUUID()),
    };
  }

  /** Creates a key. Only this response contains the secret. */
  function create(call: Call): Record<string, unknown> {
    const { accountId, name, description } = readBody(call.request, call.query) as Record<string, string | undefined>;
    const environment = state.environments.find(({ id }) => parsedId(id) === parsedId(accountId ?? ''));
    if (!environment) return refuseField('InvalidReference', 'accountId');
    const random = (bytes: number): string => randomBytes(bytes).toString('hex');
    const key: Key = {
      id: nextCredentialId(state),
      access: random(10).toUpperCase(),
      secret: random(20),
      account: environment.id,
      accountKind: environmentKind,
      state: 'requested',
      created: now(),
      ...(name !== undefined && { name }),
      ...(description !== undefined && { description }),
    };
    state.keys.push(key);
    begin(living(key), 'create', now(), making().stageMs);
    return show(key, key.secret, call);
  }

  /** Performs an action. Its response shows the salted hash of the secret. */
  function act(key: Key, action: string, call: Call): Record<string, unknown> {
    if (!isAction(action)) refuseField('InvalidAction', 'action');
    if (!actionsOf(living(key)).includes(action)) refuseField('ActionNotAvailable', 'action');
    begin(living(key), action, now(), making().stageMs);
    return show(key, createHash('sha256').update(key.secret).digest('hex'), call);
  }

  function remove(key: Key, call: Call): Record<string, unknown> {
    if (!actionsOf(living(key)).includes('remove')) refuse(405);
    begin(living(key), 'remove', now(), making().stageMs);
    return show(key, null, call);
  }

  function answer(call: Call): Reply {
    const { method, query, caller } = call;
    const [, id] = call.rest;
    if (caller.kind !== 'admin') refuse(404);
    const action = query.get('action');
    if (id === undefined) return method === 'POST' ? jsonReply(201, create(call)) : refuse(405);
    const key = find(id);
    if (method === 'GET') return jsonReply(200, show(key, null, call));
    if (method === 'POST' && action !== null) return jsonReply(202, act(key, action, call));
    return method === 'DELETE' ? jsonReply(200, remove(key, call)) : refuse(405);
  }

  return { settleAll, answer };
}

/** Returns the key as a resource. It goes through the same processes as every other one. */
function living(key: Key): Living {
  key.next ??= [];
  return key as Living;
}
