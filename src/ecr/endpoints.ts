import { Failure } from '../contract/failures.ts';
import type { Registry } from '../contract/registry.ts';
import type { Section, Shared } from './shared.ts';
import { wrongSetting } from './switches.ts';
import { type Env, namedProfile } from './variables.ts';

/**
 * What a client of the AWS SDK is told about the address to call. Empty: it finds it from the region, for every
 * partition.
 */
export interface Endpoint {
  readonly endpoint?: string;
  readonly useFipsEndpoint?: true;
  readonly useDualstackEndpoint?: true;
}
export type Service = 'ECR' | 'STS';

type Spelling = Pick<Registry, 'fips' | 'dualStack'>;

/** What a source says of its own addresses and settings. */
export interface Own {
  readonly profile?: string | undefined;
  readonly endpoint?: string | undefined;
  readonly stsEndpoint?: string | undefined;
}

/** Where to call, and what to trust there: from source, environment and profile. */
export interface Settings {
  /** Throws MISCONFIGURED, naming both, where two settings contradict each other. */
  endpoint(service: Service): Endpoint;
  /** The address that somebody set, with the name of the setting. */
  custom(service: Service): Setting | undefined;
  /** Authorities for connections to AWS, of the profile: AWS_CA_BUNDLE comes first. */
  readonly caBundle: Setting | undefined;
}
/** `name`: for people, as it is written where it stands. */
export interface Setting {
  readonly name: string;
  readonly value: string;
}

/** The variant of the address that the host asks for, as far as source and environment tell. Offline. */
export function variantOf(own: Own, { fips, dualStack }: Spelling, env: Env): string {
  if (endpointSetBy(own, env)) return '';
  return [fips && 'fips', dualStack && 'dual-stack'].filter(Boolean).join('+');
}

/** The address of ECR that source or environment set. Offline. */
export const endpointSetBy = ({ endpoint }: Own, env: Env): Setting | undefined =>
  endpoint ? { name: 'endpoint of the source', value: endpoint } : customByEnvironment('ECR', env);

/** Throws MISCONFIGURED for a setting of the profile that the SDK would not obey. */
export function settingsOf(own: Own, registry: Spelling, env: Env, shared: Shared): Settings {
  const profile = namedProfile(own.profile, env) ?? 'default';
  const section = shared.settings(profile);
  const of = (option: string): string => `${option} of the profile "${profile}"`;
  const wrong = wrongSetting(section);
  if (wrong) throw new Failure('MISCONFIGURED', `${of(wrong.option)} ${wrong.why}.`, { remedy: wrong.remedy });

  const custom = (service: Service): Setting | undefined => {
    const [option, value] = service === 'ECR' ? ['endpoint', own.endpoint] : ['stsEndpoint', own.stsEndpoint];
    if (value) return { name: `${option} of the source`, value };
    if ((env['AWS_IGNORE_CONFIGURED_ENDPOINT_URLS'] || section['ignore_configured_endpoint_urls']) === 'true') return undefined;
    return customByEnvironment(service, env) ?? customByProfile(service, section, shared, of);
  };
  const bundle = env['AWS_CA_BUNDLE'] ? undefined : section['ca_bundle'];
  return {
    custom,
    endpoint: service => endpointOf(service, custom(service), registry, switchesOf(env, section, of)),
    caBundle: bundle ? { name: of('ca_bundle'), value: bundle } : undefined,
  };
}

function customByEnvironment(service: Service, env: Env): Setting | undefined {
  if (env['AWS_IGNORE_CONFIGURED_ENDPOINT_URLS'] === 'true') return undefined;
  const name = [`AWS_ENDPOINT_URL_${service}`, 'AWS_ENDPOINT_URL'].find(variable => env[variable]);
  return name === undefined ? undefined : { name, value: env[name] ?? '' };
}

function customByProfile(service: Service, { services, endpoint_url: all }: Section, shared: Shared, of: (option: string) => string) {
  const option = `${service.toLowerCase()}.endpoint_url`;
  const value = services === undefined ? undefined : shared.section('services', services)[option];
  if (value) return { name: `endpoint_url of [services ${services}]`, value };
  return all ? { name: of('endpoint_url'), value: all } : undefined;
}

/** Which of FIPS and dual-stack somebody switched on, by variable or profile. */
function switchesOf(env: Env, section: Section, of: (option: string) => string): { readonly what: string; readonly name: string }[] {
  const on = (what: string, variable: string, option: string) => {
    if (env[variable]) return env[variable] === 'true' ? { what, name: `${variable}=true` } : undefined;
    return section[option] === 'true' ? { what, name: of(option) } : undefined;
  };
  return [
    on('FIPS', 'AWS_USE_FIPS_ENDPOINT', 'use_fips_endpoint'),
    on('dual-stack', 'AWS_USE_DUALSTACK_ENDPOINT', 'use_dualstack_endpoint'),
  ].filter(found => found !== undefined);
}

/** The address that somebody set is called whatever the host's spelling; it can be a FIPS one. */
function endpointOf(
  service: Service,
  custom: Setting | undefined,
  { fips, dualStack }: Spelling,
  switches: readonly { readonly what: string; readonly name: string }[],
): Endpoint {
  const [contrary] = switches;
  if (custom && contrary)
    throw new Failure(
      'MISCONFIGURED',
      `${contrary.name} asks for the ${contrary.what} address of ${service}, and ${custom.name} sets an address: the AWS SDK takes one of the two.`,
      { remedy: `Remove ${contrary.name} if the address that is set is the right one; else remove ${custom.name}.` },
    );
  if (custom && !(/^https?:\/\/[^\s/]\S*$/i.test(custom.value) && URL.canParse(custom.value)))
    throw new Failure('MISCONFIGURED', `${custom.name} is no URL that begins with https:// or http://.`, {
      remedy: `Write the whole address of ${service}, such as https://HOST.`,
    });
  if (custom) return { endpoint: custom.value };
  // Dual-stack is a matter of the registry's network, not of STS.
  return {
    ...(fips && { useFipsEndpoint: true as const }),
    ...(dualStack && service === 'ECR' && { useDualstackEndpoint: true as const }),
  };
}
