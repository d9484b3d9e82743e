import { argocd } from '../../../adapters/argocd.ts';
import type { Rule } from '../../fakes/kubernetes/access.ts';
import { courierToken, type FakeKubernetes, type KubernetesOptions, startFakeKubernetes } from '../../fakes/kubernetes.ts';
import { tokenFile } from '../kubernetes/rig.ts';
import { rigOn, type Setting } from '../rig.ts';

export type Options = Parameters<typeof argocd.create>[0];
export const namespace = 'argocd';

export const optionsFor = (url: string, file: string, more: Partial<Options> = {}): Options => ({
  url,
  tokenFile: file,
  kubeconfig: undefined,
  context: undefined,
  namespace,
  secrets: [],
  templates: 'both',
  ...more,
});

export const templateNames = (host: string): string[] => ['helm', 'oci'].map(form => `ecr-courier-${form}-${host}`);

/** The minimal rules in the namespace of Argo CD. made: hosts for which templates are made. */
export const leastRules = (...made: readonly string[]): Rule[] => [
  { apiGroups: [''], resources: ['secrets'], verbs: ['list', 'patch'], namespace },
  ...(made.length > 0
    ? [{ apiGroups: [''], resources: ['secrets'], verbs: ['create'], resourceNames: made.flatMap(templateNames), namespace }]
    : []),
];

const encoded = (values: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(values).map(([key, text]) => [key, Buffer.from(text).toString('base64')]));

/** A Secret of Argo CD with these values. */
export const made = (
  name: string,
  values: Readonly<Record<string, string>>,
  more: object = {},
  kind: 'repository' | 'repo-creds' = 'repository',
  place = namespace,
): object => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: {
    name,
    namespace: place,
    labels: { 'argocd.argoproj.io/secret-type': kind, team: 'charts' },
    annotations: { note: 'as it is' },
  },
  type: 'Opaque',
  data: encoded(values),
  ...more,
});

/** The values of a repository with Helm charts. */
export const charts = (url: string, password = 'old', more: Readonly<Record<string, string>> = {}) => ({
  url,
  name: 'charts',
  type: 'helm',
  enableOCI: 'true',
  username: 'AWS',
  password,
  ...more,
});

/** A password as ECR makes it, that ends at this time. */
export const passwordUntil = (end: Date, payload = 'p'): string =>
  Buffer.from(JSON.stringify({ payload, version: '2', expiration: Math.floor(end.getTime() / 1000) })).toString('base64');

export const valueOf = (fake: FakeKubernetes, name: string, key: string): string | undefined => fake.stored(namespace, name, key);

/** Opens a target on a fake cluster with the least rights. */
export async function rig(
  objects: readonly object[],
  more: Partial<Options> = {},
  { cluster = {}, ...setting }: Setting & { readonly cluster?: KubernetesOptions } = {},
) {
  const rules = leastRules(...(setting.wanted ?? []));
  const fake = await startFakeKubernetes({ namespaces: [namespace], objects, rules, ...cluster });
  const file = await tokenFile(courierToken);
  const opened = await rigOn(fake, deps => argocd.create(optionsFor(fake.url, file.path, more), deps as never), {
    aside: /\/version$|selfsubjectaccessreviews/,
    ...setting,
  });
  return {
    ...opened,
    async [Symbol.asyncDispose]() {
      await opened[Symbol.asyncDispose]();
      await file[Symbol.asyncDispose]();
    },
  };
}
