import { startEcr } from '../../../test/fakes/ecr.ts';
import { startFakePortainer } from '../../../test/fakes/portainer.ts';
import { startRegistry } from '../../../test/fakes/registry.ts';

/** Lifetime of the demo's tokens, in milliseconds. */
export const tokenLife = 60_000;
export const region = 'eu-west-1';
/** Registries of three accounts, because a token serves every registry of its region that its principal may read. */
export const registries = [
  { name: 'ecr-shop', host: `111111111111.dkr.ecr.${region}.amazonaws.com` },
  { name: 'ecr-billing', host: `222222222222.dkr.ecr.${region}.amazonaws.com` },
  { name: 'ecr-shared', host: `333333333333.dkr.ecr.${region}.amazonaws.com` },
] as const;

/** The embedded servers: ECR, a registry that accepts its tokens, and Portainer unless the user named a real one. */
export type Parts = Awaited<ReturnType<typeof startParts>>;

export async function startParts(portainers: 'embedded' | 'real') {
  const stack = new AsyncDisposableStack();
  const ecr = stack.use(await startEcr({ ttlMs: tokenLife }));
  const door = stack.use(await startRegistry(ecr));
  const portainer = portainers === 'embedded' ? stack.use(await startPortainer(ecr)) : undefined;
  return { ecr, door, portainer, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

function startPortainer(ecr: Awaited<ReturnType<typeof startEcr>>) {
  return startFakePortainer({
    registries: registries.map(({ name, host }) => ({
      Name: name,
      URL: host,
      Authentication: true,
      Username: 'AWS',
      Password: 'expired-yesterday',
    })),
    endpoints: [{ Id: 1, Name: 'local', kind: 'docker', users: [] }],
    accepts: (host, username, password) =>
      registries.some(registry => registry.host === host) ? username === 'AWS' && ecr.judge(region, password) === 'good' : undefined,
  });
}
