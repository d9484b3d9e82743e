import type { Deps, Finding, Slot } from '../../src/contract/adapter.ts';
import { management } from './api.ts';
import type { Code } from './findings.ts';
import { clusterSlots } from './inventory.ts';
import type { Cluster, NodeRegistry, Secret } from './lists.ts';
import { type Part, type Ref, registriesOf, type Wishes } from './slots.ts';

/** With which Secrets the nodes of provisioned clusters log in: by NAMESPACE/NAME, who uses it. */
export type NodeSecrets = ReadonlyMap<string, readonly NodeRegistry[]>;
export const nodeSecrets = (all: readonly NodeRegistry[]): NodeSecrets =>
  Map.groupBy(all, ({ namespace, secret }) => `${namespace}/${secret}`);

/** What provisioned clusters name as the login of their nodes, or what bears the marks by which Rancher watches such a Secret. */
export function isForNodes({ cluster, metadata: { namespace, name, labels, annotations } }: Secret, all: NodeSecrets): boolean {
  const marked = 'rke.cattle.io/cluster-name' in labels || 'rke.cattle.io/object-authorized-for-clusters' in annotations;
  return cluster === management && (marked || all.has(`${namespace}/${name}`));
}

/** dockerConfigs: those of these Secrets that hold a login for each address; the others hold one for all. */
export function ofNodes(
  all: NodeSecrets,
  dockerConfigs: ReadonlySet<string>,
  chosen: readonly Cluster[],
  { clusterRegistries }: Wishes,
  deps: Deps<Code>,
): Part {
  const slots: Slot<Ref>[] = [];
  const findings: Finding[] = [];
  for (const [path, users] of all) {
    const [user] = users;
    const addresses = users.map(({ address }) => address);
    const registries = registriesOf(addresses, deps);
    const [registry, ...others] = registries;
    if (!user || !registry || !users.some(({ cluster }) => chosen.some(({ name }) => name === cluster))) continue;
    const title = `login of the nodes of ${[...new Set(users.map(({ cluster }) => cluster))].join(', ')} (Secret ${path})`;
    const hosts = registries.map(({ host }) => host).join(', ');
    const said = `${hosts}: the ${title} changes with every token, and each change restarts rke2 or k3s on every node.`;
    const isShared = others.length > 0 || addresses.some(address => !deps.registry(address));
    if (!clusterRegistries) {
      findings.push(deps.finding('CLUSTER_REGISTRY', `${said} It is left alone.`));
    } else if (isShared && !dockerConfigs.has(path)) {
      findings.push(deps.finding('CLUSTER_REGISTRY', `The ${title} serves several registries with one password. It is left alone.`));
    } else {
      const { namespace, secret: name } = user;
      const login = dockerConfigs.has(path) ? {} : { login: registry.host };
      const ref: Ref = { kind: 'secret', cluster: management, namespace, name, ...login };
      const id = `${clusterSlots(management)}/${path}`;
      slots.push({ id, title, registries, state: 'present', findings: [deps.finding('CLUSTER_REGISTRY', said)], ref });
    }
  }
  return { slots, findings };
}
