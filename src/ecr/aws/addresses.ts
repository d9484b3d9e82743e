import { noAccount, privateRegistryHost } from '../../contract/registry.ts';

/** Services of AWS that are called, by the names that people know. */
export type Service = 'ECR' | 'ECR Public' | 'STS' | 'Lambda';
/** What somebody asks of an address. */
export interface Variant {
  readonly fips: boolean;
  readonly dualStack: boolean;
}

/** Suffixes of the dual-stack addresses, by those of the others (AWS SDK, partitions of client-ecr 3.1169). */
const dualStackSuffixes: Readonly<Record<string, string>> = {
  'amazonaws.com': 'api.aws',
  'amazonaws.com.cn': 'api.amazonwebservices.com.cn',
  'amazonaws.eu': 'api.amazonwebservices.eu',
  'c2s.ic.gov': 'api.aws.ic.gov',
  'sc2s.sgov.gov': 'api.aws.scloud',
  'cloud.adc-e.uk': 'api.cloud-aws.adc-e.uk',
  'csp.hci.ic.gov': 'api.aws.hci.ic.gov',
};

/**
 * The host of a service in a region. AWS has these rules as data for its SDKs; a test compares all partitions with
 * those of ECR and STS. Lambda has no rule of its own (client-lambda 3.1162).
 */
export function usualHost(service: Service, region: string, { fips, dualStack }: Variant): string {
  // The names of a partition's services end as those of its registries do.
  const plain = privateRegistryHost(noAccount, region).split(`.${region}.`)[1] ?? 'amazonaws.com';
  const suffix = dualStack ? (dualStackSuffixes[plain] ?? 'api.aws') : plain;
  const start = fips ? '-fips' : '';
  const names: Readonly<Record<Service, string>> = {
    ECR: `${dualStack ? '' : 'api.'}ecr${start}`,
    'ECR Public': `${dualStack && !fips ? '' : 'api.'}ecr-public${start}`,
    Lambda: `lambda${start}`,
    // In GovCloud all of them are FIPS.
    STS: region.startsWith('us-gov-') && !dualStack ? 'sts' : `sts${start}`,
  };
  return `${names[service]}.${region}.${suffix}`;
}
