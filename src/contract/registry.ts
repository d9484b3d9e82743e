/**
 * An ECR registry. Only `parseAddress` makes it. `host`: bare and in lower case, as images spell it. An alias keeps its
 * own name as the host; account and region are the ones of the registry behind it.
 */
export interface Registry {
  readonly host: string;
  readonly service: 'ecr' | 'ecr-public';
  readonly account?: string;
  readonly region: string;
  readonly partition: string;
  /** The host name selects the FIPS endpoints. */
  readonly fips: boolean;
  /** The host has a dual-stack suffix (`on.aws`). */
  readonly dualStack: boolean;
}

/**
 * A parsed address, and what was stripped to parse it: a manager that compares addresses exactly never matches a form
 * with stripped parts.
 */
export interface Address {
  readonly registry: Registry;
  /**
   * The port as written, such as `:443`; empty where there is none. Clients treat a host with a port as a separate
   * registry.
   */
  readonly port: string;
  /** The host as spelled, with its port: the key by which clients look up logins. */
  readonly spelled: string;
  readonly stripped: readonly ('scheme' | 'port' | 'path' | 'case' | 'blank' | 'dot')[];
}

/** Other names of registries: from the host as images spell it to the ECR host behind it. */
export type Aliases = ReadonlyMap<string, string>;

/**
 * Partitions by the suffix of their registry hosts (botocore partitions.json 1.43; amazon-ecr-credential-helper 0.12
 * api/client.go).
 * `on.aws` and `on.amazonwebservices.com.cn` are the dual-stack suffixes. GovCloud shares the commercial suffixes and
 * is recognized by its region.
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

/** Prefixes of regions outside the commercial partition, with the suffix of their hosts. */
const foreign: readonly (readonly [start: string, suffix: string])[] = [
  ['cn-', 'amazonaws.com.cn'],
  ['eusc-', 'amazonaws.eu'],
  ['us-iso-', 'c2s.ic.gov'],
  ['us-isob-', 'sc2s.sgov.gov'],
  ['eu-isoe-', 'cloud.adc-e.uk'],
  ['us-isof-', 'csp.hci.ic.gov'],
];

/** The host suffix of a region, by its prefix: AWS adds regions faster than we release. */
const suffixOf = (region: string): string => foreign.find(([start]) => region.startsWith(start))?.[1] ?? 'amazonaws.com';
const partitionOf = (region: string): string | undefined => suffixes[suffixOf(region)]?.partition;

/** The host of an account's private registry in a region, without FIPS and dual stack. */
export const privateRegistryHost = (account: string, region: string): string => `${account}.dkr.ecr.${region}.${suffixOf(region)}`;

/** An account number that belongs to no customer. */
export const noAccount = '000000000000';

/**
 * The Go helper accepts `dkr-ecr` and `dkr.ecr` with either kind of suffix, so images use all of these names
 * (amazon-ecr-credential-helper 0.12, recorded). The suffix decides which API is called.
 */
const privateHost = /^(?<account>\d{12})\.dkr[.-]ecr(?<fips>-fips)?\.(?<region>[a-z]{2,}(?:-[a-z]+)+-\d{1,2})\.(?<suffix>[a-z0-9.-]+)$/;
const publicHosts: Readonly<Record<string, boolean>> = { 'public.ecr.aws': false, 'ecr-public.aws.com': true };

const escaped = (suffix: string): string => suffix.replaceAll('.', String.raw`\.`);
const either = (texts: readonly string[]): string => `(${texts.join('|')})`;
const suffixesOf = (partition: string): string[] => Object.keys(suffixes).filter(suffix => suffixes[suffix]?.partition === partition);

/**
 * Patterns, also valid in Go, for code that cannot call `parseAddress`. host: the hosts that it accepts, in any case,
 * but also regions of other partitions with a commercial suffix. stray: a host with such a region.
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
 * Parses a bare, lower-case host; undefined when it is not an ECR registry. Look-alikes with the suffix of another
 * partition are not.
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

/** The maximum number of cached addresses. The managers of one organization name the same few hosts again and again. */
const remembered = 20_000;
/** The maximum length of a cached address, in characters: long paths would fill the memory. */
const longestRemembered = 1024;

/** A `parseAddress` with a cache, so that thousands of rows share one object for a registry. */
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

/**
 * The maximum length of a host that is parsed: a host name has at most 253 characters, and a dot and a port may follow.
 */
const longestHost = 260;

/**
 * Parses any stored form (`https://HOST:443/team/`, blanks, upper case, a trailing dot); undefined when the host is not
 * an ECR registry.
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
 * A registry that stands for any private registry of a region, where none is named. Its account is `noAccount`.
 * undefined when the text is not an AWS region.
 */
export const anyRegistryOf = (region: string): Registry | undefined => parseAddress(privateRegistryHost(noAccount, region))?.registry;
