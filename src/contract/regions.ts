/**
 * The regions that no account of the partition `aws` has to enable, or can switch off (AWS Account Management reference
 * guide, "Enable or disable AWS Regions in your account"). Newer ones are all to be enabled.
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

/** Accounts of China and GovCloud have all of their regions. */
export const isAlwaysEnabled = (region: string): boolean => always.includes(region) || /^(cn|us-gov)-/.test(region);
