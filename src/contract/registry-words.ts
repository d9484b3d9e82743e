import type { Registry } from './registry.ts';

/** Describes in words what the host of a registry encodes. */
export function registryWords({ service, account, region, partition, fips, dualStack }: Registry): string {
  const spelling = [...(fips ? ['FIPS'] : []), ...(dualStack ? ['dual stack'] : [])];
  return [
    service === 'ecr' ? `account ${account}` : 'ECR Public',
    `region ${region}`,
    `partition ${partition}`,
    ...(spelling.length > 0 ? [spelling.join(' and ')] : []),
  ].join(', ');
}
