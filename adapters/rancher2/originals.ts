import { label } from '../../src/contract/text.ts';
import { management } from './api.ts';
import { clusterSlots, projectSlots } from './gaps.ts';
import type { Inventory } from './inventory.ts';
import type { Credential, Project } from './lists.ts';
import type { Secret } from './secrets.ts';

/**
 * A Secret that is not a copy. `credential` is what Norman shows of it. `project` is the one that it belongs to;
 * `none`: one that is not looked at.
 */
export interface Original {
  readonly secret: Secret;
  readonly credential: Credential | undefined;
  readonly project: Project | undefined | 'none';
}

interface Place {
  readonly id: string;
  readonly title: string;
}

export function placeOf({ secret, project }: Pick<Original, 'secret' | 'project'>, seen: Inventory): Place {
  const { cluster, metadata } = secret;
  const { namespace, name } = metadata;
  if (project && project !== 'none') return ofProject(project, name);
  const title = `Secret ${namespace}/${name} in cluster ${seen.clusters.find(({ id }) => id === cluster)?.name ?? cluster}`;
  return { id: `${clusterSlots(cluster)}/${namespace}/${name}`, title: label(title) };
}

export const ofProject = (project: Project, name: string): Place => ({
  id: `${projectSlots(project)}/${name}`,
  title: `${label(name)} of project ${label(project.name)} (${project.id})`,
});

const scopedLabel = 'management.cattle.io/project-scoped-secret';

/**
 * The project that a Secret belongs to, by the label that makes it a project's secret. undefined: it belongs to none.
 * `none`: its namespace is only for secrets of projects, and it belongs to none of the projects that are looked at.
 */
export function sourceOf({ cluster, metadata: { namespace, labels } }: Secret, projects: readonly Project[]): Project | undefined | 'none' {
  const short = labels[scopedLabel];
  const here = projects.filter(({ backing }) => backing === namespace);
  if (cluster !== management || (short === undefined && here.length === 0)) return undefined;
  const of = labels[`${scopedLabel}-cluster`];
  return here.find(project => project.short === short && (of === undefined || of === project.cluster)) ?? 'none';
}

/**
 * Whether the Secret is a copy of a project's secret in one of its namespaces. Rancher overwrites changes of a copy.
 */
export const isCopy = ({ metadata: { annotations } }: Secret): boolean =>
  annotations[`${scopedLabel}-copy`] === 'true' || annotations['secret.user.cattle.io/secret'] === 'true';

/** Whether the Secret is a copy that Rancher makes for its own agents. */
export function isRanchers({ metadata: { name, labels } }: Secret): boolean {
  const marks = ['rancher-managed-pull-secret', 'cattle-cluster-agent-pull-secret'];
  return name.endsWith('rancher-managed-pull-secret') || marks.some(mark => `management.cattle.io/${mark}` in labels);
}
