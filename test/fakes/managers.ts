import { startFakeHarbor } from './harbor.ts';
import { adminKey, startFakePortainer } from './portainer.ts';
import { startFakeRancher } from './rancher.ts';
import { managementId, plant } from './rancher2/state.ts';
import { adminToken, startFakeRancher2 } from './rancher2.ts';
import type { FakeServer } from './server.ts';

/** A fake manager of any kind. It holds a registry with an old password for each of some ECR hosts. */
export interface Manager {
  readonly fake: FakeServer;
  /** The secret of the valid login. */
  readonly key: string;
  /** Returns its target configuration, with another secret if one is given. */
  target(key?: string): { readonly kind: string };
  /** Returns the password that a pull from this host would use. */
  passwordOf(host: string): string | undefined;
}

/** Starts a manager with these hosts. `accepts`: whether a registry accepts a password, for managers that try it. */
type Start = (hosts: readonly string[], accepts: (host: string, password: string) => boolean) => Promise<Manager>;

const cluster = 'c-m-abcd1234';
const project = { id: `${cluster}:p-xyz12`, name: 'web', backingNamespace: `${cluster}-p-xyz12` };

/** One manager of each kind. Rancher 2 has one for each way in which it stores registries. */
export const managers = {
  portainer: async hosts => {
    const registries = hosts.map(host => ({ Name: host, URL: host, Authentication: true, Username: 'AWS', Password: 'old' }));
    const fake = await startFakePortainer({ registries });
    return {
      fake,
      key: adminKey,
      target: (apiKey = adminKey) => ({ kind: 'portainer', url: fake.url, allowHttp: true, apiKey }),
      passwordOf: host => fake.rows().find(({ URL }) => URL === host)?.Password,
    };
  },

  harbor: async (hosts, accepts) => {
    const key = 'Courier-Robot-1';
    const fake = await startFakeHarbor({
      robots: [{ name: 'robot$courier', secret: key, access: ['registry:list', 'registry:read', 'registry:update', 'robot:list'] }],
      registries: hosts.map(host => ({
        name: host,
        url: `https://${host}`,
        credential: { type: 'basic', access_key: 'AWS', access_secret: 'old' },
      })),
      accepts: (host, _, password) => accepts(host, password),
    });
    const idOf = (host: string): number => fake.state.registries.find(({ url }) => url === `https://${host}`)?.id ?? 0;
    return {
      fake,
      key,
      target: (password = key) => ({ kind: 'harbor', url: fake.url, allowHttp: true, username: 'robot$courier', password }),
      passwordOf: host => fake.secretOf(idOf(host)),
    };
  },

  rancher: async hosts => {
    const key = 'environment-secret-1234';
    const fake = await startFakeRancher({
      accessControl: true,
      keys: [{ access: 'ENVKEY', secret: key, account: '1a5', accountKind: 'project', state: 'active' }],
      registries: hosts.map((serverAddress, at) => ({ id: `1sp${at + 1}`, serverAddress })),
      credentials: hosts.map((_, at) => ({ id: `1c${at + 1}`, registryId: `1sp${at + 1}` })),
    });
    return {
      fake,
      key,
      target: (secretKey = key) => ({ kind: 'rancher', url: fake.url, allowHttp: true, accessKey: 'ENVKEY', secretKey }),
      passwordOf: host => fake.pullsWith('1a5', host)?.values['secretValue'] ?? undefined,
    };
  },

  'rancher2, projects': hosts =>
    startRancher2(hosts, managementId, project.backingNamespace, {
      labels: { 'cattle.io/creator': 'norman' },
      annotations: { 'field.cattle.io/projectId': project.id },
    }),
  'rancher2, namespaces': hosts => startRancher2(hosts, cluster, 'team-a', {}),
} satisfies Record<string, Start>;

/** Starts a Rancher 2 with a cluster and a project, and a Secret for each host in one namespace. */
async function startRancher2(hosts: readonly string[], home: string, namespace: string, more: object): Promise<Manager> {
  const fake = await startFakeRancher2({
    clusters: [
      { id: managementId, namespaces: [{ name: project.backingNamespace }] },
      { id: cluster, name: 'production', namespaces: [{ name: 'team-a' }] },
    ],
    projects: [project],
  });
  for (const name of hosts) {
    const auths = { [name]: { username: 'AWS', password: 'old', auth: Buffer.from('AWS:old').toString('base64') } };
    const data = { '.dockerconfigjson': Buffer.from(JSON.stringify({ auths })).toString('base64') };
    plant(fake.cluster(home), { namespace, name, data, ...more });
  }
  return {
    fake,
    key: adminToken,
    target: (token = adminToken) => ({ kind: 'rancher2', url: fake.url, allowHttp: true, token }),
    passwordOf(host) {
      const config = JSON.parse(fake.stored(home, namespace, host) ?? '{}') as { auths?: Record<string, { password: string }> };
      return config.auths?.[host]?.password;
    },
  };
}
