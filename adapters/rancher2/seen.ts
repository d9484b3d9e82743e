import { Failure } from '../../src/contract/failures.ts';
import { type Api, management } from './api.ts';
import { clusterSlots, type Gap } from './gaps.ts';
import { type Cluster, listClusters, listProjects, orRefusal, type Project } from './lists.ts';

interface Places {
  readonly clusters: readonly Cluster[];
  readonly projects: readonly Project[];
  readonly gaps: readonly Gap[];
}

/**
 * The clusters and projects that the token may list. Throws FORBIDDEN when it may list neither. Without the list of
 * clusters, they are Rancher's own and those of the projects. Without the list of projects, it is not known which
 * Secrets of the management cluster belong to projects, so these Secrets are a gap.
 */
export async function placesOf(api: Api, signal: AbortSignal): Promise<Places> {
  const [clusters, projects] = await Promise.all([listClusters(api, signal).catch(orRefusal), listProjects(api, signal).catch(orRefusal)]);
  if (clusters instanceof Failure) {
    if (projects instanceof Failure) throw clusters;
    const named = [...new Set([management, ...projects.map(({ cluster }) => cluster)])].map(id => ({ id, name: id, state: '' }));
    return { clusters: named, projects, gaps: [{ ids: [], what: 'clusters in which it has no project', failure: clusters }] };
  }
  if (!(projects instanceof Failure)) return { clusters, projects, gaps: [] };
  const ids = [clusterSlots(management), ...clusters.map(({ id }) => `${id}/project`)];
  return { clusters, projects: [], gaps: [{ ids, what: 'projects', failure: projects }] };
}
