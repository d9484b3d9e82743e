import { kubernetes } from '../../adapters/kubernetes.ts';
import { courierToken, leastRules, startFakeKubernetes } from '../fakes/kubernetes.ts';
import { type Stage, testAdapter } from './contract.ts';
import { authsOf, isWrite, optionsFor, seed, tokenFile } from './kubernetes/rig.ts';
import { absent, host, other } from './rig.ts';

/** Two namespaces that are served, whose ServiceAccounts are to name the Secret, and one that would be first if a registry were wanted. */
async function onFake(): Promise<Stage<typeof kubernetes.options>> {
  const accounts = { apiGroups: [''], resources: ['serviceaccounts'], verbs: ['list', 'watch', 'patch'], resourceNames: ['default'] };
  const rules = [...leastRules(), accounts];
  const server = await startFakeKubernetes({ namespaces: ['apps', 'team-a', 'team-b'], rules, controllers: true });
  await seed(server, 'team-a', [host]);
  await seed(server, 'team-b', [other]);
  const file = await tokenFile(courierToken);
  return {
    options: optionsFor(server.url, file.path, { serviceAccounts: ['default'] }),
    hosts: [host, other],
    absent,
    server,
    passwordOf: (slot, name) => authsOf(server, slot.id.split('/')[0] ?? '')[name]?.['password'],
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      await file[Symbol.asyncDispose]();
    },
  };
}

testAdapter({ adapter: kubernetes, start: onFake, isWrite });
