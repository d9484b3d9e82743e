/**
 * The regions of the partition `aws` that are enabled in every account and cannot be disabled (AWS Account Management
 * reference guide, "Enable or disable AWS Regions in your account"). All newer regions must be enabled first.
 */
const always: readonly string[] = [
  'ap-northeast-1',
  'ap-northeast-2',
  'ap-northeast-3',
  'ap-south-1',
  'ap-southeast-1',
  'ap-southeast-2',
  'ca-central-1',
  'eu-central-1',
  'eu-north-1',
  'eu-west-1',
  'eu-west-2',
  'eu-west-3',
  'sa-east-1',
  'us-east-1',
  'us-east-2',
  'us-west-1',
  'us-west-2',
];

/** Whether every account has the region enabled. Accounts in China and GovCloud have all regions of their partition. */
export const isAlwaysEnabled = (region: string): boolean => always.includes(region) || /^(cn|us-gov)-/.test(region);
