import type { Clock } from '../../../src/contract/clock.ts';
import { fail } from './refusal.ts';
import type { HarborState, Row, Upstream } from './state.ts';

/**
 * Decides whether a registry accepts a user and password, for hosts that the state does not list. Returns undefined if
 * there is no such registry.
 */
export type Accepts = (host: string, username: string, password: string) => boolean | undefined | Promise<boolean | undefined>;
/** The members of a row that a health check uses. */
export type Checked = Pick<Row, 'type' | 'url' | 'credential'>;

const types =
  'harbor docker-hub docker-registry huawei-SWR google-gcr aws-ecr azure-acr ali-acr jfrog-artifactory quay gitlab dtr tencent-tcr github-ghcr volcengine-cr'.split(
    ' ',
  );
/** The types in GET /replication/adapters, which omits some. */
export const adapters: readonly string[] = types.filter(type => !['quay', 'gitlab', 'dtr'].includes(type)).sort();
/** The timeout of a TLS handshake, and how long the AWS client tries an unreachable address, in milliseconds. */
const handshakeMs = 10_000;
const awayMs = 3_000;

/**
 * Logs in at the registry of a row, as POST, PUT, ping and the health loop do. An unknown type, or an address that the
 * type does not support, is an internal error of Harbor.
 */
export function makeUpstreams(state: HarborState, clock: Clock, signal: AbortSignal, accepts?: Accepts) {
  const find = (url: string): Upstream | undefined => state.upstreams.find(upstream => origin(upstream.url) === origin(url));

  async function isHealthy({ type, url, credential }: Checked): Promise<boolean> {
    if (!types.includes(type)) fail();
    if (type === 'aws-ecr') return awsAccepts(url, credential?.access_key ?? '');
    return accepted(url, credential?.access_key ?? '', credential?.access_secret ?? '');
  }

  /** Requests `GET /v2/` without credentials, and again with them if the registry asks for any. */
  async function accepted(url: string, user: string, password: string): Promise<boolean> {
    const upstream = find(url);
    const path = pathOf(url);
    if (!upstream) return path === '' && acceptedElsewhere(url, user, password);
    const { behaviour } = upstream;
    if (behaviour === 'silent') await clock.sleep(handshakeMs, signal);
    if (['silent', 'unreachable', 'ecr-api'].includes(behaviour) || path !== '') return false;
    if (['open', 'html'].includes(behaviour) || (user === '' && password === '')) return true;
    if (behaviour === 'slow') await clock.sleep(upstream.delay_ms ?? 0, signal);
    return behaviour === 'slow' || (behaviour === 'basic' && user === upstream.user && password === upstream.password);
  }

  async function acceptedElsewhere(url: string, user: string, password: string): Promise<boolean> {
    if (!URL.canParse(url)) return false;
    const { protocol, hostname } = new URL(url);
    if (!accepts || protocol !== 'https:' || (await accepts(hostname, '', '')) === undefined) return false;
    return (user === '' && password === '') || (await accepts(hostname, user, password)) === true;
  }

  /** Requests a token from the ECR API of the region in the address. The key pair in the row belongs to an IAM user. */
  async function awsAccepts(url: string, accessKey: string): Promise<boolean> {
    const [, registry, region = '', suffix = ''] =
      /^https:\/\/(?:api\.ecr(?:-public|-fips)?|(\d+)\.dkr\.ecr(?:-fips)?)\.([a-z0-9-]+)\.(amazonaws\.com(?:\.cn)?|c2s\.ic\.gov|sc2s\.sgov\.gov)\/?$/.exec(
        url,
      ) ?? fail();
    // Without a key, core looks for an identity of its own, and has none.
    if (accessKey === '') return false;
    const api = find(`https://api.ecr.${region}.${suffix}`);
    if (api?.behaviour !== 'ecr-api') await clock.sleep(awayMs, signal);
    if (api?.behaviour !== 'ecr-api' || accessKey !== api.access_key_id) return false;
    return registry === undefined || accepted(url.replace(/\/$/, ''), api.user ?? '', api.password ?? '');
  }

  return { isHealthy, find };
}

/** Scheme, host and port, which identify an upstream. Empty for an invalid address. */
function origin(url: string): string {
  const full = url.includes('://') ? url : `http://${url}`;
  return URL.canParse(full.trim()) ? new URL(full.trim()).origin : '';
}
const pathOf = (url: string): string => /^[^:]+:\/\/[^/]*(.*)$/s.exec(url)?.[1] ?? '';
