import type { Registry } from '../contract/registry.ts';

/** What a client of the AWS SDK is told about the address to call. Empty: it finds it from the region, for every partition. */
export interface Endpoint {
  readonly endpoint?: string;
  readonly useFipsEndpoint?: true;
  readonly useDualstackEndpoint?: true;
}

type Spelling = Pick<Registry, 'fips' | 'dualStack'>;
type Env = Readonly<NodeJS.ProcessEnv>;

/** ECR's API: the source's own address, else as the registry host is spelled. */
export function ecrEndpoint(own: string | undefined, { fips, dualStack }: Spelling, env: Env): Endpoint {
  if (own) return { endpoint: own };
  if (overridden(env, 'ECR')) return {};
  return { ...(fips && { useFipsEndpoint: true as const }), ...(dualStack && { useDualstackEndpoint: true as const }) };
}

/** STS, for the roles of a source. Dual-stack is a matter of the registry's network, not of STS. */
export function stsEndpoint(own: string | undefined, { fips }: Spelling, env: Env): Endpoint {
  if (own) return { endpoint: own };
  return fips && !overridden(env, 'STS') ? { useFipsEndpoint: true } : {};
}

/** The environment names an address. The SDK takes it by itself, but refuses to join FIPS or dual-stack with it. */
function overridden(env: Env, service: 'ECR' | 'STS'): boolean {
  if (env['AWS_IGNORE_CONFIGURED_ENDPOINT_URLS']?.toLowerCase() === 'true') return false;
  return Boolean(env[`AWS_ENDPOINT_URL_${service}`] || env['AWS_ENDPOINT_URL']);
}
