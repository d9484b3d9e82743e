import { isAws, orUnsaid } from '../hosts.ts';
import { row, type Situation } from '../situation.ts';

const caller = 'whoever keeps the AWS keys of the program that asked';
const identity = { what: 'Who the keys belong to', kind: 'command', text: 'aws sts get-caller-identity' } as const;
const aws = 'An error occurred';

/** What AWS says of the keys and the session with which it was asked. */
export const keys: readonly Situation[] = [
  row({
    id: 'sso-session-over',
    title: 'The session of IAM Identity Center (SSO) is over',
    symptoms: [
      ['AWS CLI', 'Error when retrieving token from sso: Token has expired and refresh failed'],
      ['AWS CLI', 'Error loading SSO Token: Token for https://example.awsapps.com/start does not exist'],
      [
        'boto3',
        'The SSO session associated with this profile has expired or is otherwise invalid. To refresh this SSO session run aws sso login with the corresponding profile.',
      ],
      [
        'AWS SDK for Go',
        'failed to refresh cached credentials, refresh cached SSO token failed, unable to refresh SSO token, operation error SSO OIDC: CreateToken, https response error StatusCode: 400, RequestID: 5c1, InvalidGrantException',
      ],
    ],
    when: ({ find }) =>
      find(
        /Token has expired and refresh failed|SSO session associated with this profile|Error loading SSO Token|unable to refresh SSO token|cached SSO token (is |must be |has )?(expired|refreshed)|SSO session .{0,80}(is invalid|has expired)/,
      ),
    tell: () => ({
      sentence: 'The login at IAM Identity Center (SSO) is over, so there are no AWS keys to ask with.',
      side: caller,
      remedy:
        'Log in again, as the user whose ~/.aws the program reads. For a program without a person, take a role or a web identity instead.',
      paste: [{ what: 'Login', kind: 'command', text: 'aws sso login --profile PROFILE' }],
    }),
  }),
  row({
    id: 'web-identity-expired',
    title: 'The token of a service account is too old or of a foreign issuer',
    symptoms: [
      [
        'Pods with IRSA',
        'api error ExpiredTokenException: Token expired: current date/time 1795219200 must be before the expiration date/time 1795215600',
      ],
      [
        'Pods with IRSA',
        'InvalidIdentityToken: No OpenIDConnect provider found in your account for https://oidc.eks.eu-west-1.amazonaws.com/id/EXAMPLE',
      ],
      ['CI job', 'InvalidIdentityToken: Incorrect token audience'],
    ],
    when: ({ find }) =>
      find(
        /Token expired: current date.time|No OpenIDConnect provider found|InvalidIdentityToken|Incorrect token audience|IDPRejectedClaim/,
      ),
    tell: () => ({
      sentence:
        'STS does not accept the web identity: its token is too old, or made for another audience, or its issuer is no OIDC provider of the account.',
      side: 'the cluster or CI that writes the token, and the OIDC providers (IAM) of the account of the role',
      remedy:
        'Too old: the program must read the token file anew, so restart it, or look at the clock. No provider: create the OIDC provider of that issuer in the account of the role. Audience: it must be sts.amazonaws.com, in the token and in the provider.',
      paste: [{ what: 'The providers of the account', kind: 'command', text: 'aws iam list-open-id-connect-providers' }],
    }),
  }),
  row({
    id: 'session-over',
    title: 'The AWS session is over',
    symptoms: [
      [
        'AWS CLI',
        `${aws} (ExpiredTokenException) when calling the GetAuthorizationToken operation: The security token included in the request is expired`,
      ],
      ['AWS CLI', `${aws} (ExpiredToken) when calling the AssumeRole operation: The security token included in the request is expired`],
      ['AWS SDKs', 'ExpiredTokenException: The security token included in the request is expired'],
      ['AWS SDKs', 'RequestExpired: Request has expired.'],
    ],
    when: ({ find }) =>
      find(
        /security token included in the request is expired|ExpiredTokenException|\(?ExpiredToken\)?\b|The provided token has expired|\bRequestExpired\b/,
      ),
    tell: () => ({
      sentence: 'The session behind the AWS keys is over (these are keys with a session token). The token of ECR is another thing.',
      side: caller,
      remedy:
        'Give the program new keys, or a place that renews them by itself: a role of the machine, a web identity, a profile with credential_process. Keys with a session token that were pasted into variables or files end after some hours.',
      paste: [identity],
    }),
  }),
  row({
    id: 'clock',
    title: 'The clock is wrong',
    symptoms: [
      [
        'AWS CLI',
        `${aws} (InvalidSignatureException) when calling the GetAuthorizationToken operation: Signature expired: 20261120T220000Z is now earlier than 20261120T225500Z (20261120T230000Z - 5 min.)`,
      ],
      [
        'AWS CLI',
        `${aws} (InvalidSignatureException) when calling the GetAuthorizationToken operation: Signature not yet current: 20261120T230600Z is still later than 20261120T230500Z (20261120T230000Z + 5 min.)`,
      ],
      ['AWS SDKs', 'RequestTimeTooSkewed: The difference between the request time and the current time is too large.'],
      [
        'Docker',
        'Error response from daemon: Get "https://123456789012.dkr.ecr.eu-west-1.amazonaws.com/v2/": x509: certificate has expired or is not yet valid: current time 2019-01-01T00:00:00Z is before 2026-06-01T00:00:00Z',
      ],
      [
        'ecr-courier',
        "api.ecr.eu-west-1.amazonaws.com answered ecr:GetAuthorizationToken with InvalidSignatureException: this machine's clock is 61 minutes behind that of api.ecr.eu-west-1.amazonaws.com.",
      ],
    ],
    when: ({ find }) =>
      find(/Signature expired: |Signature not yet current|RequestTimeTooSkewed|this machine's clock is|is now earlier than \d{8}T/) ??
      find(/current time \S+ is before/, orUnsaid(isAws)),
    tell: () => ({
      sentence:
        'The clock of the machine that asked is off: AWS takes signatures that are at most five minutes old or young, and certificates have a first day.',
      side: 'the machine (or virtual machine) on which the program runs',
      remedy:
        'Set the clock and keep it right (NTP, chrony). A virtual machine that slept and a WSL that was suspended are the usual causes.',
      paste: [{ what: 'Look at the clock', kind: 'command', text: 'date -u; timedatectl' }],
    }),
  }),
  row({
    id: 'signing-region',
    title: 'Signed for another region or service',
    symptoms: [
      ['AWS SDKs', "SignatureDoesNotMatch: Credential should be scoped to a valid region, not 'us-east-1'."],
      ['AWS SDKs', "InvalidSignatureException: Credential should be scoped to correct service: 'ecr'."],
    ],
    when: ({ find }) => find(/Credential should be scoped to/),
    tell: () => ({
      sentence: 'The request was signed for another region or service than the address that it was sent to.',
      side: 'the settings of the program that asked: region and endpoint',
      remedy:
        'Let both be of one region: AWS_REGION (or the region of the profile), and AWS_ENDPOINT_URL or the endpoint, where one is set. ECR Public is asked in us-east-1.',
    }),
  }),
  row({
    id: 'secret-key-wrong',
    title: 'The secret key does not belong to the access key',
    symptoms: [
      [
        'AWS CLI',
        `${aws} (InvalidSignatureException) when calling the GetAuthorizationToken operation: The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method.`,
      ],
      ['AWS SDKs', 'SignatureDoesNotMatch: The request signature we calculated does not match the signature you provided.'],
      [
        'ecr-courier',
        'api.ecr.eu-west-1.amazonaws.com answered ecr:GetAuthorizationToken with InvalidSignatureException: the secret access key does not belong to the access key.',
      ],
    ],
    when: ({ find }) => find(/request signature we calculated does not match|secret access key does not belong|IncompleteSignature/),
    tell: () => ({
      sentence: 'The secret access key does not belong to the access key, or something on the way changes the request.',
      side: caller,
      remedy:
        'Set both keys anew, from one line of one place. A blank or line break at the end, and a cut at a / or +, are the usual mistakes. Then look for a proxy that rewrites headers.',
    }),
  }),
  row({
    id: 'key-unknown',
    title: 'AWS does not know the access key',
    symptoms: [
      [
        'AWS CLI',
        `${aws} (UnrecognizedClientException) when calling the GetAuthorizationToken operation: The security token included in the request is invalid.`,
      ],
      [
        'AWS CLI',
        `${aws} (InvalidClientTokenId) when calling the GetCallerIdentity operation: The security token included in the request is invalid.`,
      ],
      [
        'Portainer, registry of the type ECR',
        'operation error ECR: GetAuthorizationToken, https response error StatusCode: 400, RequestID: 5c1, api error UnrecognizedClientException: The security token included in the request is invalid.',
      ],
    ],
    when: ({ find }) =>
      find(/UnrecognizedClientException|InvalidClientTokenId|InvalidAccessKeyId|security token included in the request is invalid/),
    tell: () => ({
      sentence:
        'AWS does not know these keys where it was asked: the key was deleted or switched off, or belongs to another partition (China, GovCloud), or the region is not enabled in the account, or the session token is missing or of another key.',
      side: caller,
      remedy:
        'Ask who the keys belong to. If that works, they are good, and the region is the matter: enable it in the account, or take a session from the regional endpoint of STS. If it does not, make new keys. Keys that begin with ASIA need their session token.',
      paste: [identity],
    }),
  }),
  row({
    id: 'region-not-enabled',
    title: 'The account may not use the region or service',
    symptoms: [
      ['AWS SDKs', 'OptInRequired: The AWS Access Key Id needs a subscription for the service'],
      [
        'AWS SDKs',
        'RegionDisabledException: STS is not activated in this region for account:123456789012. Your account administrator can activate STS in this region using the IAM Console.',
      ],
    ],
    when: ({ find }) => find(/\bOptInRequired|SubscriptionRequiredException|RegionDisabledException|STS is not activated in this region/),
    tell: () => ({
      sentence: 'The account has not enabled this region (or STS in it).',
      side: 'the administrators of the AWS account',
      remedy: 'Enable the region under Account > AWS Regions, and STS under IAM > Account settings, or take another endpoint of STS.',
    }),
  }),
  row({
    id: 'api-throttled',
    title: 'AWS is asked too often',
    symptoms: [
      ['AWS CLI', `${aws} (ThrottlingException) when calling the GetAuthorizationToken operation (reached max retries: 4): Rate exceeded`],
      [
        'amazon-ecr-credential-helper',
        'operation error ECR: GetAuthorizationToken, exceeded maximum number of attempts, 3, https response error StatusCode: 400, RequestID: 5c1, api error ThrottlingException: Rate exceeded',
      ],
    ],
    when: ({ find }) =>
      find(
        /(GetAuthorizationToken|\bECR\b|BatchGetImage|AssumeRole).{0,300}(Throttling|Rate exceeded|RequestLimitExceeded)|(Throttling|RequestLimitExceeded).{0,200}(GetAuthorizationToken|api\.ecr)/,
      ),
    tell: () => ({
      sentence: 'AWS is asked more often than the account may in this region: many pulls fetch a token each.',
      side: 'all programs of that account together, in this region',
      remedy:
        'One token is good for twelve hours and for all registries of the region: let the helper or the daemon keep it. Otherwise ask for a higher quota (Service Quotas, Amazon ECR).',
    }),
  }),
];
