import { noAccount, privateRegistryHost } from '../../contract/registry.ts';

/** The AWS services that are called, by their usual names. */
export type Service = 'ECR' | 'ECR Public' | 'STS' | 'Lambda';
/** The kind of address that is wanted. */
export interface Variant {
  readonly fips: boolean;
  readonly dualStack: boolean;
}

/** Suffixes of the dual-stack addresses, keyed by the plain suffixes (AWS SDK, partitions of client-ecr 3.1169). */
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
 * The host of a service in a region. AWS publishes these rules as data for its SDKs; a test compares them with the data
 * of ECR and STS for all partitions. Lambda has no rule of its own (client-lambda 3.1162).
 */
export function usualHost(service: Service, region: string, { fips, dualStack }: Variant): string {
  // A partition's services have the same suffix as its registries.
  const plain = privateRegistryHost(noAccount, region).split(`.${region}.`)[1] ?? 'amazonaws.com';
  const suffix = dualStack ? (dualStackSuffixes[plain] ?? 'api.aws') : plain;
  const start = fips ? '-fips' : '';
  const names: Readonly<Record<Service, string>> = {
    ECR: `${dualStack ? '' : 'api.'}ecr${start}`,
    'ECR Public': `${dualStack && !fips ? '' : 'api.'}ecr-public${start}`,
    Lambda: `lambda${start}`,
    // In GovCloud every STS address is a FIPS one.
    STS: region.startsWith('us-gov-') && !dualStack ? 'sts' : `sts${start}`,
  };
  return `${names[service]}.${region}.${suffix}`;
}
