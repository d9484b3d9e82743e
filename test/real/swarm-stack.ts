import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { freePort } from './socket-proxy.ts';
import { programs, type RealSwarm } from './swarm.ts';

const guide = join(import.meta.dirname, '../../deploy/swarm');
const nobodyKnows = ['aws-key-id', 'aws-secret-key'] as const;

interface Service {
  image: string;
  entrypoint?: readonly string[];
  volumes: readonly { readonly type: string; readonly source?: string; readonly target: string }[];
  networks: readonly string[];
}
interface Stack {
  readonly services: Record<'socket-proxy' | 'ecr-courier', Service>;
  networks: Record<string, unknown>;
}

/** The container of a service, in the form of the engine's API. */
export interface Container {
  readonly ReadOnly?: boolean;
  readonly Mounts?: readonly { readonly Type: string; readonly Target: string }[];
  readonly Secrets?: readonly { readonly SecretName: string }[];
}

export interface RealStack extends AsyncDisposable {
  /** The URL of the stack's proxy. */
  readonly url: string;
  container(service: string): Promise<Container>;
}

/**
 * Deploys the stack of the guide with AWS keys. Its images are not available, and this engine cannot run an overlay
 * network, so the proxy is the nginx of this machine on a free port. Everything else is as in the guide.
 */
export async function deployStack(swarm: RealSwarm, name: string, image: string): Promise<RealStack> {
  const folder = await mkdtemp(join(tmpdir(), 'courier-stack-'));
  const port = await freePort();
  const conf = await readFile(join(guide, 'socket-proxy.conf'), 'utf8');
  await writeFile(join(folder, 'socket-proxy.conf'), conf.replace('listen 2375;', `listen 127.0.0.1:${port};`));
  const text = await readFile(join(guide, 'stack.yml'), 'utf8');
  const stack = parse(text.replace(/^( *)# (?=AWS_|secrets:| {2}aws-)/gm, '$1')) as Stack;
  const proxy = stack.services['socket-proxy'];
  const bound = [...programs, '/etc/passwd', '/etc/group'].map(at => ({ type: 'bind', source: at, target: at, read_only: true }));
  const written = proxy.volumes.map(one => (one.target === '/var/run/docker.sock' ? { ...one, source: swarm.socket } : one));
  const nginx = ['/usr/sbin/nginx', '-g', 'daemon off;'];
  Object.assign(proxy, { image, entrypoint: nginx, volumes: [...written, ...bound], networks: ['machine'] } satisfies Service);
  stack.networks = { ...stack.networks, machine: { external: true, name: 'host' } };
  const file = join(folder, 'stack.yml');
  await writeFile(file, stringify(stack));
  for (const secret of nobodyKnows) {
    await writeFile(join(folder, secret), 'of-nobody');
    await swarm.docker('secret', 'create', secret, join(folder, secret));
  }
  await swarm.docker('stack', 'deploy', '--resolve-image=never', '--with-registry-auth', '-c', file, name);
  return {
    url: `http://127.0.0.1:${port}`,
    container: async service =>
      JSON.parse(await swarm.docker('service', 'inspect', `${name}_${service}`, '--format', '{{json .Spec.TaskTemplate.ContainerSpec}}')),
    async [Symbol.asyncDispose]() {
      await swarm.docker('stack', 'rm', name);
      await rm(folder, { recursive: true });
    },
  };
}
