import type { Reply, Seen } from '../server.ts';
import type { Caller } from './auth.ts';
import { listed } from './list.ts';
import { type Body, textOf } from './payload.ts';
import type { Column } from './query.ts';
import { refuse } from './refusal.ts';
import { type HarborState, type Policy, type Project, type Row, shown } from './state.ts';

const endpointShape = { model: 'Registry', fields: { id: 'int64' } } as const;
export const policyShape = { name: 'string', src_registry: endpointShape, dest_registry: endpointShape } as const;

/**
 * Lists the users of an endpoint: projects and replication policies. They follow the source of 2.16 and are not
 * recorded.
 */
export function makeUsers(state: HarborState, endpoint: (id: number) => Row) {
  const side = (id = 0): object => shown(endpoint(id));

  /**
   * Anonymous callers see public projects only. So does a system robot that may not list projects (`project:list`) and
   * has no right for all of them, of which `project:read` is one.
   */
  function projects({ request, query, caller }: { request: Seen; query: URLSearchParams; caller: Caller | undefined }): Reply {
    const seesAll = caller?.sysadmin === true || ['project:list', 'project:read'].some(right => caller?.access.includes(right));
    const seen = state.projects.filter(project => seesAll || project.public);
    return listed(request, query, seen, ofProjects, ({ name, registry_id }) => ({ name, ...(registry_id !== 0 && { registry_id }) }));
  }

  function policies(request: Seen, query: URLSearchParams): Reply {
    const show = ({ id, name, source, destination }: Policy): object => ({
      id,
      name,
      src_registry: side(source),
      dest_registry: side(destination),
    });
    return listed(request, query, state.policies, nameOnly, show);
  }

  const find = (id: number): Policy => state.policies.find(policy => policy.id === id) ?? refuse(404, `replication policy ${id} not found`);

  function policy(id: number): Reply {
    const { name, source, destination } = find(id);
    return { status: 200, json: { id, name, src_registry: side(source), dest_registry: side(destination) } };
  }

  /** Adds a policy and returns its id. One side is Harbor itself, which the body leaves out. */
  function addPolicy(body: Body): number {
    const name = textOf(body['name']);
    if (name === '') refuse(400, 'empty name');
    const [source, destination] = ['src_registry', 'dest_registry'].map(side => Number((body[side] as Body | undefined)?.['id'] ?? 0));
    if ((source === 0) === (destination === 0))
      refuse(400, "either src_registry or dest_registry should be empty and the other one shouldn't be empty");
    endpoint(source || destination || 0);
    if (state.policies.some(other => other.name === name)) refuse(409, `replication policy ${name} already exists`);
    const id = Math.max(0, ...state.policies.map(other => other.id)) + 1;
    state.policies.push({ id, name, ...(source && { source }), ...(destination && { destination }) });
    return id;
  }

  function removePolicy(id: number): Reply {
    const gone = find(id);
    state.policies = state.policies.filter(other => other !== gone);
    return { status: 200 };
  }

  return { projects, policies, policy, addPolicy, removePolicy };
}

const ofProjects: readonly Column<Project>[] = [
  { field: 'Name', column: 'name', type: 'text', of: ({ name }) => name },
  { field: 'RegistryID', column: 'registry_id', type: 'int', of: project => project.registry_id },
];
const nameOnly: readonly Column<Policy>[] = [{ field: 'Name', column: 'name', type: 'text', of: ({ name }) => name }];
