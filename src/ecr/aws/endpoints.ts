import { Failure } from '../../contract/failures.ts';
import type { FunctionName } from '../../contract/function-name.ts';
import type { Registry } from '../../contract/registry.ts';
import type { Section, Shared } from '../keys/shared.ts';
import { type Service, usualHost, type Variant } from './addresses.ts';
import { wrongSetting } from './switches.ts';
import { type Env, namedProfile } from './variables.ts';

/** The parts of a registry's name that decide which addresses are called for it. */
export type Spelling = Pick<Registry, 'service' | 'region' | 'fips' | 'dualStack'>;

/** The API that issues the tokens of a registry. */
export const apiOf = ({ service }: Pick<Registry, 'service'>): Service => (service === 'ecr-public' ? 'ECR Public' : 'ECR');

/** The API that a source asks for tokens. */
export const apiAsked = ({
  lambda,
  service = 'ecr',
}: {
  readonly lambda?: string | undefined;
  readonly service?: Registry['service'] | undefined;
}): Service => (lambda === undefined ? apiOf({ service }) : 'Lambda');

/** Services that the SDK calls on behalf of a profile. */
type OfProfile = 'SSO' | 'SSO OIDC';

/** The addresses and settings that a source configures itself. */
export interface Own {
  readonly profile?: string | undefined;
  readonly endpoint?: string | undefined;
  readonly stsEndpoint?: string | undefined;
  readonly region?: string | undefined;
}

/** Where to call AWS and what to trust there, merged from source, environment and profile. */
export interface Settings {
  /** The address of a service. Throws MISCONFIGURED, naming both settings, where two of them contradict each other. */
  address(service: Service, region: string): URL;
  /**
   * The region whose STS is called: the registry's own; for ECR Public the configured region, by default the
   * registry's.
   */
  readonly stsRegion: string;
  /** The configured address of a service, with the name of the setting. */
  custom(service: Service): Setting | undefined;
  /** The configured address of a service that the SDK calls itself. Throws as `address` does. */
  addressSet(service: OfProfile): URL | undefined;
  /** The variants that are switched on for all services. */
  readonly switched: Variant;
  /**
   * The profile's certificate authorities for connections to AWS. undefined where AWS_CA_BUNDLE is set, which comes
   * first.
   */
  readonly caBundle: Setting | undefined;
  readonly patience: Patience;
  /** The timeout and the retries of requests to the instance metadata. */
  readonly metadata: { readonly timeoutMs: number; readonly retries: number };
}
/** How often a call is tried. */
export interface Patience {
  readonly attempts: number;
  /** Whether a retry corrects a clock that AWS says is wrong. */
  readonly corrects: 'clock' | 'nothing';
}
/** A setting of the user. `name` is for people, spelled as in the place where it is set. */
export interface Setting {
  readonly name: string;
  readonly value: string;
}

/**
 * The variant of the address that the registry's host asks for, as far as source and environment tell. Asks no server.
 */
export function variantOf(own: Own, registry: Spelling, env: Env): string {
  const { fips, dualStack } = registry;
  if (endpointSetBy(own, apiOf(registry), env)) return '';
  return [fips && 'fips', dualStack && 'dual-stack'].filter(Boolean).join('+');
}

/** The variable and the profile option that switch on FIPS for all services. The variable comes first. */
const fipsSwitch = { variable: 'AWS_USE_FIPS_ENDPOINT', option: 'use_fips_endpoint' } as const;

/**
 * Whether a token for the registry comes from a FIPS address, as far as source and environment tell. `profile`: the
 * profile decides, and the contents of its file tell identities apart. `texts` are the contents of the files with
 * profiles. Asks no server.
 */
export function fipsAsked(
  own: Own,
  registry: Pick<Spelling, 'service' | 'fips'>,
  env: Env,
  texts: readonly string[],
): 'yes' | 'no' | 'profile' {
  if (endpointSetBy(own, apiOf(registry), env)) return 'profile';
  const { variable, option } = fipsSwitch;
  if (registry.fips || env[variable] === 'true') return 'yes';
  return env[variable] && texts.some(text => text.toLowerCase().includes(option)) ? 'no' : 'profile';
}

/** The address of the token API that source or environment set. Asks no server. */
export const endpointSetBy = ({ endpoint }: Own, api: Service, env: Env): Setting | undefined =>
  endpoint ? { name: 'endpoint of the source', value: endpoint } : customByEnvironment(api, env);

/**
 * Merges the settings of source, environment and profile. Throws MISCONFIGURED for a setting of the profile that the
 * SDK would not obey. `besideAddress` says what the switches for FIPS and dual-stack do beside a configured address.
 */
export function settingsOf(
  own: Own,
  registry: Spelling,
  env: Env,
  shared: Shared,
  besideAddress: 'contradict' | 'yield' = 'contradict',
): Settings {
  const profile = namedProfile(own.profile, env) ?? 'default';
  const section = shared.settings(profile);
  const of = (option: string): string => `${option} of the profile "${profile}"`;
  const wrong = wrongSetting(section);
  if (wrong) throw new Failure('MISCONFIGURED', `${of(wrong.option)} ${wrong.why}.`, { remedy: wrong.remedy });

  const custom = (service: Service | OfProfile): Setting | undefined => {
    const option = service === 'STS' ? 'stsEndpoint' : 'endpoint';
    const value = service.startsWith('SSO') ? undefined : own[option];
    if (value) return { name: `${option} of the source`, value };
    if ((env['AWS_IGNORE_CONFIGURED_ENDPOINT_URLS'] || section['ignore_configured_endpoint_urls']) === 'true') return undefined;
    return customByEnvironment(service, env) ?? customByProfile(service, section, shared, of);
  };
  const switches = switchesOf(env, section, of);
  const addressSet = (service: Service | OfProfile): URL | undefined =>
    customAddress(service, custom(service), besideAddress === 'yield' ? [] : switches);
  const bundle = env['AWS_CA_BUNDLE'] ? undefined : section['ca_bundle'];
  return {
    custom,
    stsRegion: registry.service === 'ecr' ? registry.region : (own.region ?? (regionSet(env) || section['region'] || registry.region)),
    address: (service, region) => addressSet(service) ?? usualAddress(service, region, registry, switches),
    addressSet,
    switched: variantBy(switches),
    caBundle: bundle ? { name: of('ca_bundle'), value: bundle } : undefined,
    patience: patienceOf(env, section),
    metadata: {
      timeoutMs: 1000 * Number(env['AWS_METADATA_SERVICE_TIMEOUT'] || section['metadata_service_timeout'] || 1),
      retries: Number(env['AWS_METADATA_SERVICE_NUM_ATTEMPTS'] || section['metadata_service_num_attempts'] || 1) - 1,
    },
  };
}

const regionSet = (env: Env): string | undefined => env['AWS_REGION'] || env['AWS_DEFAULT_REGION'];

/** The region of a function, as far as its name, the source and the environment tell. */
export const regionOf = (fn: FunctionName | undefined, { region }: Pick<Own, 'region'>, env: Env): string | undefined =>
  fn?.region ?? region ?? regionSet(env);

/** The number of attempts and the correction of the clock, read as the SDK reads them. */
function patienceOf(env: Env, section: Section): Patience {
  const most = Number(env['AWS_MAX_ATTEMPTS'] || section['max_attempts'] || Number.NaN);
  return {
    attempts: Number.isInteger(most) && most > 0 ? most : 3,
    corrects: env['AWS_DISABLE_CLOCK_SKEW_CORRECTION'] === 'true' ? 'nothing' : 'clock',
  };
}

/** The name of the service as the shared files spell it. */
const idOf = (service: Service | OfProfile): string => service.toLowerCase().replaceAll(' ', '_');

function customByEnvironment(service: Service | OfProfile, env: Env): Setting | undefined {
  if (env['AWS_IGNORE_CONFIGURED_ENDPOINT_URLS'] === 'true') return undefined;
  const name = [`AWS_ENDPOINT_URL_${idOf(service).toUpperCase()}`, 'AWS_ENDPOINT_URL'].find(variable => env[variable]);
  return name === undefined ? undefined : { name, value: env[name] ?? '' };
}

function customByProfile(
  service: Service | OfProfile,
  { services, endpoint_url: all }: Section,
  shared: Shared,
  of: (option: string) => string,
) {
  const option = `${idOf(service)}.endpoint_url`;
  const value = services === undefined ? undefined : shared.section('services', services)[option];
  if (value) return { name: `endpoint_url of [services ${services}]`, value };
  return all ? { name: of('endpoint_url'), value: all } : undefined;
}

/** A switch that is on, with the name of its setting. */
interface Switch {
  readonly what: 'FIPS' | 'dual-stack';
  readonly name: string;
}

const variantBy = (switches: readonly Switch[]): Variant => ({
  fips: switches.some(({ what }) => what === 'FIPS'),
  dualStack: switches.some(({ what }) => what === 'dual-stack'),
});

/** The switches for FIPS and dual-stack that a variable or the profile turns on. */
function switchesOf(env: Env, section: Section, of: (option: string) => string): Switch[] {
  const on = (what: Switch['what'], variable: string, option: string): Switch | undefined => {
    if (env[variable]) return env[variable] === 'true' ? { what, name: `${variable}=true` } : undefined;
    return section[option] === 'true' ? { what, name: of(option) } : undefined;
  };
  return [
    on('FIPS', fipsSwitch.variable, fipsSwitch.option),
    on('dual-stack', 'AWS_USE_DUALSTACK_ENDPOINT', 'use_dualstack_endpoint'),
  ].filter(found => found !== undefined);
}

/**
 * The configured address. It is called whatever variant the registry's host asks for, because it may itself be a FIPS
 * one. Throws MISCONFIGURED where a switch contradicts it, or where it is not http or https URL.
 */
function customAddress(service: string, custom: Setting | undefined, [contrary]: readonly Switch[]): URL | undefined {
  if (!custom) return undefined;
  if (contrary)
    throw new Failure(
      'MISCONFIGURED',
      `${contrary.name} asks for the ${contrary.what} address of ${service}, and ${custom.name} sets an address: the AWS tools take one of the two.`,
      { remedy: `Remove ${contrary.name} if the address that is set is the right one; else remove ${custom.name}.` },
    );
  if (!(/^https?:\/\/[^\s/]\S*$/i.test(custom.value) && URL.canParse(custom.value)))
    throw new Failure('MISCONFIGURED', `${custom.name} is not a URL that begins with https:// or http://.`, {
      remedy: `Write the whole address of ${service}, such as https://HOST.`,
    });
  return new URL(custom.value);
}

function usualAddress(service: Service, region: string, { fips, dualStack }: Spelling, switches: readonly Switch[]): URL {
  const switched = variantBy(switches);
  // A dual-stack host concerns the network of the registry, not the network of STS.
  const variant = { fips: fips || switched.fips, dualStack: (dualStack && service !== 'STS') || switched.dualStack };
  return new URL(`https://${usualHost(service, region, variant)}`);
}
