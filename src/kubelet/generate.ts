import { roleAnnotations } from '../contract/aws-names.ts';
import { cacheTypeSince } from './fields.ts';
import { ecrSuffixes } from './patterns.ts';

/** The name of our provider, which is the name of its executable. */
export const providerName = 'ecr-courier-credential-provider';

export const partitions = Object.keys(ecrSuffixes) as (keyof typeof ecrSuffixes)[];
type Partition = (typeof partitions)[number];

/** What a configuration is generated for. Empty lists mean everything. */
export interface Wish {
  /** Twelve digits each. */
  readonly accounts: readonly string[];
  readonly regions: readonly string[];
  readonly partitions: readonly Partition[];
  /** The spellings that are covered in addition to the plain hosts. */
  readonly spellings: readonly Spelling[];
  readonly publicHosts: 'with' | 'without';
  /**
   * Whether the provider gets the token of the pod's service account. `required`: pods without an annotation are not
   * served.
   */
  readonly tokenMode: 'off' | 'optional' | 'required';
  /** Kubernetes 1.x. */
  readonly minor: number;
  readonly name: string;
  readonly env: readonly (readonly [name: string, value: string])[];
}
export const spellings = ['fips', 'dual-stack'] as const;
type Spelling = (typeof spellings)[number];

const publicHosts = ['public.ecr.aws', 'ecr-public.aws.com'];

/** Prefixes of regions outside the commercial partition. */
const starts: readonly (readonly [start: string, partition: Partition])[] = [
  ['us-gov-', 'aws-us-gov'],
  ['cn-', 'aws-cn'],
  ['eusc-', 'aws-eusc'],
  ['us-iso-', 'aws-iso'],
  ['us-isob-', 'aws-iso-b'],
  ['eu-isoe-', 'aws-iso-e'],
  ['us-isof-', 'aws-iso-f'],
];
export const partitionOf = (region: string): Partition => starts.find(([start]) => region.startsWith(start))?.[1] ?? 'aws';

/**
 * The part of a pattern that stands for every region of a partition. GovCloud shares its suffixes with the commercial
 * partition, whose pattern covers both.
 */
const regionsOf = (partition: Partition, wanted: readonly Partition[]): string =>
  partition === 'aws-us-gov' && !wanted.includes('aws') ? 'us-gov-*' : '*';

/** The patterns for every wanted host, without duplicates. ECR Public belongs to the commercial partition. */
export function patternsFor({ accounts, regions, partitions: wanted, spellings, publicHosts: wish }: Wish): string[] {
  const among = wanted.length > 0 ? wanted : partitions;
  const places: readonly (readonly [region: string, partition: Partition])[] =
    regions.length > 0
      ? regions.map(region => [region, partitionOf(region)] as const)
      : among.map(partition => [regionsOf(partition, among), partition] as const);
  const isPublic = wish === 'with' && places.some(([, partition]) => partition === 'aws');
  const hosts = places.flatMap(([region, partition]) =>
    (accounts.length > 0 ? accounts : ['*']).flatMap(account => hostsOf(account, region, partition, spellings)),
  );
  return [...new Set([...hosts, ...(isPublic ? publicHosts : [])])];
}

function hostsOf(account: string, region: string, partition: Partition, spellings: readonly Spelling[]): string[] {
  const suffix: { readonly plain: string; readonly dualStack?: string } = ecrSuffixes[partition];
  const has = (spelling: Spelling): boolean => spellings.includes(spelling);
  const host = (label: string, end: string): string => `${account}.${label}.${region}.${end}`;
  return [
    host('dkr.ecr', suffix.plain),
    ...(has('fips') ? [host('dkr.ecr-fips', suffix.plain)] : []),
    ...(suffix.dualStack && has('dual-stack') ? [host('dkr-ecr', suffix.dualStack)] : []),
    ...(suffix.dualStack && has('fips') && has('dual-stack') ? [host('dkr-ecr-fips', suffix.dualStack)] : []),
  ];
}

/** A CredentialProviderConfig as plain data, in the order in which it is written. */
export function providerConfig(wish: Wish): object {
  return {
    apiVersion: 'kubelet.config.k8s.io/v1',
    kind: 'CredentialProviderConfig',
    providers: [
      {
        name: wish.name,
        apiVersion: 'credentialprovider.kubelet.k8s.io/v1',
        matchImages: patternsFor(wish),
        // Counts where a response names no duration. Ours always names one.
        defaultCacheDuration: '0s',
        ...(wish.env.length > 0 ? { env: wish.env.map(([name, value]) => ({ name, value })) } : {}),
        ...(wish.tokenMode === 'off' ? {} : { tokenAttributes: tokenAttributes(wish.tokenMode, wish.minor) }),
      },
    ],
  };
}

const tokenAttributes = (mode: 'optional' | 'required', minor: number): object => ({
  serviceAccountTokenAudience: 'sts.amazonaws.com',
  ...(minor < cacheTypeSince ? {} : { cacheType: 'ServiceAccount' }),
  requireServiceAccount: mode === 'required',
  ...(mode === 'required'
    ? {
        requiredServiceAccountAnnotationKeys: roleAnnotations.slice(0, 1),
        optionalServiceAccountAnnotationKeys: roleAnnotations.slice(1),
      }
    : { optionalServiceAccountAnnotationKeys: roleAnnotations }),
});

type Plain = string | boolean | readonly Plain[] | { readonly [name: string]: Plain };

/** Writes YAML with each text in double quotes, so that none is taken for another type. */
export function yamlOf(value: object): string {
  return `${blockOf(value as Plain, '').join('\n')}\n`;
}

function blockOf(value: Plain, indent: string): string[] {
  if (Array.isArray(value)) return value.flatMap((item: Plain) => itemOf(item, indent));
  if (typeof value !== 'object') return [`${indent}${JSON.stringify(value)}`];
  return Object.entries(value).flatMap(([name, member]: [string, Plain]) =>
    typeof member === 'object' ? [`${indent}${name}:`, ...blockOf(member, `${indent}  `)] : [`${indent}${name}: ${JSON.stringify(member)}`],
  );
}

function itemOf(item: Plain, indent: string): string[] {
  const [first = '', ...rest] = blockOf(item, `${indent}  `);
  return [`${indent}- ${first.trimStart()}`, ...rest];
}
