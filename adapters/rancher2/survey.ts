import type { Deps, Discovery, Finding, Slot } from '../../src/contract/adapter.ts';
import { management } from './api.ts';
import { type Entry, entriesOf, forms, isOneLogin, isWhole } from './dockerconfig.ts';
import type { Code } from './findings.ts';
import { clusterSlots, type Inventory, projectSlots } from './inventory.ts';
import type { Credential, Project, Secret } from './lists.ts';
import { isForNodes, nodeSecrets, ofNodes } from './nodes.ts';
import { nothing, type Part, type Ref, registriesOf, type Slots, type Wishes } from './slots.ts';

type Places = Pick<Discovery<Ref>, 'slots' | 'findings' | 'unseen'>;

/** What the inventory comes to: a slot for each place that holds a login of ECR and is ours to write, and what a person should know. */
export function survey(seen: Inventory, wishes: Wishes, deps: Deps<Code>): Places {
  const credentials = new Map(seen.credentials.map(credential => [credential.id, credential]));
  const forNodes = nodeSecrets(seen.nodeRegistries ?? []);
  const secrets = seen.secrets.filter(secret => !isRanchers(secret) && !isForNodes(secret, forNodes) && holdsEcr(secret, deps));
  const [copies, originals] = [secrets.filter(isCopy), secrets.filter(secret => !isCopy(secret))];
  const found = originals.map(secret => {
    const id = idInNorman(secret);
    const credential = id === undefined ? undefined : credentials.get(id);
    if (credential) credentials.delete(credential.id);
    return ofSecret(secret, credential, seen, deps);
  });
  // Those whose Secrets the token does not see, and those of the old type.
  const unmatched = [...credentials.values()].flatMap(credential => ofNorman(credential, deps));
  const dockerConfigs = new Set(seen.secrets.filter(secret => isForNodes(secret, forNodes)).map(pathOf));
  const nodes = ofNodes(forNodes, dockerConfigs, seen.clusters, wishes, deps);
  const present = [...found.flatMap(({ slots }) => slots), ...unmatched, ...nodes.slots];
  const absent = absentOnes(seen, present, wishes, deps);
  return {
    slots: [...present, ...absent.slots],
    findings: [
      ...gapFindings(seen, deps),
      ...[...found, nodes, absent].flatMap(({ findings }) => findings),
      ...(wishes.someProjects ? [] : copiesAlone(copies, present, seen, deps)),
    ],
    unseen: seen.gaps.flatMap(({ ids }) => ids),
  };
}

/** A Secret whose login is ECR's, and which is no copy. credential: what Norman shows of it. */
function ofSecret(secret: Secret, credential: Credential | undefined, seen: Inventory, deps: Deps<Code>): Part {
  const { cluster, metadata } = secret;
  const project = credential?.project ?? sourceOf(secret, seen.projects);
  // Without knowing what the nodes log in with, a Secret beside those of projects could be theirs, and a write restart them.
  if (project === 'none' || (!project && cluster === management && !seen.nodeRegistries)) return nothing;
  const place = placeOf(secret, project, seen);
  if (secret.immutable)
    return {
      slots: [],
      findings: [deps.finding('SECRET_IMMUTABLE', `${place.title} is immutable, so its login for ECR ends within twelve hours.`)],
    };
  const entries = entriesIn(secret) ?? {};
  const isNormans = credential !== undefined && holdsOneLogin(secret);
  const ref: Ref = isNormans
    ? { kind: 'credential', project: credential.project.id, id: credential.id }
    : { kind: 'secret', cluster, namespace: metadata.namespace, name: metadata.name };
  return { slots: [slotOf(place, entries, ref, deps)], findings: [] };
}

const pathOf = ({ metadata: { namespace, name } }: Secret): string => `${namespace}/${name}`;
const idInNorman = ({ cluster, metadata: { namespace, name } }: Secret): string | undefined =>
  cluster === management ? `${namespace}:${name}` : undefined;

const holdsEcr = (secret: Secret, { registry }: Deps<Code>): boolean =>
  Object.keys(entriesIn(secret) ?? {}).some(address => registry(address) !== undefined);

function gapFindings({ gaps }: Inventory, { finding }: Deps<Code>): Finding[] {
  return gaps.map(({ what, failure }) =>
    failure.code === 'FORBIDDEN' || failure.code === 'NOT_FOUND'
      ? finding('NOT_PERMITTED', `The token may not look at ${what}: ${failure.message}`, failure.remedy)
      : finding('CLUSTER_DOWN', `Not looked at: ${what}: ${failure.message}`),
  );
}

interface Place {
  readonly id: string;
  readonly title: string;
}

function placeOf({ cluster, metadata: { namespace, name } }: Secret, project: Project | undefined, seen: Inventory): Place {
  if (project) return ofProject(project, name);
  const title = `Secret ${namespace}/${name} in cluster ${seen.clusters.find(({ id }) => id === cluster)?.name ?? cluster}`;
  return { id: `${clusterSlots(cluster)}/${namespace}/${name}`, title };
}

const ofProject = (project: Project, name: string): Place => ({
  id: `${projectSlots(project)}/${name}`,
  title: `${name} of project ${project.name} (${project.id})`,
});

const scopedLabel = 'management.cattle.io/project-scoped-secret';

/** The project whose secret it is, by the label that makes it one; undefined: of none. none: where only secrets of projects count it is none of those looked at. */
function sourceOf({ cluster, metadata: { namespace, labels } }: Secret, projects: readonly Project[]): Project | undefined | 'none' {
  const short = labels[scopedLabel];
  const here = projects.filter(({ backing }) => backing === namespace);
  if (cluster !== management || (short === undefined && here.length === 0)) return undefined;
  const of = labels[`${scopedLabel}-cluster`];
  return here.find(project => project.short === short && (of === undefined || of === project.cluster)) ?? 'none';
}

/** Rancher copies the secrets of a project to its namespaces. Who writes a copy is overruled. */
const isCopy = ({ metadata: { annotations } }: Secret): boolean =>
  annotations[`${scopedLabel}-copy`] === 'true' || annotations['secret.user.cattle.io/secret'] === 'true';

/** Copies that Rancher makes for its own agents. */
function isRanchers({ metadata: { name, labels } }: Secret): boolean {
  const marks = ['rancher-managed-pull-secret', 'cattle-cluster-agent-pull-secret'];
  return name.endsWith('rancher-managed-pull-secret') || marks.some(mark => `management.cattle.io/${mark}` in labels);
}

function entriesIn(secret: Secret): Readonly<Record<string, Entry>> | undefined {
  const stored = storedIn(secret);
  return stored && entriesOf(stored.text, stored.path);
}

/** Norman writes the entries alone: credHelpers and whatever else lies beside them would be lost. */
function holdsOneLogin(secret: Secret): boolean {
  const stored = storedIn(secret);
  return stored !== undefined && isOneLogin(stored.text, stored.path);
}

function storedIn({ type, data }: Secret): { readonly text: string; readonly path: readonly string[] } | undefined {
  const form = Object.hasOwn(forms, type) ? forms[type] : undefined;
  const stored = form && data[form.key];
  return form && typeof stored === 'string' ? { text: Buffer.from(stored, 'base64').toString('latin1'), path: form.path } : undefined;
}

function slotOf({ id, title }: Place, entries: Readonly<Record<string, Entry>>, ref: Ref, deps: Deps<Code>): Slot<Ref> {
  const ecr = Object.keys(entries).filter(address => deps.registry(address));
  const state = ecr.every(address => isWhole(entries[address] ?? {})) ? 'present' : 'drifted';
  return { id, title, registries: registriesOf(ecr, deps), state, findings: formFindings(title, ecr, deps), ref };
}

function formFindings(title: string, addresses: readonly string[], { registry, finding }: Deps<Code>): Finding[] {
  return addresses.flatMap(address => {
    const { stripped = [], registry: { host } = { host: '' } } = registry(address) ?? {};
    return stripped.length > 0 ? [finding('AUTHS_FORM', `${title} names ${host} with ${stripped.join(', ')}.`)] : [];
  });
}

/** Norman shows user names and no passwords. */
function ofNorman({ id, project, registries }: Credential, deps: Deps<Code>): Slots {
  const addresses = Object.keys(registries);
  const ecr = addresses.filter(address => deps.registry(address));
  if (ecr.length === 0) return [];
  const [namespace = '', name = ''] = id.split(':');
  const place = ofProject(project, name);
  const state = ecr.every(address => registries[address]?.username === 'AWS') ? 'present' : 'drifted';
  const ref: Ref =
    addresses.length === 1 ? { kind: 'credential', project: project.id, id } : { kind: 'secret', cluster: management, namespace, name };
  return [{ ...place, registries: registriesOf(ecr, deps), state, findings: formFindings(place.title, ecr, deps), ref }];
}

/** Copies whose source is no slot here: nobody can keep them fresh. Where a project could not be looked at that is said already. */
function copiesAlone(copies: readonly Secret[], slots: Slots, { gaps }: Inventory, { finding }: Deps<Code>): Finding[] {
  const alone = copies.filter(({ cluster, metadata: { name } }) => {
    const isOfProject = (id: string): boolean => id.startsWith(`${cluster}/project/`);
    return !slots.some(({ id }) => isOfProject(id) && id.endsWith(`/${name}`)) && !gaps.some(({ ids }) => ids.some(isOfProject));
  });
  return [...Map.groupBy(alone, ({ cluster }) => cluster)].map(([cluster, all]) => {
    const names = all.map(({ metadata: { namespace, name } }) => `${namespace}/${name}`);
    const more = names.length > 5 ? ` and ${names.length - 5} more` : '';
    return finding(
      'COPY_ALONE',
      `In cluster ${cluster} these are copies whose source is not seen: ${names.slice(0, 5).join(', ')}${more}.`,
    );
  });
}

/** What is wanted is looked for in the project where it would be created; without such a project, anywhere. */
function absentOnes(seen: Inventory, slots: Slots, { project: id }: Wishes, { wanted, finding }: Deps<Code>): Part {
  const project = seen.projects.find(project => project.id === id);
  const around = project ? slots.filter(slot => slot.id.startsWith(`${projectSlots(project)}/`)) : slots;
  const missing = wanted.filter(({ host }) => !around.some(({ registries }) => registries.some(registry => registry.host === host)));
  const hidden = new Set(seen.gaps.flatMap(({ ids }) => ids));
  if (!project) {
    if (hidden.size > 0) return nothing;
    const why = id === undefined ? 'and no project is named for it' : `and the token does not see project ${id}`;
    return { slots: [], findings: missing.map(({ host }) => finding('NO_PLACE', `${host} is wanted, no secret holds it, ${why}.`)) };
  }
  // Where not everything is seen nothing can be called absent.
  if (hidden.has(projectSlots(project))) return nothing;
  const absent = missing.map((registry): Slot<Ref> => {
    const name = nameFor(registry.host);
    const ref: Ref = { kind: 'new', project: project.id, backing: project.backing, name };
    return { ...ofProject(project, name), registries: [registry], state: 'absent', ref };
  });
  return { slots: absent, findings: [] };
}

/** A label of DNS, as Norman asks for one. */
const nameFor = (host: string): string => host.replaceAll('.', '-').slice(0, 63).replace(/-+$/, '');
