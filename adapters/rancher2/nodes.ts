import type { Deps } from '../../src/contract/adapter.ts';
import type { Finding, Slot } from '../../src/contract/target.ts';
import { management } from './api.ts';
import { entriesIn, isWholeLogin } from './data.ts';
import { isWhole } from './dockerconfig.ts';
import type { Code } from './findings.ts';
import { clusterSlots } from './gaps.ts';
import type { NodeLogins } from './inventory.ts';
import type { Cluster, NodeRegistry } from './lists.ts';
import type { Secret } from './secrets.ts';
import { nothing, type Part, type Ref, registriesOf, type Wishes } from './slots.ts';

type Logins = Pick<NodeLogins, 'registries' | 'secrets'>;
const pathOf = ({ metadata: { namespace, name } }: Secret): string => `${namespace}/${name}`;

/** Whether provisioned clusters name the Secret as a login of their nodes. */
export const isNodeLogin = (secret: Secret, { registries }: Pick<Logins, 'registries'>): boolean =>
  secret.cluster === management && registries.some(one => `${one.namespace}/${one.secret}` === pathOf(secret));

/** Why a change of a Secret that no cluster names may still restart nodes. undefined: it does not. */
export function restartOf(
  { cluster, metadata: { namespace, name, labels, annotations } }: Secret,
  system: readonly string[],
): string | undefined {
  if (cluster !== management) return undefined;
  if (namespace === 'cattle-system' && system.includes(name)) return 'the setting system-default-registry-pull-secrets names it';
  const marked = 'rke.cattle.io/cluster-name' in labels || 'rke.cattle.io/object-authorized-for-clusters' in annotations;
  return marked ? 'it bears the mark by which Rancher watches the logins of nodes' : undefined;
}

/** The logins of the nodes of chosen clusters: slots where they are to be written and can be, else findings. */
export function ofNodes({ registries, secrets }: Logins, chosen: readonly Cluster[], wishes: Wishes, deps: Deps<Code>): Part {
  const stored = new Map(secrets.map(secret => [pathOf(secret), secret]));
  const parts = [...Map.groupBy(registries, ({ namespace, secret }) => `${namespace}/${secret}`)].map(([path, users]) => {
    const isChosen = users.some(({ cluster }) => chosen.some(({ name }) => name === cluster));
    return isChosen ? ofLogin(path, users, stored.get(path), wishes, deps) : nothing;
  });
  return { slots: parts.flatMap(({ slots }) => slots), findings: parts.flatMap(({ findings }) => findings) };
}

function ofLogin(
  path: string,
  users: readonly NodeRegistry[],
  secret: Secret | undefined,
  { clusterRegistries }: Wishes,
  deps: Deps<Code>,
): Part {
  const addresses = users.map(({ address }) => address);
  const registries = registriesOf(addresses, deps);
  const [registry, ...others] = registries;
  if (!registry) return nothing;
  const title = `login of the nodes of ${[...new Set(users.map(({ cluster }) => cluster))].join(', ')} (Secret ${path})`;
  const hosts = registries.map(({ host }) => host).join(', ');
  const said = `${hosts}: the ${title} changes with every token, and each change restarts rke2 or k3s on every node.`;
  const only = (finding: Finding): Part => ({ slots: [], findings: [finding] });
  if (!clusterRegistries) return only(deps.finding('CLUSTER_REGISTRY', `${said} It is left alone.`));
  if (!secret) return only(deps.finding('CLUSTER_REGISTRY', `The ${title} is not there, or cannot be read. It is left alone.`));
  if (secret.immutable) return only(deps.finding('SECRET_IMMUTABLE', `The ${title} is immutable, so it ends within twelve hours.`));
  const entries = entriesIn(secret);
  const isShared = others.length > 0 || addresses.some(address => !deps.registry(address));
  if (!entries && isShared)
    return only(deps.finding('CLUSTER_REGISTRY', `The ${title} serves several registries with one password. It is left alone.`));
  const isFit = entries ? entries.every(entry => !deps.registry(entry.address) || isWhole(entry)) : isWholeLogin(secret);
  const { namespace, name } = secret.metadata;
  const ref: Ref = { kind: 'secret', cluster: management, namespace, name, ...(!entries && { login: registry.host }) };
  const slot: Slot<Ref> = {
    id: `${clusterSlots(management)}/${path}`,
    title,
    registries,
    state: isFit ? 'present' : 'drifted',
    findings: [deps.finding('CLUSTER_REGISTRY', said)],
    ref,
  };
  return { slots: [slot], findings: [] };
}
