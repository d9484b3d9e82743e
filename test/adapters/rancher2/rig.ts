import { rancher2 } from '../../../adapters/rancher2.ts';
import { Secret } from '../../../src/contract/secret.ts';
import type { Discovery } from '../../../src/contract/target.ts';
import type { Rule, SecretSeed } from '../../fakes/rancher2/state.ts';
import { adminToken, type Rancher2Options, startFakeRancher2 } from '../../fakes/rancher2.ts';
import type { Seen } from '../../fakes/server.ts';
import { host, other, rigOn, type Setting } from '../rig.ts';

export type Options = Parameters<typeof rancher2.create>[0];
export const cluster = 'c-m-abcd1234';
export const project = { id: `${cluster}:p-xyz12`, name: 'web', backingNamespace: `${cluster}-p-xyz12` };
export const { backingNamespace: backing } = project;
export const base64 = (text: string): string => Buffer.from(text, 'latin1').toString('base64');
export const login = (password: string, username = 'AWS') => ({ username, password, auth: base64(`${username}:${password}`) });
export const config = (auths: object): Record<string, string> => ({ '.dockerconfigjson': base64(JSON.stringify({ auths })) });
export const secret = (namespace: string, name: string, auths: object, more: Partial<SecretSeed> = {}): SecretSeed => ({
  namespace,
  name,
  data: config(auths),
  ...more,
});
/** Makes the seed of a credential as Norman stores it. */
export const credential = (name: string, auths: object, more: Partial<SecretSeed> = {}): SecretSeed =>
  secret(backing, name, auths, {
    labels: { 'cattle.io/creator': 'norman' },
    annotations: { 'field.cattle.io/projectId': project.id },
    ...more,
  });
/** The metadata of a project-scoped secret of the dashboard: it has the label, and Norman does not know it. */
export const scoped = { labels: { 'management.cattle.io/project-scoped-secret': 'p-xyz12' } };
export const copy = { annotations: { 'management.cattle.io/project-scoped-secret-copy': 'true', 'secret.user.cattle.io/secret': 'true' } };

/** A Rancher with one cluster and one project. */
export const world = (local: readonly SecretSeed[] = [], downstream: readonly SecretSeed[] = []): Rancher2Options => ({
  clusters: [
    { id: 'local', secrets: local, namespaces: [{ name: backing }] },
    { id: cluster, name: 'production', secrets: downstream, namespaces: [{ name: 'team-a' }, { name: 'team-b' }] },
  ],
  projects: [project],
});

/** The rights of a member of the project who may manage its secrets: nothing cluster-wide. */
export const memberRules: readonly Rule[] = [
  { apiGroups: ['management.cattle.io'], resources: ['clusters'], verbs: ['get'], resourceNames: [cluster] },
  { apiGroups: ['management.cattle.io'], resources: ['projects'], verbs: ['get'], resourceNames: ['p-xyz12'], namespace: cluster },
  { resources: ['namespaces'], verbs: ['get'], resourceNames: ['team-a'] },
  { resources: ['secrets'], verbs: ['*'], namespace: backing },
  { resources: ['secrets'], verbs: ['get', 'list', 'patch'], namespace: 'team-a' },
];
export const memberToken = 'token-membr:secret-of-the-member';
export const asMember: Pick<Rancher2Options, 'users' | 'tokens'> = {
  users: [{ name: 'user-membr', rules: memberRules }],
  tokens: [{ name: 'token-membr', secret: 'secret-of-the-member', user: 'user-membr' }],
};

export const optionsFor = (url: string, more: Partial<Options> = {}): Options => ({
  url,
  token: new Secret(adminToken),
  clusters: [],
  projects: [],
  namespaces: [],
  project: undefined,
  clusterRegistries: false,
  ...more,
});

/** Whether a request may change something. Dry runs and SelfSubjectAccessReviews do not. */
export const isWrite = ({ method, path }: Pick<Seen, 'method' | 'path'>): boolean =>
  method !== 'GET' && !/dryRun=All|selfsubjectaccessreviews$/.test(path);
export const single = [credential('ecr-a', { [host]: login('old-a') }), credential('ecr-b', { [other]: login('old-b') })];
export const both = { [host]: login('old-a'), 'index.docker.io': login('theirs', 'someone'), [other]: login('old-b') };

export interface Setup extends Rancher2Options {
  readonly options?: Partial<Options>;
  readonly wanted?: readonly string[];
  readonly creates?: Setting['creates'];
}
export async function rig({ options, wanted, creates, ...setup }: Setup) {
  const fake = await startFakeRancher2(setup);
  const open = await rigOn(fake, deps => rancher2.create(optionsFor(fake.url, options), deps), { wanted, creates, clock: setup.clock });
  /** Requests that may change something. */
  const writes = (): Seen[] => fake.requests.filter(isWrite);
  return { ...open, writes };
}

export const idsOf = ({ slots }: Discovery): string[] => slots.map(({ id }) => id).sort();
export const auths = (text: string | undefined): unknown => (JSON.parse(text ?? 'null') as { auths?: unknown } | null)?.auths;
export const projectSlot = (name: string): string => `${cluster}/project/p-xyz12/${name}`;
export const hidden = 'TOKEN_END_UNKNOWN';
