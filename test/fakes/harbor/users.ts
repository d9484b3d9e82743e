import type { Reply, Seen } from '../server.ts';
import type { Caller } from './auth.ts';
import { type Column, listed } from './list.ts';
import { type HarborState, type Policy, type Project, type Row, shown } from './state.ts';

/** Lists of what uses an endpoint, with the members that say so. They follow the source of 2.16; nothing is recorded. */
export function makeUsers(state: HarborState, endpoint: (id: number) => Row) {
  const side = (id = 0): object => shown(endpoint(id));

  /** A stranger sees what is public, and so does a system robot that has no right for all projects. */
  function projects({ request, query, caller }: { request: Seen; query: URLSearchParams; caller: Caller | undefined }): Reply {
    const seesAll = caller?.sysadmin === true || caller?.access.includes('project:read') === true;
    const seen = state.projects.filter(project => seesAll || project.public);
    const column: Column<Project> = (project, name) => (name === 'registry_id' ? project.registry_id : nameOnly(project, name));
    return listed(request, query, seen, column, ({ name, registry_id }) => ({ name, ...(registry_id !== 0 && { registry_id }) }));
  }

  function policies(request: Seen, query: URLSearchParams): Reply {
    const show = ({ name, source, destination }: Policy): object => ({
      name,
      src_registry: side(source),
      dest_registry: side(destination),
    });
    return listed(request, query, state.policies, nameOnly, show);
  }

  return { projects, policies };
}

const nameOnly: Column<Project | Policy> = (item, name) => (name === 'name' ? item.name : undefined);
