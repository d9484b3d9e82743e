/**
 * Made by `parseAddress` only. `host`: bare, lower case, as images spell it (an alias keeps its own name; account and
 * region are those behind it).
 */
export interface Registry {
  readonly host: string;
  readonly service: 'ecr' | 'ecr-public';
  readonly account?: string;
  readonly region: string;
  readonly partition: string;
  /** The spelling asks for FIPS endpoints. */
  readonly fips: boolean;
  /** The suffix is a dual-stack one (`on.aws`). */
  readonly dualStack: boolean;
}

/**
 * What a stored address means, and what had to be taken off to see it: a manager that compares exactly never matches
 * such a form.
 */
export interface Address {
  readonly registry: Registry;
  /** `:443`, as it is written; empty where there is none. To clients a host with a port is a registry of its own. */
  readonly port: string;
  /** The host as it is spelled, with its port: clients look logins up so. */
  readonly spelled: string;
  readonly stripped: readonly ('scheme' | 'port' | 'path' | 'case' | 'blank' | 'dot')[];
}

/** Other names of registries: host as images spell it to the ECR host behind it. */
export type Aliases = ReadonlyMap<string, string>;

/**
 * Partitions by the suffix of their registry hosts (botocore partitions.json 1.43; amazon-ecr-credential-helper 0.12
 * api/client.go).
 * `on.aws` and `on.amazonwebservices.com.cn` are the dual-stack names; GovCloud shares the commercial suffixes and
 * shows in the region.
 */
const suffixes: Readonly<Record<string, { partition: string; dualStack: boolean }>> = {
  'amazonaws.com': { partition: 'aws', dualStack: false },
  'on.aws': { partition: 'aws', dualStack: true },
  'amazonaws.com.cn': { partition: 'aws-cn', dualStack: false },
  'on.amazonwebservices.com.cn': { partition: 'aws-cn', dualStack: true },
  'amazonaws.eu': { partition: 'aws-eusc', dualStack: false },
  'c2s.ic.gov': { partition: 'aws-iso', dualStack: false },
  'sc2s.sgov.gov': { partition: 'aws-iso-b', dualStack: false },
  'cloud.adc-e.uk': { partition: 'aws-iso-e', dualStack: false },
  'csp.hci.ic.gov': { partition: 'aws-iso-f', dualStack: false },
};

/** Beginnings of regions outside the commercial partition, and the suffix of their hosts. */
const foreign: readonly (readonly [start: string, suffix: string])[] = [
  ['cn-', 'amazonaws.com.cn'],
  ['eusc-', 'amazonaws.eu'],
  ['us-iso-', 'c2s.ic.gov'],
  ['us-isob-', 'sc2s.sgov.gov'],
  ['eu-isoe-', 'cloud.adc-e.uk'],
  ['us-isof-', 'csp.hci.ic.gov'],
];

/** Of the hosts of a region, by its beginning: regions come faster than releases of ours. */
const suffixOf = (region: string): string => foreign.find(([start]) => region.startsWith(start))?.[1] ?? 'amazonaws.com';
const partitionOf = (region: string): string | undefined => suffixes[suffixOf(region)]?.partition;

/** The plain host of an account's private registry in a region. */
export const privateRegistryHost = (account: string, region: string): string => `${account}.dkr.ecr.${region}.${suffixOf(region)}`;

/** The account of nobody. */
export const noAccount = '000000000000';

/**
 * The Go helper takes `dkr-ecr` and `dkr.ecr` with either kind of suffix, so images are named so (amazon-ecr-
 * credential-helper 0.12, recorded); the suffix says which API is asked.
 */
const privateHost = /^(?<account>\d{12})\.dkr[.-]ecr(?<fips>-fips)?\.(?<region>[a-z]{2,}(?:-[a-z]+)+-\d{1,2})\.(?<suffix>[a-z0-9.-]+)$/;
const publicHosts: Readonly<Record<string, boolean>> = { 'public.ecr.aws': false, 'ecr-public.aws.com': true };

const escaped = (suffix: string): string => suffix.replaceAll('.', String.raw`\.`);
const either = (texts: readonly string[]): string => `(${texts.join('|')})`;
const suffixesOf = (partition: string): string[] => Object.keys(suffixes).filter(suffix => suffixes[suffix]?.partition === partition);

/**
 * For those who cannot ask `parseAddress`, patterns that Go reads as well. host: what it takes, in any case, and
 * regions of other partitions with the suffixes of the commercial one. stray: a host with such a region.
 */
export const hostPatterns = {
  host: `(?i:${either([
    String.raw`[0-9]{12}\.dkr[.-]ecr(-fips)?\.${either([
      String.raw`[a-z]{2,}(-[a-z]+)+-[0-9]{1,2}\.${either(suffixesOf('aws').map(escaped))}`,
      ...foreign.map(
        ([start, suffix]) =>
          String.raw`${start}([a-z]+-)*[0-9]{1,2}\.${either(suffixesOf(suffixes[suffix]?.partition ?? '').map(escaped))}`,
      ),
    ])}`,
    ...Object.keys(publicHosts).map(escaped),
  ])})`,
  stray: `(?i:${String.raw`[0-9]{12}\.dkr[.-]ecr(-fips)?\.${either(foreign.map(([start]) => start))}[a-z-]*[0-9]{1,2}\.${either(suffixesOf('aws').map(escaped))}`})`,
};

/**
 * A bare, lower-case host as a registry; undefined when it is none of ECR's. Look-alikes with a foreign suffix are
 * none.
 */
function parseHost(host: string): Registry | undefined {
  const publicDualStack = publicHosts[host];
  if (publicDualStack !== undefined)
    return { host, service: 'ecr-public', region: 'us-east-1', partition: 'aws', fips: false, dualStack: publicDualStack };
  const parts = privateHost.exec(host)?.groups;
  const suffix = parts?.suffix === undefined || !Object.hasOwn(suffixes, parts.suffix) ? undefined : suffixes[parts.suffix];
  if (!parts?.account || !parts.region || !suffix) return undefined;
  if (suffix.partition !== partitionOf(parts.region)) return undefined;
  const partition = parts.region.startsWith('us-gov-') ? 'aws-us-gov' : suffix.partition;
  return {
    host,
    service: 'ecr',
    account: parts.account,
    region: parts.region,
    partition,
    fips: parts.fips !== undefined,
    dualStack: suffix.dualStack,
  };
}

/** So many addresses are remembered: the managers of one house name the same few hosts again and again. */
const remembered = 20_000;
/** In characters: addresses with long paths would fill the memory. */
const longestRemembered = 1024;

/** As `parseAddress`, with the same answer to the same question: thousands of rows share one registry. */
export function addressReader(aliases: Aliases): (address: string) => Address | undefined {
  const known = new Map<string, Address>();
  return address => {
    const before = known.get(address);
    if (before) return before;
    const read = parseAddress(address, aliases);
    if (known.size >= remembered) known.clear();
    if (read && address.length <= longestRemembered) known.set(address, read);
    return read;
  };
}

/** A host has at most 253 characters; a dot and a port may follow. What is longer is not looked at. */
const longestHost = 260;

/**
 * Reads any stored form (`https://HOST:443/team/`, blanks, upper case, a trailing dot); undefined when the host is not
 * ECR's.
 */
export function parseAddress(address: string, aliases: Aliases = new Map()): Address | undefined {
  const stripped: Address['stripped'][number][] = [];
  const strip = (text: string, what: Address['stripped'][number], pattern: RegExp): string => {
    const rest = text.replace(pattern, '');
    if (rest !== text) stripped.push(what);
    return rest;
  };
  let host = address.trim();
  if (host !== address) stripped.push('blank');
  host = strip(host, 'scheme', /^[a-z][a-z0-9+.-]*:\/\//i);
  host = strip(host, 'path', /[/?#].*$/s);
  if (host.length > longestHost) return undefined;
  const spelled = host;
  const port = /:\d+$/.exec(host)?.[0] ?? '';
  host = strip(host, 'port', /:\d+$/);
  if (host !== host.toLowerCase()) stripped.push('case');
  host = strip(host.toLowerCase(), 'dot', /\.$/);
  const registry = parseHost(aliases.get(host)?.toLowerCase() ?? host);
  return registry && { registry: registry.host === host ? registry : { ...registry, host }, port, spelled, stripped };
}

/**
 * Stands for any private registry of a region, where nobody names one; its account is `noAccount`. undefined: it is no
 * region of AWS.
 */
export const anyRegistryOf = (region: string): Registry | undefined => parseAddress(privateRegistryHost(noAccount, region))?.registry;
