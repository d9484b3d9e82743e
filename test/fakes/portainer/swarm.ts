import type { Reply, Seen } from '../server.ts';
import { canonical, mapOf, parse, textOf as textIn, type Value, write } from '../swarm/exact-json.ts';
import type { Swarm } from '../swarm.ts';
import { decode } from './payload.ts';
import { refuse } from './refusal.ts';
import type { Endpoint, PortainerState, User } from './state.ts';
import type { Login } from './upstream.ts';

/** A request to an engine, with its user and environment. `path` is the engine's path, with the query. */
export interface Passing {
  readonly request: Seen;
  readonly path: string;
  readonly user: User;
  readonly endpoint: Endpoint;
}
/** Returns the login of the row whose id is in the header, or undefined if Portainer leaves the header as it is. */
type LoginOf = (request: Seen, user: User, endpoint: Endpoint) => (Login & { readonly serveraddress: string }) | undefined;

const header = 'x-registry-auth';
const textOf = ({ text = '' }: Reply): string => (typeof text === 'string' ? text : Buffer.from(text).toString());

/** Portainer's proxy to an engine in Swarm mode, with its changes to requests and responses (recorded on CE 2.43.0). */
export function makeSwarmDoor(state: PortainerState, swarm: Swarm | undefined, loginOf: LoginOf) {
  let controls = 0;

  function engineOf({ Id }: Endpoint): Swarm | undefined {
    const { engine } = state.upstream;
    return engine?.endpoint === Id && engine.swarm ? swarm : state.swarms.get(Id);
  }

  function ask(engine: Swarm, { request, user, endpoint }: Passing, path: string): Reply {
    const isDecorated = /^(\/v[\d.]+)?\/services\/[^/]+(\/update)?(\?|$)/.test(path) && request.method === 'POST';
    const login = isDecorated ? loginOf(request, user, endpoint) : undefined;
    const encoded = login && Buffer.from(JSON.stringify(login)).toString('base64').replaceAll('+', '-').replaceAll('/', '_');
    return engine.answer({ ...request, path, headers: { ...request.headers, ...(encoded && { [header]: encoded }) } });
  }

  /** Adds a resource control to the response to a creation. Its creator may use the object. */
  function controlled(reply: Reply, { id }: User): Reply {
    if (reply.status !== 201) return reply;
    const { ID = null } = mapOf(parse(textOf(reply)));
    const nobody = { SubResourceIds: [], Type: 2, TeamAccesses: [], Public: false, AdministratorsOnly: false, System: false };
    const ResourceControl = { Id: ++controls, ResourceId: ID, UserAccesses: [{ UserId: id, AccessLevel: 1 }], ...nobody };
    return { ...reply, text: write({ ID, Portainer: { ResourceControl } }) };
  }

  return {
    /** Proxies a request. Returns undefined if the environment has no Swarm. */
    pass(passing: Passing): Reply | undefined {
      const { request, path, user, endpoint } = passing;
      const engine = engineOf(endpoint);
      if (!engine) return undefined;
      const reply = ask(engine, passing, path);
      if (request.method === 'POST') return controlled(reply, user);
      // Portainer parses and rewrites these responses, which turns each number into a float64.
      return reply.status === 200 && reply.text ? { ...reply, text: canonical(JSON.parse(textOf(reply)) as Value) } : reply;
    },

    /** Handles PUT /endpoints/ID/forceupdateservice: all tasks are replaced, and the service keeps its login. */
    force(request: Seen, endpoint: Endpoint): Reply {
      const shape = { ServiceID: 'string', PullImage: 'bool' } as const;
      const { ServiceID = '' } = decode(request.body, 'endpoints.forceUpdateServicePayload', shape);
      const engine = engineOf(endpoint);
      const asked = { ...request, method: 'GET', path: `/services/${ServiceID}?insertDefaults=true` };
      const found = engine?.answer(asked);
      if (!engine || found?.status !== 200) return refuse(500, 'Error looking up service', `Error: No such service: ${ServiceID}`);
      const { Spec = null, Version } = mapOf(parse(textOf(found)));
      const template = mapOf(mapOf(Spec)['TaskTemplate']);
      const image = textIn(mapOf(template['ContainerSpec'])['Image']);
      const forced: Value = { ...mapOf(Spec), TaskTemplate: { ...template, ForceUpdate: Number(template['ForceUpdate']) + 1 } };
      const path = `/services/${ServiceID}/update?version=${Number(mapOf(Version)['Index'])}`;
      engine.answer({ method: 'POST', path, headers: {}, body: Buffer.from(write(forced)) });
      const warning = `image ${image} could not be accessed on a registry to record\nits digest. Each node will access ${image} independently,\npossibly leading to different nodes running different\nversions of the image.\n`;
      return { status: 200, json: { Warnings: [warning] } };
    },
  };
}
