import type { Diagnosis } from './diagnosis.ts';
import type { Facts } from './facts.ts';
import type { Situation } from './situation.ts';
import { argocd } from './situations/argocd.ts';
import { bearers } from './situations/bearers.ts';
import { buildTools } from './situations/build-tools.ts';
import { busy } from './situations/busy.ts';
import { caches } from './situations/caches.ts';
import { charts } from './situations/charts.ts';
import { clients } from './situations/clients.ts';
import { cloudfront } from './situations/cloudfront.ts';
import { courier } from './situations/courier.ts';
import { denials } from './situations/denials.ts';
import { dns } from './situations/dns.ts';
import { doors } from './situations/doors.ts';
import { harbor } from './situations/harbor.ts';
import { helpers } from './situations/helpers.ts';
import { keyPlaces } from './situations/key-places.ts';
import { keys } from './situations/keys.ts';
import { kubernetes } from './situations/kubernetes.ts';
import { lambda } from './situations/lambda.ts';
import { lambdaImages } from './situations/lambda-images.ts';
import { layers } from './situations/layers.ts';
import { logins } from './situations/logins.ts';
import { machines } from './situations/machines.ts';
import { managers } from './situations/managers.ts';
import { manifests } from './situations/manifests.ts';
import { missing } from './situations/missing.ts';
import { names } from './situations/names.ts';
import { network } from './situations/network.ts';
import { noKeys } from './situations/no-keys.ts';
import { nodes } from './situations/nodes.ts';
import { refusedOurs, unknownOurs } from './situations/ours.ts';
import { passwords } from './situations/passwords.ts';
import { policies } from './situations/policies.ts';
import { proxies } from './situations/proxies.ts';
import { publicRegistry } from './situations/public.ts';
import { publicLogins } from './situations/public-logins.ts';
import { pushNames } from './situations/push-names.ts';
import { pushes } from './situations/pushes.ts';
import { registry } from './situations/registry.ts';
import { runtimes } from './situations/runtimes.ts';
import { services } from './situations/services.ts';
import { sessions } from './situations/sessions.ts';
import { setup } from './situations/setup.ts';
import { taken } from './situations/taken.ts';
import { tasks } from './situations/tasks.ts';
import { tls } from './situations/tls.ts';
import { tokens } from './situations/tokens.ts';
import { units } from './situations/units.ts';
import { unshown } from './situations/unshown.ts';
import { webIdentities } from './situations/web-identities.ts';

/** A group of rows, under one heading of the page. */
interface Chapter {
  readonly title: string;
  readonly situations: readonly Situation[];
}

/**
 * The table of situations. The first row that explains the facts wins: first what AWS itself said, then why it could
 * not be reached, then what other programs say of themselves, then what the registry said without a reason.
 */
export const chapters: readonly Chapter[] = [
  { title: 'What `check` finds of a login', situations: refusedOurs },
  { title: 'IAM refuses', situations: denials },
  { title: 'Web identities and MFA', situations: webIdentities },
  { title: 'The AWS session is over', situations: sessions },
  { title: 'AWS does not accept the keys', situations: keys },
  { title: 'There are no AWS keys', situations: [...keyPlaces, ...noKeys] },
  { title: 'The container runtime', situations: runtimes },
  { title: 'Layers in S3', situations: layers },
  { title: 'Names of images', situations: names },
  { title: 'Pull-through caches', situations: caches },
  { title: 'Pushes', situations: [...pushes, ...pushNames] },
  { title: 'Manifests and layers that are pushed', situations: manifests },
  { title: 'Bearer tokens', situations: bearers },
  { title: 'ECR Public', situations: [...cloudfront, ...publicLogins, ...publicRegistry] },
  { title: 'Proxies and mirrors', situations: proxies },
  { title: 'TLS', situations: tls },
  { title: 'DNS', situations: dns },
  { title: 'The network', situations: network },
  { title: 'Managers, and the courier itself', situations: managers },
  { title: 'Harbor', situations: harbor },
  { title: 'systemd', situations: units },
  { title: 'Logins and credential helpers', situations: [...helpers, ...logins] },
  { title: 'Docker login and Swarm', situations: clients },
  { title: 'Lambda', situations: [...lambda, ...lambdaImages] },
  { title: 'Policies', situations: policies },
  { title: 'Repositories are set up', situations: setup },
  { title: 'The machine that pulls', situations: machines },
  { title: 'Helm', situations: charts },
  { title: 'Argo CD', situations: argocd },
  { title: 'The registry does not have it', situations: missing },
  { title: 'The registry throttles requests', situations: busy },
  { title: 'What a node pulls for itself', situations: nodes },
  { title: 'The registry takes the login, and refuses the pull', situations: taken },
  { title: 'The registry refuses the login', situations: [...doors, ...tokens, ...passwords] },
  { title: 'The registry refuses', situations: [...registry, ...unshown] },
  { title: 'Services that pull and build', situations: [...tasks, ...services, ...buildTools] },
  { title: 'Kubernetes', situations: kubernetes },
  { title: 'What `check` finds besides', situations: unknownOurs },
  { title: 'Any other failure of ecr-courier', situations: courier },
];

export const situations: readonly Situation[] = chapters.flatMap(({ situations: rows }) => rows);

export function explained(facts: Facts): Diagnosis | undefined {
  for (const { explain } of situations) {
    const diagnosis = explain(facts);
    if (diagnosis) return diagnosis;
  }
  return undefined;
}
