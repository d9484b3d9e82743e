import type { Deps } from '../../src/contract/adapter.ts';
import { asFailure, Failure } from '../../src/contract/failures.ts';
import { inTime } from '../../src/contract/in-time.ts';
import { within } from '../common/patterns.ts';
import { inTurns } from '../common/turns.ts';
import { type Api, management } from './api.ts';
import { clusterSlots, type Gap, gapsOf, projectSlots } from './gaps.ts';
import {
  type Cluster,
  type Credential,
  listCredentials,
  listNodeRegistries,
  listSystemSecrets,
  type NodeRegistry,
  type Project,
} from './lists.ts';
import { type Found, readSecret, type Secret, secretsOf } from './secrets.ts';
import { placesOf } from './seen.ts';

/** The logins of the nodes of clusters, chosen ones and others. */
export interface NodeLogins {
  readonly registries: readonly NodeRegistry[];
  /**
   * The Secrets of chosen clusters that hold an ECR registry and are to be written, as far as the token may read
   * them.
   */
  readonly secrets: readonly Secret[];
  /** The names of Secrets in the namespace `cattle-system` of the management cluster. */
  readonly system: readonly string[];
}
export interface Inventory {
  readonly clusters: readonly Cluster[];
  readonly projects: readonly Project[];
  readonly credentials: readonly Credential[];
  readonly secrets: readonly Secret[];
  /** undefined: they could not be looked at. */
  readonly nodes: NodeLogins | undefined;
  readonly gaps: readonly Gap[];
}

/**
 * The patterns by which the user limits what is looked at; none: everything. Clusters and projects are matched by id or
 * name.
 */
interface Scope {
  readonly clusters: readonly string[];
  readonly projects: readonly string[];
  readonly namespaces: readonly string[];
  /** Whether the logins of nodes are written too. */
  readonly clusterRegistries: boolean;
}
type Attempt = <T>(gap: Omit<Gap, 'failure'>, none: T, look: (signal: AbortSignal) => Promise<T>) => Promise<T>;

/** The deadline of one cluster, in milliseconds. A cluster that hangs must not hold up the others. */
const clusterMs = 15_000;

/**
 * Collects everything that the token sees within the scope. Only reads. Throws what concerns Rancher as a whole; a
 * project or cluster that fails becomes a gap.
 */
export async function takeInventory(
  api: Api,
  scope: Scope,
  { clock, registry }: Pick<Deps, 'clock' | 'registry'>,
  signal: AbortSignal,
): Promise<Inventory> {
  const { clusters: allClusters, projects: allProjects, gaps: hidden } = await placesOf(api, signal);
  const gaps = [...hidden];
  const names = new Map(allClusters.map(({ id, name }) => [id, name]));
  const clusters = allClusters.filter(({ id, name }) => within(scope.clusters, id, name));
  const projects = allProjects.filter(
    ({ id, short, name, cluster }) =>
      within(scope.clusters, cluster, names.get(cluster) ?? cluster) && within(scope.projects, id, short, name),
  );

  const attempt = attemptWithin(signal, clock, gaps);
  const ofProjects = inTurns(projects, project =>
    attempt({ ids: [projectSlots(project)], what: `the credentials of project ${project.name} (${project.id})` }, [], ends =>
      listCredentials(api, project, ends),
    ),
  );
  // The management cluster is always looked at, because it has the secrets of projects. If it fails, they are not all
  // known.
  const places = [{ id: management, name: management, state: 'active' }, ...clusters.filter(({ id }) => id !== management)];
  const ofClusters = inTurns(places, async (cluster): Promise<Found> => {
    const ids = [clusterSlots(cluster.id), ...(cluster.id === management ? projects.map(projectSlots) : [])];
    const gap = { ids, what: `the Secrets of cluster ${cluster.name} (${cluster.id})` };
    const none: Found = { secrets: [], refused: [] };
    if (cluster.state === 'unavailable') {
      gaps.push({ ...gap, failure: new Failure('UNREACHABLE', `Rancher shows the cluster as unavailable.`) });
      return none;
    }
    const backing = cluster.id === management ? projects.map(project => project.backing) : [];
    const isChosen = clusters.some(({ id }) => id === cluster.id);
    return attempt(gap, none, ends => secretsOf(api, { cluster: cluster.id, backing, isChosen, namespaces: scope.namespaces }, ends));
  });
  const isOurs = ({ cluster, address }: NodeRegistry): boolean =>
    scope.clusterRegistries && clusters.some(({ name }) => name === cluster) && registry(address) !== undefined;
  const [credentials, found, nodes] = await Promise.all([ofProjects, ofClusters, nodeLogins(api, attempt, isOurs)]);
  const isHidden = hidden.some(({ ids }) => ids.includes(clusterSlots(management)));
  const elsewhere = new Set(allProjects.map(({ backing }) => backing)).difference(new Set(projects.map(({ backing }) => backing)));
  const secrets = found.flatMap(({ secrets }) => secrets);
  places.forEach((place, at) => {
    const { refused = [], unlisted } = found[at] ?? {};
    gaps.push(...gapsOf(place, refused, projects, gaps));
    if (unlisted)
      gaps.push({ ids: [clusterSlots(place.id)], what: `the namespaces of cluster ${place.name} (${place.id})`, failure: unlisted });
  });
  return {
    clusters,
    projects,
    credentials: credentials.flat(),
    secrets: secrets.filter(({ cluster, metadata }) => cluster !== management || !(isHidden || elsewhere.has(metadata.namespace))),
    nodes,
    gaps,
  };
}

/**
 * Runs one part of the inventory. If it fails, records a gap and returns `none`. A refused token concerns everything,
 * and is thrown.
 */
function attemptWithin(signal: AbortSignal, clock: Deps['clock'], gaps: Gap[]): Attempt {
  return async (gap, none, look) => {
    try {
      return await inTime({ clock, ms: clusterMs, signal }, look);
    } catch (error) {
      const failure = asFailure(error);
      if (signal.aborted || (failure.code === 'AUTH' && failure.stops === 'target')) throw error;
      gaps.push({ ...gap, failure });
      return none;
    }
  };
}

/** The logins of nodes. `isOurs` selects those whose Secrets are read, because they are to be written. */
async function nodeLogins(api: Api, attempt: Attempt, isOurs: (one: NodeRegistry) => boolean): Promise<NodeLogins | undefined> {
  const gap = { ids: [clusterSlots(management)], what: 'the logins of nodes' };
  const named = await attempt(gap, undefined, ends => Promise.all([listNodeRegistries(api, ends), listSystemSecrets(api, ends)]));
  const [registries, system] = named ?? [];
  if (!registries || !system) return undefined;
  const paths = new Map(registries.filter(isOurs).map(({ namespace, secret: name }) => [`${namespace}/${name}`, { namespace, name }]));
  const secrets = await inTurns([...paths], ([path, place]) =>
    attempt({ ids: [`${clusterSlots(management)}/${path}`], what: `Secret ${path} of cluster ${management}` }, undefined, ends =>
      readSecret(api, place, ends),
    ),
  );
  return { registries, system, secrets: secrets.filter(secret => secret !== undefined) };
}
