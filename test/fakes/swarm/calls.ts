import type { Reply, Seen } from '../server.ts';
import { mapOf, parse, type Value, write } from './exact-json.ts';
import { type EngineFacts, isModern } from './facts.ts';
import { filtersOf, holds } from './filters.ts';
import type { Orchestrator } from './orchestrator.ts';
import { type Places, shownService, shownTask, statusOf, withDefaults } from './show.ts';
import { modeOf, Refused, readSpec, type Spec, throughVersion, type Version } from './spec.ts';
import { newId, type Service } from './state.ts';

export interface Api {
  readonly facts: EngineFacts;
  readonly services: Service[];
  readonly orchestrator: Orchestrator;
  readonly places: Places;
  wall(): number;
  /** Called before an update is checked. It may change the service, like another client at that moment. */
  meanwhile(service: Service): void;
  /** Returns the Spec that the engine keeps, without the members that it loses. */
  kept(spec: Spec): Spec;
}

export interface Asked {
  readonly query: URLSearchParams;
  readonly headers: Seen['headers'];
  readonly body: string;
  readonly version: Version;
}
/** A handler. `name` is the name in the path. */
export type Call = (api: Api, asked: Asked, name: string) => Reply;

export const reply = (status: number, value: Value): Reply => ({
  status,
  headers: { 'content-type': 'application/json' },
  text: `${write(value)}\n`,
});
const notManager: Readonly<Record<string, string>> = {
  inactive: 'This node is not a swarm manager. Use "docker swarm init" or "docker swarm join" to connect this node to swarm and try again.',
  worker:
    "This node is not a swarm manager. Worker nodes can't be used to view or modify cluster state. Please run this command on a manager node or promote the current node to a manager.",
};

function demandManager({ facts }: Api): void {
  const message = notManager[facts.swarm];
  if (message !== undefined) throw new Refused(503, message);
}

/** Finds a service by id, name, or prefix of an id, and settles it. Throws a Refused. */
function found({ services, orchestrator }: Api, name: string): Service {
  const service =
    services.find(({ id }) => id === name) ??
    services.find(({ now }) => now.spec.Name === name) ??
    services.find(({ id }) => id.startsWith(name));
  if (!service) throw new Refused(404, `service ${name} not found`);
  orchestrator.settle(service);
  return service;
}

export function listServices(api: Api, { query }: Asked): Reply {
  const filters = filtersOf(api.facts, query, ['name', 'id', 'label', 'mode', 'runtime']);
  demandManager(api);
  for (const service of api.services) api.orchestrator.settle(service);
  const shown = api.services.filter(({ id, now: { spec } }) => {
    const labels = mapOf(spec['Labels']);
    const has = (label: string): boolean => {
      const [key = '', value] = label.split(/=(.*)/s);
      return value === undefined ? key in labels : labels[key] === value;
    };
    return (
      holds(filters, 'id', value => id.startsWith(value)) &&
      holds(filters, 'name', value => spec.Name.startsWith(value)) &&
      holds(filters, 'mode', value => modeOf(spec).kind === value) &&
      (filters.get('label') ?? []).every(has)
    );
  });
  const isAsked = /^(1|true)$/.test(query.get('status') ?? '');
  return reply(
    200,
    shown.map(service => shownService(service, api.places, isAsked ? statusOf(service) : {})),
  );
}

export function getService(api: Api, { query }: Asked, name: string): Reply {
  demandManager(api);
  const service = found(api, name);
  const Spec = /^(1|true)$/.test(query.get('insertDefaults') ?? '') ? withDefaults(service.now.spec) : service.now.spec;
  return reply(200, shownService(service, api.places, { Spec }));
}

export function removeService(api: Api, _: Asked, name: string): Reply {
  demandManager(api);
  const { id } = found(api, name);
  api.services.splice(
    api.services.findIndex(service => service.id === id),
    1,
  );
  return { status: 200 };
}

function bodyOf({ facts }: Api, { body, headers }: Asked): Value {
  const type = headers['content-type'] ?? '';
  if (!isModern(facts)) {
    if (body === '') throw new Refused(400, 'got EOF while reading request body');
  } else if (body !== '' && !/^application\/json\b/.test(type)) {
    throw new Refused(400, `unsupported Content-Type header (${type}): must be 'application/json'`);
  }
  try {
    return body === '' ? {} : parse(body);
  } catch {
    throw new Refused(400, `${isModern(facts) ? 'invalid JSON: ' : ''}unexpected EOF`);
  }
}

export function createService(api: Api, asked: Asked): Reply {
  const { headers, version } = asked;
  const given = throughVersion(bodyOf(api, asked), version);
  demandManager(api);
  const spec = readSpec(given, api.places.hostNetwork);
  if (api.services.some(({ now }) => now.spec.Name === spec.Name))
    throw new Refused(
      409,
      `rpc error: code = AlreadyExists desc = name conflicts with an existing object: service ${spec.Name} already exists`,
    );
  const now = { spec, auth: headers['x-registry-auth']?.toString() || undefined };
  const service: Service = { id: newId(), created: api.wall(), version: 0, updated: 0, now, iteration: 0, tasks: [] };
  api.services.push(service);
  api.orchestrator.change(service, now);
  return reply(201, { ID: service.id, ...(isModern(api.facts) && { Warnings: null }) });
}

export function updateService(api: Api, asked: Asked, name: string): Reply {
  const { query, headers, version } = asked;
  const text = query.get('version') ?? '';
  const sent = throughVersion(bodyOf(api, asked), version);
  if (!/^\d+$/.test(text))
    throw new Refused(400, `invalid service version '${text}': strconv.ParseUint: parsing ${write(text)}: invalid syntax`);
  demandManager(api);
  const service = found(api, name);
  const given = readSpec(sent, api.places.hostNetwork);
  api.meanwhile(service);
  const [rollback, authFrom] = [query.get('rollback') ?? '', query.get('registryAuthFrom') ?? ''];
  const header = headers['x-registry-auth']?.toString() || undefined;
  if (header === undefined && !['', 'spec', 'previous-spec'].includes(authFrom))
    throw new Refused(500, 'unsupported registryAuthFrom value');
  if (header === undefined && authFrom === 'previous-spec' && !service.previous)
    throw new Refused(500, 'service does not have a previous spec');
  if (!['', 'none', 'previous'].includes(rollback)) throw new Refused(500, `unrecognized rollback option ${rollback}`);
  if (given.Name !== service.now.spec.Name)
    throw new Refused(501, 'rpc error: code = Unimplemented desc = renaming services is not supported');
  if (Number(text) !== service.version) throw new Refused(500, 'rpc error: code = Unknown desc = update out of sequence');
  if (rollback === 'previous') {
    if (!service.previous)
      throw new Refused(400, `rpc error: code = FailedPrecondition desc = service ${service.id} does not have a previous spec`);
    api.orchestrator.rollBack(service);
  } else {
    const kept = authFrom === 'previous-spec' ? service.previous?.auth : service.now.auth;
    api.orchestrator.change(service, { spec: api.kept(given), auth: header ?? kept });
  }
  return reply(200, { Warnings: null });
}

export function listTasks(api: Api, { query }: Asked): Reply {
  const filters = filtersOf(api.facts, query, ['name', 'id', 'label', 'service', 'node', 'desired-state', 'up-to-date', 'runtime']);
  demandManager(api);
  const wanted = filters.get('service')?.map(name => found(api, name));
  const services = wanted ?? api.services;
  for (const service of services) api.orchestrator.settle(service);
  const shown = services.flatMap(service =>
    service.tasks
      .filter(
        ({ desired, id }) =>
          holds(filters, 'desired-state', value => value === desired) && holds(filters, 'id', value => id.startsWith(value)),
      )
      .map(task => shownTask(task, service, api.places)),
  );
  return reply(200, shown);
}

export function getTask(api: Api, _: Asked, name: string): Reply {
  demandManager(api);
  for (const service of api.services) {
    const task = service.tasks.find(({ id }) => id.startsWith(name));
    if (task) return reply(200, shownTask(task, service, api.places));
  }
  throw new Refused(404, `task ${name} not found`);
}
