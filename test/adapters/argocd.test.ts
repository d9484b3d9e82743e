import { argocd } from '../../adapters/argocd.ts';
import { courierToken, startFakeKubernetes } from '../fakes/kubernetes.ts';
import { charts, leastRules, made, namespace, optionsFor, valueOf } from './argocd/rig.ts';
import { type Stage, testAdapter } from './contract.ts';
import { isWrite, tokenFile } from './kubernetes/rig.ts';
import { absent, host, other } from './rig.ts';

/** Starts a cluster with an Argo CD that has a repository for one host and credentials for another. */
async function start(): Promise<Stage<typeof argocd.options>> {
  const objects = [made('charts', charts(`${host}/charts`)), made('others', charts(`${other}/`), {}, 'repo-creds')];
  const server = await startFakeKubernetes({ namespaces: [namespace], objects, rules: leastRules(absent) });
  const file = await tokenFile(courierToken);
  return {
    options: optionsFor(server.url, file.path, { templates: 'helm' }),
    hosts: [host, other],
    absent,
    server,
    passwordOf: ({ ref }) => valueOf(server, (ref as { readonly name: string }).name, 'password'),
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      await file[Symbol.asyncDispose]();
    },
  };
}

testAdapter({ adapter: argocd, start, isWrite, versioned: true });
