import type { Failure } from '../../src/contract/failures.ts';
import { few } from '../../src/contract/text.ts';
import { management } from './api.ts';
import type { Cluster, Project } from './lists.ts';
import type { Found } from './secrets.ts';

/** What could not be looked at. `ids` are as in a discovery's `unseen`. */
export interface Gap {
  readonly ids: readonly string[];
  readonly what: string;
  readonly failure: Failure;
}

/**
 * The namespaces that the token may not look into, as one gap of their cluster. Projects that are a gap already are not
 * reported twice.
 */
export function gapsOf({ id, name }: Cluster, refused: Found['refused'], projects: readonly Project[], gaps: readonly Gap[]): Gap[] {
  const told = new Set(gaps.flatMap(({ ids }) => ids));
  const hidden = refused.flatMap(({ namespace, failure }) => {
    const ofProjects = id === management ? projects.filter(({ backing }) => backing === namespace).map(projectSlots) : [];
    const ids = (ofProjects.length > 0 ? ofProjects : [`${clusterSlots(id)}/${namespace}`]).filter(one => !told.has(one));
    return ids.length > 0 ? [{ namespace, failure, ids }] : [];
  });
  const [first] = hidden;
  if (!first) return [];
  const what = `the Secrets in ${few(hidden.map(({ namespace }) => namespace))} of cluster ${name} (${id})`;
  return [{ ids: hidden.flatMap(({ ids }) => ids), what, failure: first.failure }];
}

/** The prefixes of slot ids, for a project and for the namespaces of a cluster. */
export const projectSlots = ({ cluster, short }: Pick<Project, 'cluster' | 'short'>): string => `${cluster}/project/${short}`;
export const clusterSlots = (cluster: string): string => `${cluster}/namespace`;
