import type { Clock } from '../../src/contract/clock.ts';
import { asFailure, Failure } from '../../src/contract/failures.ts';
import { type Api, management } from './api.ts';
import {
  type Cluster,
  type Credential,
  inTurns,
  listClusters,
  listCredentials,
  listNodeRegistries,
  listProjects,
  type NodeRegistry,
  type Project,
  type Secret,
  secretsOf,
  within,
} from './lists.ts';

/** What could not be looked at. ids: as in a discovery's `unseen`. */
export interface Gap {
  readonly ids: readonly string[];
  readonly what: string;
  readonly failure: Failure;
}
export interface Inventory {
  readonly clusters: readonly Cluster[];
  readonly projects: readonly Project[];
  readonly credentials: readonly Credential[];
  readonly secrets: readonly Secret[];
  /** Of all clusters, whether chosen or not; undefined: they could not be looked at. */
  readonly nodeRegistries: readonly NodeRegistry[] | undefined;
  readonly gaps: readonly Gap[];
}

/** Patterns by which the user narrows down what is looked at; none: everything. Clusters and projects by id or name. */
export interface Scope {
  readonly clusters: readonly string[];
  readonly projects: readonly string[];
  readonly namespaces: readonly string[];
}

/** A cluster that hangs must not hold up the others. */
const clusterMs = 15_000;

/** Everything that the token sees within the scope. Reads only. Throws what concerns Rancher as a whole; a project or cluster that fails is a gap. */
export async function takeInventory(api: Api, scope: Scope, clock: Clock, signal: AbortSignal): Promise<Inventory> {
  const gaps: Gap[] = [];
  const [allClusters, allProjects] = await Promise.all([listClusters(api, signal), listProjects(api, signal)]);
  const names = new Map(allClusters.map(({ id, name }) => [id, name]));
  const clusters = allClusters.filter(({ id, name }) => within(scope.clusters, id, name));
  const projects = allProjects.filter(
    ({ id, short, name, cluster }) =>
      within(scope.clusters, cluster, names.get(cluster) ?? cluster) && within(scope.projects, id, short, name),
  );

  /** What a part comes to, or `none` where it fails; a token that is refused concerns everything. */
  async function attempt<T>(gap: Omit<Gap, 'failure'>, none: T, look: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const ends = new AbortController();
    void clock.sleep(clusterMs, ends.signal).then(() => ends.abort(new Failure('TIMEOUT', `no answer within ${clusterMs / 1000} s`)));
    try {
      return await look(AbortSignal.any([signal, ends.signal]));
    } catch (error) {
      const failure = asFailure(error);
      if (signal.aborted || (failure.code === 'AUTH' && failure.stops === 'target')) throw error;
      gaps.push({ ...gap, failure });
      return none;
    } finally {
      ends.abort();
    }
  }

  const ofProjects = inTurns(projects, project =>
    attempt({ ids: [projectSlots(project)], what: `the credentials of project ${project.name} (${project.id})` }, [], ends =>
      listCredentials(api, project, ends),
    ),
  );
  // The management cluster is looked at in any case: the secrets of projects are there. If it fails they are not all known.
  const places = [{ id: management, name: management, state: 'active' }, ...clusters.filter(({ id }) => id !== management)];
  const ofClusters = inTurns(places, async cluster => {
    const ids = [clusterSlots(cluster.id), ...(cluster.id === management ? projects.map(projectSlots) : [])];
    const gap = { ids, what: `the Secrets of cluster ${cluster.name} (${cluster.id})` };
    if (cluster.state === 'unavailable') {
      gaps.push({ ...gap, failure: new Failure('UNREACHABLE', `Rancher shows the cluster as unavailable.`) });
      return [];
    }
    const backing = cluster.id === management ? projects.map(project => project.backing) : [];
    const isChosen = clusters.some(({ id }) => id === cluster.id);
    return attempt(gap, [], ends => secretsOf(api, cluster.id, isChosen, backing, scope.namespaces, ends));
  });
  const gap = { ids: [clusterSlots(management)], what: 'the registries of provisioned clusters' };
  const ofNodes = attempt(gap, undefined, ends => listNodeRegistries(api, ends));
  const elsewhere = new Set(allProjects.map(({ backing }) => backing)).difference(new Set(projects.map(({ backing }) => backing)));
  const [credentials, secrets, nodeRegistries] = await Promise.all([ofProjects, ofClusters, ofNodes]);
  return {
    clusters,
    projects,
    credentials: credentials.flat(),
    secrets: secrets.flat().filter(({ cluster, metadata }) => cluster !== management || !elsewhere.has(metadata.namespace)),
    nodeRegistries,
    gaps,
  };
}

/** What stands before the ids of slots: of a project, and of the namespaces of a cluster. */
export const projectSlots = ({ cluster, short }: Pick<Project, 'cluster' | 'short'>): string => `${cluster}/project/${short}`;
export const clusterSlots = (cluster: string): string => `${cluster}/namespace`;
