import { type Deps, defineAdapter } from '../src/contract/adapter.ts';
import type { Credentials } from '../src/contract/credential.ts';
import type { Registry } from '../src/contract/registry.ts';
import type { Target } from '../src/contract/target.ts';
import type { Api } from './rancher2/api.ts';
import { type Code, findings } from './rancher2/findings.ts';
import { takeInventory } from './rancher2/inventory.ts';
import { makeLook } from './rancher2/key.ts';
import type { Ref } from './rancher2/slots.ts';
import { survey } from './rancher2/survey.ts';
import { makeWriter } from './rancher2/write.ts';

export const rancher2 = defineAdapter({
  kind: 'rancher2',
  doc: 'Rancher 2: keeps the ECR logins of its projects, and of the Secrets in its clusters, fresh.',
  options: {
    url: { doc: 'Address of Rancher.', format: 'url', env: 'RANCHER_URL' },
    token: { doc: 'API token without a scope, whole: token-xxxxx:secret.', format: 'secret', env: 'RANCHER_TOKEN' },
    clusters: {
      doc: 'Only these clusters, by name or id; `*` stands for anything, `?` for one character. All that the token sees unless given.',
      format: 'strings',
      default: [],
    },
    projects: {
      doc: 'Only the secrets of these projects, by name or id (p-xyz12, or c-m-abcd1234:p-xyz12).',
      format: 'strings',
      default: [],
    },
    namespaces: { doc: 'Only Secrets in these namespaces. The secrets of projects do not depend on it.', format: 'strings', default: [] },
    project: {
      doc: 'Where credentials for `registries` are created that are not there: id of a project, CLUSTER:PROJECT.',
      format: 'string',
      default: null,
      env: 'RANCHER_PROJECT',
    },
    clusterRegistries: {
      doc: 'Also writes the logins of the nodes of RKE2 and K3s clusters. Each new token then restarts rke2 or k3s on every node.',
      format: 'boolean',
      default: false,
    },
  },
  limits: { concurrency: 8, discoverMs: 60_000, deliverMs: 30_000 },
  keyHint: 'create it at Account & API Keys > Create API Key, with "No Scope"',
  findings,
  create({ url, token, clusters, projects, namespaces, project, clusterRegistries }, deps: Deps<Code>): Target<Ref> {
    const address = url.replace(/(\/v3)?\/*$/, '');
    const http = deps.http({ url: address, headers: { Authorization: `Bearer ${token.reveal()}`, Accept: 'application/json' } });
    const api: Api = { http, address };
    const look = makeLook(api, token, deps);
    const writer = makeWriter(api, deps);

    return {
      address,
      async discover(signal) {
        const inventory = await takeInventory(api, { clusters, projects, namespaces, clusterRegistries }, deps, signal);
        const {
          slots,
          findings: found,
          unseen = [],
        } = survey(inventory, { project, clusterRegistries, someProjects: projects.length > 0 }, deps);
        const { about, findings: told } = await look(signal);
        return { slots, findings: [...found, ...told], unseen, about };
      },
      async deliver({ ref, registries }, credentials, signal) {
        const given = among(registries, credentials);
        return ref.kind === 'nowhere' || given.size === 0 ? { change: 'unchanged' } : writer.write(ref, given, signal);
      },
      async rehearse({ ref, registries }, credentials, signal) {
        const given = among(registries, credentials);
        return ref.kind === 'nowhere' || given.size === 0 ? { change: 'unchanged' } : writer.rehearse(ref, given, signal);
      },
    };
  },
});

/** The credentials that belong in the slot. */
function among(registries: readonly Registry[], credentials: Credentials): Credentials {
  return new Map(
    registries.flatMap(({ host }) => {
      const credential = credentials.get(host);
      return credential ? [[host, credential] as const] : [];
    }),
  );
}
