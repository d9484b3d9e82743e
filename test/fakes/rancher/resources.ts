import type { Clock } from '../../../src/contract/clock.ts';
import type { Reply, Seen } from '../server.ts';
import { jsonReply } from './answer.ts';
import type { Caller } from './auth.ts';
import { environmentsOf } from './auth.ts';
import { accepted, readBody } from './fields.ts';
import { makeKeys } from './keys.ts';
import { actionsOf, begin, isAction, settle } from './lifecycle.ts';
import { refuse, refuseField } from './refusal.ts';
import { limitOf, searchOf, showPage } from './select.ts';
import { gathered, linksOf, plurals, showBehind, showEnvironment, showList, showRoot, showRow, type View } from './show.ts';
import { makeRow, numberOf, parsedId, type RancherState, type Row, type Type } from './state.ts';

/** One authorized request. `rest` is the path after version and environment. */
export interface Call {
  readonly request: Seen;
  /** The effective method. The query can override the method of the request. */
  readonly method: string;
  readonly query: URLSearchParams;
  readonly rest: readonly string[];
  readonly caller: Caller;
  /** Hides secrets, unless the caller's kind may see them. */
  readonly view: View;
}
export interface Making {
  readonly clock: Clock;
  /** How long each transitional state lasts, in milliseconds. */
  readonly stageMs: number;
  readonly made?: ((row: Row) => void) | undefined;
}

export function makeResources(state: RancherState, making: () => Making) {
  const now = (): number => making().clock.wall();
  const keys = makeKeys(state, making);

  /** Advances everything to its current state. A purged registry takes its credentials with it. */
  function settleAll(): void {
    keys.settleAll();
    for (const row of state.rows)
      if (settle(row, now()) && row.type === 'registry')
        for (const credential of state.rows)
          if (credential.values['registryId'] === row.id && credential.removed === undefined)
            credential.next = [{ state: 'removed', at: now() }];
  }
  const sees = ({ project, kind }: Caller, row: Row): boolean => (project === undefined ? kind === 'admin' : row.environment === project);
  const ofType = (type: Type, caller: Caller): Row[] => state.rows.filter(row => row.type === type && sees(caller, row));

  function find(type: Type, id: string | undefined, caller: Caller): Row {
    settleAll();
    const number = parsedId(id ?? '');
    return ofType(type, caller).find(row => String(numberOf(type, row.id)) === number) ?? refuse(404);
  }

  /** Resolves the id of a registry in a body, even of a removed one. */
  const registryIn =
    (environment: string | undefined) =>
    (id: string): string | undefined =>
      state.rows.find(
        row => row.type === 'registry' && String(numberOf('registry', row.id)) === parsedId(id) && row.environment === environment,
      )?.id;

  function list(type: Type, { caller, view, query, request }: Call): Record<string, unknown> {
    settleAll();
    const shown = ofType(type, caller)
      .filter(({ removed }) => removed === undefined)
      .flatMap(row => joined(row, query, view));
    return showPage(type, shown, view.address, searchOf(request));
  }

  /**
   * Returns one row per pair, like a join in the database: removed rows are included, and a row without a partner lacks
   * the member. Only the first `include` counts. Read in the source, not recorded.
   */
  function joined(row: Row, query: URLSearchParams, view: View): Record<string, unknown>[] {
    const shown = showRow(row, view);
    const included = query.get('include')?.toLowerCase();
    if (row.type === 'registry' && included === 'credentials') {
      const credentials = state.rows.filter(({ values }) => values['registryId'] === row.id);
      return credentials.length === 0 ? [shown] : credentials.map(one => ({ ...shown, credentials: [showRow(one, view)] }));
    }
    const account = included === 'account' && accountOf(row, view);
    if (account) return [{ ...shown, account }];
    const registry =
      row.type === 'registryCredential' && included === 'registry' && state.rows.find(({ id }) => id === row.values['registryId']);
    return [registry ? { ...shown, registry: showRow(registry, view) } : shown];
  }

  function accountOf({ environment }: Row, view: View): Record<string, unknown> | undefined {
    const found = state.environments.find(({ id }) => id === environment);
    return found && showEnvironment(found, view);
  }

  function create(type: Type, call: Call): Record<string, unknown> {
    const { caller, view, request, query } = call;
    settleAll();
    if (!mayWrite(caller)) refuse(405);
    const environment = caller.project ?? refuse(405);
    const values = accepted(type, view.version, 'create', readBody(request, query), registryIn(environment));
    if (type === 'registry') refuseUsed(environment, values['serverAddress'] ?? '');
    const row = makeRow(state, type, environment, values, { now: now() });
    begin(row, 'create', now(), making().stageMs);
    making().made?.(row);
    return showRow(row, { ...view, secrets: 'clear' });
  }

  function refuseUsed(environment: string, address: string): void {
    const used = state.rows.some(
      ({ values, removed, environment: at }) =>
        at === environment && removed === undefined && values['serverAddress']?.toLowerCase() === address.toLowerCase(),
    );
    if (used) refuse(400, 'ServerAddressUsed');
  }

  function update(type: Type, id: string | undefined, { caller, view, request, query }: Call): Record<string, unknown> {
    if (!mayWrite(caller)) refuse(405);
    const values = accepted(type, view.version, 'update', readBody(request, query), registryIn(caller.project));
    const row = find(type, id, caller);
    for (const [name, value] of Object.entries(values)) if (value !== null || name !== 'secretValue') row.values[name] = value;
    return showRow(row, view);
  }

  function remove(type: Type, id: string | undefined, { caller, view }: Call): Record<string, unknown> {
    if (!mayWrite(caller)) refuse(405);
    const row = find(type, id, caller);
    if (!actionsOf(row).includes('remove')) refuse(405);
    begin(row, 'remove', now(), making().stageMs);
    return showRow(row, view);
  }

  /** Performs an action on one resource. A list has no actions. */
  function act(type: Type, id: string | undefined, action: string, { caller, view }: Call): Record<string, unknown> {
    if (id === undefined || !isAction(action) || caller.readonly) refuseField('InvalidAction', 'action');
    const row = find(type, id, caller);
    if (!actionsOf(row).includes(action)) refuseField('ActionNotAvailable', 'action');
    begin(row, action, now(), making().stageMs);
    return showRow(row, { ...view, secrets: 'clear' });
  }

  /**
   * Returns the target of a link. The list of a registry's credentials is always empty (recorded). The fake has nothing
   * in the other lists.
   */
  function follow(type: Type, id: string, link: string, { caller, view, query }: Call): Record<string, unknown> {
    const row = find(type, id, caller);
    if (!linksOf[type].includes(link)) refuse(404);
    if (link === 'account') return accountOf(row, view) ?? refuse(404);
    if (link === 'registry') return showRow(find('registry', row.values['registryId'] ?? '', caller), view);
    return showBehind(link, view.address, limitOf(query.get('limit')));
  }

  function ofRows(type: Type, call: Call): Reply {
    const { method, query, rest } = call;
    const [, id, link] = rest;
    if (id !== undefined && parsedId(id) === undefined) refuse(404);
    const action = query.get('action');
    switch (method) {
      case 'GET':
        if (id === undefined) return jsonReply(200, list(type, call));
        if (link !== undefined) return jsonReply(200, follow(type, id, link, call));
        return jsonReply(200, gathered(joined(find(type, id, call.caller), query, call.view))[0] ?? {});
      case 'POST':
        if (action !== null) return jsonReply(202, act(type, id, action, call));
        return id === undefined ? jsonReply(201, create(type, call)) : refuse(405);
      case 'PUT':
        return id === undefined ? refuse(405) : jsonReply(200, update(type, id, call));
      case 'DELETE':
        return id === undefined ? refuse(405) : jsonReply(200, remove(type, id, call));
      default:
        return refuse(405);
    }
  }

  function environments({ caller, view, rest: [, id], method }: Call): Reply {
    if (method !== 'GET') refuse(405);
    const seen = environmentsOf(state, caller);
    if (id === undefined)
      return jsonReply(
        200,
        showList(
          'project',
          seen.map(one => showEnvironment(one, view)),
          view.address,
        ),
      );
    return jsonReply(200, showEnvironment(seen.find(one => parsedId(one.id) === parsedId(id)) ?? refuse(404), view));
  }

  return {
    settleAll,
    answer(call: Call): Reply {
      const [name] = call.rest;
      // The version answers to every method that Cattle knows (1.6, VersionHandler.java).
      if (name === undefined) return methods.includes(call.method) ? jsonReply(200, showRoot(call.view)) : refuse(405);
      const type = spellings.get(name.toLowerCase());
      if (/^schemas$/i.test(name)) return schema(call);
      if (/^apikeys?$/i.test(name)) return keys.answer(call);
      if (type === 'project') return environments(call);
      return type === undefined ? refuse(404) : ofRows(type, call);
    },
  };
}

const methods = ['GET', 'POST', 'PUT', 'DELETE'];

/** Returns a schema, which contains only the methods that the caller may use. */
function schema({ method, rest: [, name = ''], caller, view: { base } }: Call): Reply {
  const type = spellings.get(name.toLowerCase());
  if (type === undefined || type === 'project' || method !== 'GET') return refuse(method === 'GET' ? 404 : 405);
  const may = mayWrite(caller);
  const links = { self: `${base}/schemas/${type.toLowerCase()}`, collection: `${base}/${plurals[type]}` };
  const methods = { collectionMethods: ['GET', ...(may ? ['POST'] : [])], resourceMethods: ['GET', ...(may ? ['PUT', 'DELETE'] : [])] };
  return jsonReply(200, { id: type, type: 'schema', links, ...methods });
}

/** Whether the caller may write. Without an environment, only reading is allowed. */
const mayWrite = ({ project, readonly }: Caller): boolean => project !== undefined && !readonly;

/** The types by their name in a path: singular or plural, in lower case. */
const spellings: ReadonlyMap<string, Type | 'project'> = new Map(
  (['registry', 'registryCredential', 'project'] as const).flatMap(type => [
    [type.toLowerCase(), type],
    [plurals[type], type],
  ]),
);
