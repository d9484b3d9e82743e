import type { Deps } from '../../src/contract/adapter.ts';
import type { Discovery, Finding, Slot } from '../../src/contract/target.ts';
import { few, label } from '../../src/contract/text.ts';
import { absentSlots } from '../../src/contract/usual.ts';
import { management } from './api.ts';
import { entriesIn, textOf } from './data.ts';
import { isWhole, mostLogins, onlyLogin } from './dockerconfig.ts';
import type { Code } from './findings.ts';
import { clusterSlots, projectSlots } from './gaps.ts';
import type { Inventory } from './inventory.ts';
import type { Credential } from './lists.ts';
import { isNodeLogin, ofNodes, restartOf } from './nodes.ts';
import { isCopy, isRanchers, type Original, ofProject, placeOf, sourceOf } from './originals.ts';
import type { Secret } from './secrets.ts';
import { nothing, type Part, type Ref, registriesOf, type Slots, type Wishes } from './slots.ts';

type Places = Pick<Discovery<Ref>, 'slots' | 'findings' | 'unseen'>;

/** Evaluates the inventory: a slot for each place that holds an ECR login and is ours to write, and findings. */
export function survey(seen: Inventory, wishes: Wishes, deps: Deps<Code>): Places {
  const credentials = new Map(seen.credentials.map(credential => [credential.id, credential]));
  const secrets = seen.secrets.filter(secret => !isRanchers(secret) && ecrEntries(secret, deps).length > 0);
  const [copies, originals] = [secrets.filter(isCopy), secrets.filter(secret => !isCopy(secret))];
  const places = originals.map(secret => {
    const credential = credentials.get(idInNorman(secret));
    if (credential) credentials.delete(credential.id);
    return { secret, credential, project: credential?.project ?? sourceOf(secret, seen.projects) };
  });
  // Credentials whose Secrets the token does not see.
  const unmatched = [...credentials.values()].map(credential => ofNorman(credential, deps));
  const { nodes } = seen;
  const [known, doubtful] = [places.filter(place => nodes || isElsewhere(place)), places.filter(place => !nodes && !isElsewhere(place))];
  const found = known.map(place => ofSecret(place, seen, wishes, deps));
  const logins = nodes ? ofNodes(nodes, seen.clusters, wishes, deps) : nothing;
  const parts = [...found, ...unmatched, logins];
  const present = parts.flatMap(({ slots }) => slots);
  const absent = absentOnes(seen, present, wishes, deps);
  return {
    slots: [...present, ...absent.slots],
    findings: [
      ...gapFindings(seen, deps),
      ...doubtFindings(
        doubtful.map(({ secret }) => secret),
        seen,
        deps,
      ),
      ...[...parts, absent].flatMap(({ findings }) => findings),
      ...(wishes.someProjects ? [] : copiesAlone(copies, present, seen, deps)),
    ],
    unseen: [...seen.gaps.flatMap(({ ids }) => ids), ...doubtful.map(place => placeOf(place, seen).id)],
  };
}

/** Whether its place rules out that nodes log in with it. */
const isElsewhere = ({ secret, project }: Original): boolean => secret.cluster !== management || project !== undefined;

function ofSecret({ secret, credential, project }: Original, seen: Inventory, { clusterRegistries }: Wishes, deps: Deps<Code>): Part {
  const { cluster, metadata } = secret;
  if (project === 'none' || (seen.nodes && isNodeLogin(secret, seen.nodes))) return nothing;
  const place = placeOf({ secret, project }, seen);
  const restart = restartOf(secret, seen.nodes?.system ?? []);
  const said = `${place.title}: ${restart ?? ''}, so each new token may restart rke2 or k3s on every node of clusters that use it.`;
  const only = (finding: Finding): Part => ({ slots: [], findings: [finding] });
  if (restart && !clusterRegistries) return only(deps.finding('CLUSTER_REGISTRY', `${said} It is left alone.`));
  if (secret.immutable)
    return only(deps.finding('SECRET_IMMUTABLE', `${place.title} is immutable, so its login for ECR ends within twelve hours.`));
  const entries = ecrEntries(secret, deps);
  if (entries.length > mostLogins) return only(overfull(place.title, entries.length, deps));
  const isNormans = credential !== undefined && onlyLogin(textOf(secret) ?? '') !== undefined;
  const ref: Ref = isNormans
    ? { kind: 'credential', project: credential.project.id, id: credential.id, visible: true }
    : { kind: 'secret', cluster, namespace: metadata.namespace, name: metadata.name };
  const addresses = [...new Set(entries.map(({ address }) => address))];
  const findings = [...formFindings(place.title, addresses, deps), ...(restart ? [deps.finding('CLUSTER_REGISTRY', said)] : [])];
  const state = entries.every(isWhole) ? 'present' : 'drifted';
  return { slots: [{ ...place, registries: registriesOf(addresses, deps), state, findings, ref }], findings: [] };
}

const overfull = (title: string, entries: number, { finding }: Deps<Code>): Finding =>
  finding('SECRET_OVERFULL', `${title} has ${entries} entries for ECR, and is left alone.`);
const idInNorman = ({ cluster, metadata: { namespace, name } }: Secret): string => (cluster === management ? `${namespace}:${name}` : '');
const ecrEntries = (secret: Secret, { registry }: Deps<Code>) => (entriesIn(secret) ?? []).filter(({ address }) => registry(address));

/**
 * The finding on Secrets of the management cluster that nodes may or may not log in with: a write could restart the
 * nodes.
 */
function doubtFindings(secrets: readonly Secret[], { gaps }: Inventory, { finding }: Deps<Code>): Finding[] {
  const isTold = gaps.some(({ ids }) => ids.includes(clusterSlots(management)));
  if (secrets.length === 0 || isTold) return [];
  const names = few(secrets.map(({ metadata: { namespace, name } }) => `${namespace}/${name}`));
  const message = `The token may not see the clusters that Rancher provisioned, or its settings. So it is not known whether nodes log in with these Secrets of cluster ${management}, which are left alone: ${names}.`;
  return [finding('NOT_PERMITTED', message)];
}

const tooMuch = `Look for pull Secrets that somebody has filled, and remove them: kubectl get secrets -A --field-selector type=kubernetes.io/dockerconfigjson -o json | jq -r '.items[] | "\\(.metadata.namespace)/\\(.metadata.name) \\(.data | tostring | length)"' | sort -k 2 -n | tail`;

function gapFindings({ gaps }: Inventory, { finding }: Deps<Code>): Finding[] {
  return gaps.map(({ what, failure }) =>
    failure.code === 'FORBIDDEN' || failure.code === 'NOT_FOUND'
      ? finding('NOT_PERMITTED', `The token may not look at ${label(what)}: ${failure.message}`, failure.remedy)
      : finding('CLUSTER_DOWN', `Not looked at: ${label(what)}: ${failure.message}`, failure.code === 'TOO_LARGE' ? tooMuch : undefined),
  );
}

function formFindings(title: string, addresses: readonly string[], { registry, finding }: Deps<Code>): Finding[] {
  return addresses.flatMap(address => {
    const { stripped = [], registry: { host } = { host: '' } } = registry(address) ?? {};
    return stripped.length > 0 ? [finding('AUTHS_FORM', `${title} names ${host} with ${stripped.join(', ')}.`)] : [];
  });
}

/** The slots of a credential that Norman alone shows, with user names and without passwords. */
function ofNorman({ id, project, registries }: Credential, deps: Deps<Code>): Part {
  const addresses = Object.keys(registries);
  const ecr = addresses.filter(address => deps.registry(address));
  if (ecr.length === 0) return nothing;
  const [namespace = '', name = ''] = id.split(':');
  const place = ofProject(project, name);
  if (ecr.length > mostLogins) return { slots: [], findings: [overfull(place.title, ecr.length, deps)] };
  const state = ecr.every(address => registries[address]?.username === 'AWS') ? 'present' : 'drifted';
  const ref: Ref =
    addresses.length === 1
      ? { kind: 'credential', project: project.id, id, visible: false }
      : { kind: 'secret', cluster: management, namespace, name };
  const findings = formFindings(place.title, ecr, deps);
  return { slots: [{ ...place, registries: registriesOf(ecr, deps), state, findings, ref }], findings: [] };
}

/**
 * The findings on copies whose source is not a slot here, so that they cannot be kept fresh. A project that could not
 * be looked at is reported already.
 */
function copiesAlone(copies: readonly Secret[], slots: Slots, { gaps }: Inventory, { finding }: Deps<Code>): Finding[] {
  const alone = copies.filter(({ cluster, metadata: { name } }) => {
    const isOfProject = (id: string): boolean => id.startsWith(`${cluster}/project/`);
    return (
      !slots.some(({ id }) => isOfProject(id) && id.endsWith(`/${name}`)) && !gaps.some(({ ids }) => ids.some(id => isOfProject(`${id}/`)))
    );
  });
  return [...Map.groupBy(alone, ({ cluster }) => cluster)].map(([cluster, all]) => {
    const names = all.map(({ metadata: { namespace, name } }) => `${namespace}/${name}`);
    return finding('COPY_ALONE', `In cluster ${cluster} these are copies whose source is not seen: ${few(names)}.`);
  });
}

/**
 * The slots of wanted registries that are absent. They are looked for in the project where they would be created;
 * without such a project, anywhere.
 */
function absentOnes(seen: Inventory, slots: Slots, { project: id }: Wishes, { wanted, mayCreate, finding }: Deps<Code>): Part {
  const project = seen.projects.find(project => project.id === id);
  const around = project ? slots.filter(slot => slot.id.startsWith(`${projectSlots(project)}/`)) : slots;
  const missing = wanted.filter(({ host }) => !around.some(({ registries }) => registries.some(registry => registry.host === host)));
  const hidden = new Set(seen.gaps.flatMap(({ ids }) => ids));
  if (!project) {
    if (hidden.size > 0) return nothing;
    if (!mayCreate) return { slots: absentSlots<Ref>(missing, new Set(), { kind: 'nowhere' }), findings: [] };
    const why = id === undefined ? 'and no project is named for it' : `and the token does not see project ${id}`;
    return { slots: [], findings: missing.map(({ host }) => finding('NO_PLACE', `${host} is wanted, no secret holds it, ${why}.`)) };
  }
  // If the project is not seen completely, nothing can be called absent.
  if (hidden.has(projectSlots(project))) return nothing;
  const absent = missing.map((registry): Slot<Ref> => {
    const name = nameFor(registry.host);
    const ref: Ref = { kind: 'new', project: project.id, backing: project.backing, name };
    return { ...ofProject(project, name), registries: [registry], state: 'absent', ref };
  });
  return { slots: absent, findings: [] };
}

/** A DNS label made of a host, as Norman requires it. */
const nameFor = (host: string): string => host.replaceAll('.', '-').slice(0, 63).replace(/-+$/, '');
