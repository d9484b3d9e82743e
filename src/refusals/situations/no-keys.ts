import { row, type Situation } from '../situation.ts';
import { login } from './pulled.ts';

const caller = 'the machine, container or user that asked: it has no AWS identity that the program finds';

/** Missing AWS keys or settings. */
export const noKeys: readonly Situation[] = [
  row({
    id: 'profile-missing',
    title: 'The profile is not there',
    symptoms: [
      ['AWS CLI', 'The config profile (ecr) could not be found'],
      ['AWS SDK for Go', 'failed to get shared config profile, ecr'],
      ['AWS SDK for Go v1', 'SharedConfigProfileNotExistsError: failed to get profile, ecr'],
      [
        'AWS SDK for JavaScript',
        'CredentialsProviderError: Could not resolve credentials using profile: [ecr] in configuration/credentials file(s).',
      ],
      [
        'ecr-courier',
        'No AWS credentials. Looked at: environment (skipped, because AWS_PROFILE is set to ecr; AWS_ACCESS_KEY_ID is not set), profile "ecr" (it is in no file; there are the profiles default, dev).',
      ],
    ],
    when: ({ find }) =>
      find(
        /config profile \([^)]{1,100}\) could not be found|failed to get shared config profile|SharedConfigProfileNotExistsError|Could not resolve credentials using profile|profile "[^"]{1,100}" \([^)]{0,600} is in no file/,
      ),
    tell: () => ({
      sentence: 'AWS_PROFILE (or an option) names a profile that is not in the ~/.aws of the user that asks, or that has no keys.',
      side: 'the user and home directory with which the program runs: services and root have others than you',
      remedy: 'Mount or copy ~/.aws to that home, or set AWS_CONFIG_FILE and AWS_SHARED_CREDENTIALS_FILE, or unset AWS_PROFILE.',
      paste: [{ what: 'The profiles of this user', kind: 'command', text: 'aws configure list-profiles' }],
    }),
  }),
  row({
    id: 'key-program-failed',
    title: 'The program that gives AWS keys failed (credential_process)',
    symptoms: [
      ['AWS CLI', 'Error when retrieving credentials from custom-process: /usr/local/bin/keys: not found'],
      ['AWS SDK for Go', 'failed to refresh cached credentials, process provider error: error in credential_process: exit status 1'],
    ],
    when: ({ find }) => find(/retrieving credentials from custom-process|error in credential_process|process provider error/),
    tell: () => ({
      sentence:
        'The profile names a program that gives AWS keys (credential_process), and that program failed: what it said stands behind the colon.',
      side: 'the `credential_process` of the profile, as the user and in the environment that run it',
      remedy:
        'Run that command by hand as the same user: it must print JSON with Version, AccessKeyId and SecretAccessKey and nothing else. The PATH and HOME of a service are not those of your shell.',
    }),
  }),
  row({
    id: 'no-aws-keys',
    title: 'No AWS credentials were found',
    symptoms: [
      ['AWS CLI', 'Unable to locate credentials. You can configure credentials by running "aws configure".'],
      ['boto3', 'botocore.exceptions.NoCredentialsError: Unable to locate credentials'],
      ['AWS SDK for JavaScript', 'CredentialsProviderError: Could not load credentials from any providers'],
      ['AWS SDK for Go v1', 'NoCredentialProviders: no valid providers in chain. Deprecated.'],
      [
        'Azure DevOps, AWS SDK for JavaScript v2',
        '##[error]Error: Failed to obtain authorization token to log in to ECR, error: CredentialsError: Missing credentials in config, if using AWS_CONFIG_FILE, set AWS_SDK_LOAD_CONFIG=1',
      ],
      ['Terraform', 'Error: configuring Terraform AWS Provider: no valid credential sources for Terraform AWS Provider found.'],
      ['AWS SDK for Go', 'failed to refresh cached credentials, static credentials are empty'],
      ['AWS SDK for Java', 'Unable to load credentials from any of the providers in the chain AwsCredentialsProviderChain'],
      [
        'AWS SDK for Rust',
        'dispatch failure: other: an error occurred while loading credentials: the credential provider was not enabled: no providers in chain provided credentials',
      ],
      ['AWS SDK for Ruby', 'unable to sign request without credentials set (Aws::Errors::MissingCredentialsError)'],
      [
        'AWS SDK for .NET',
        'Amazon.Runtime.AmazonClientException: Failed to resolve AWS credentials. The credential providers used to search for credentials returned the following errors:',
      ],
      [
        'ecr-courier',
        'No AWS credentials. Looked at: the environment, ~/.aws/credentials (is not there), the metadata of EC2 (no answer).',
      ],
    ],
    when: ({ find }) =>
      find(
        /Unable to locate credentials|NoCredentialsError|Could not load credentials from any providers|Missing credentials in config|NoCredentialProviders|Unable to load (AWS )?credentials from any|No AWS credentials\. Looked at|Partial credentials found|MissingAuthenticationToken|failed to retrieve credentials.{0,40}no valid|no valid credential sources (for|found)|static credentials are empty|EmptyStaticCreds|no providers in chain provided credentials|request without credentials set|MissingCredentialsError|Failed to resolve AWS credentials\. The credential providers/,
      ),
    tell: () => ({
      sentence: 'The program found no AWS credentials, or empty ones, so AWS was not asked at all.',
      side: caller,
      remedy:
        'Give it one: a role of the machine, task or pod, a profile (with the right home directory), or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY. Both keys are needed, and an empty variable of a template or a CI counts as none. What you set in a shell is not seen by services, sudo, Docker and the kubelet.',
      paste: [{ what: 'What this user has', kind: 'command', text: 'aws sts get-caller-identity' }],
    }),
  }),
  row({
    id: 'region-missing',
    title: 'No region is set',
    symptoms: [
      ['AWS CLI', 'You must specify a region. You can also configure your region by running "aws configure".'],
      ['AWS SDK for Go', 'failed to resolve service endpoint, endpoint rule error, Invalid Configuration: Missing Region'],
      ['AWS SDK for JavaScript', 'Error: Region is missing'],
      ['AWS SDK for .NET', 'Amazon.Runtime.AmazonClientException: No RegionEndpoint or ServiceURL configured'],
      ['AWS SDK for Java', 'Unable to load region from any of the providers in the chain DefaultAwsRegionProviderChain'],
      ['AWS SDK for Go v1', 'MissingRegion: could not find region configuration'],
      [
        'AWS SDK for Go, old',
        'operation error ECR: GetAuthorizationToken, failed to resolve service endpoint, an AWS region is required, but was not found',
      ],
      [
        'Trivy, old',
        'unable to resolve endpoint for service "api.ecr", region "", err: UnknownEndpointError: could not resolve endpoint partition: "aws", service: "api.ecr", region: "", known: [ap-southeast-1 eu-west-1]',
      ],
    ],
    when: ({ find }) =>
      find(
        /You must specify a region\.|Configuration: Missing Region|\bRegion is missing\b|MissingRegion|NoRegionError|an AWS region is required, but was not found|endpoint for service "api\.ecr", region ""|No RegionEndpoint or ServiceURL configured|Unable to load region from any of the providers/,
      ),
    tell: () => ({
      sentence: 'The program was not told which region to ask, and does not read it from the name of the registry.',
      side: 'the settings of the program that asked',
      remedy: 'Set AWS_REGION to the region in the name of the registry (ACCOUNT.dkr.ecr.REGION.amazonaws.com), or name --region.',
    }),
  }),
  row({
    id: 'get-login-gone',
    title: '`aws ecr get-login` is gone',
    symptoms: [
      ['AWS CLI 2', "aws: error: argument operation: Invalid choice: 'get-login', maybe you meant: get-login-password"],
      ['AWS CLI 1, old', 'aws: error: argument operation: Invalid choice, valid choices are: get-login (asked for get-login-password)'],
      ['AWS CLI 2', 'Unknown options: --no-include-email'],
      ['Docker, with the output of the old command', "unknown shorthand flag: 'e' in -e"],
    ],
    when: ({ find }) =>
      find(/Invalid choice.{0,200}?get-login|Unknown options:.{0,40}--no-include-email|unknown shorthand flag: 'e' in -e/),
    tell: ({ facts }) => ({
      sentence:
        'This version of the AWS CLI or of Docker does not have that command: `get-login` ended with version 2 (what old ones print has the option -e, which docker login does not have any more), and `get-login-password` begins with 1.17.10.',
      side: 'the script, or the version of the AWS CLI',
      remedy: 'Use get-login-password, and update the AWS CLI where it is missing.',
      paste: [{ ...login({ facts }), what: 'Login' }],
    }),
  }),
];
