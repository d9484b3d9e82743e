import { isAlwaysEnabled } from '../../contract/regions.ts';
import { isAws } from '../hosts.ts';
import { row, type Situation } from '../situation.ts';

export const caller = 'whoever keeps the AWS keys of the program that asked';
export const identity = { what: 'Who the keys belong to', kind: 'command', text: 'aws sts get-caller-identity' } as const;
const aws = 'An error occurred';

const apiRegion = /\b(ecr|sts)\.(?<region>[a-z]{2}-[a-z-]{4,20}-\d)\.(amazonaws|api\.aws)/;

/** Responses of AWS about the keys and the session of a request. */
export const keys: readonly Situation[] = [
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
      find(/Signature expired: \d{8}T|Signature not yet current|RequestTimeTooSkewed|this machine's clock is|is now earlier than \d{8}T/) ??
      find(
        /current time \S+ is (before|after)|CERT_NOT_YET_VALID|CERT_HAS_EXPIRED|certificate has expired|certificate is not yet valid|CertificateExpiredException|CertificateNotYetValidException|\bNotTimeValid\b|invalid peer certificate: (Expired|NotValidYet)/,
        isAws,
      ),
    tell: () => ({
      sentence:
        'The clock of the machine that asked is off: AWS takes signatures that are at most five minutes old or young, and certificates have a first day.',
      side: 'the machine (or virtual machine) on which the program runs',
      remedy:
        'Set the clock and keep it right (NTP, chrony). A virtual machine that slept and a WSL that was suspended are the usual causes. Where the clock is right and a certificate is called too old, a proxy on the way shows one of its own.',
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
    when: ({ find }) => find(/request signature we calculated does not match|secret access key does not belong/),
    tell: () => ({
      sentence: 'The secret access key does not belong to the access key, or something on the way changes the request.',
      side: caller,
      remedy:
        'Set both keys anew, from one line of one place. A blank or line break at the end, and a cut at a / or +, are the usual mistakes. Then look for a proxy that rewrites headers.',
    }),
  }),
  row({
    id: 'signature-malformed',
    title: 'The access key ID is not written as one',
    symptoms: [
      [
        'AWS CLI',
        `${aws} (IncompleteSignature) when calling the GetCallerIdentity operation: Credential must have exactly 5 slash-delimited elements`,
      ],
      ['AWS SDKs', 'IncompleteSignatureException: Authorization header requires existence of either a X-Amz-Date or a Date header.'],
    ],
    when: ({ find }) => find(/IncompleteSignature|exactly 5 slash-delimited elements/),
    tell: () => ({
      sentence:
        'AWS does not take the form of the signature, and has judged neither key: mostly the access key ID is malformed (a slash, a blank or quotation marks in it, or the two keys changed places), or something on the way changes the header Authorization.',
      side: caller,
      remedy:
        'Set both keys anew. An access key ID has 16 to 128 capital letters and digits, and begins with AKIA or ASIA; a slash stands in the secret alone. Then look for a proxy that rewrites headers.',
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
    tell: ({ facts }) => {
      const region = facts.registry?.region ?? facts.find(apiRegion)?.groups['region'];
      const isAlways = region !== undefined && isAlwaysEnabled(region);
      return {
        sentence: `AWS does not know these keys where it was asked: the key was deleted or switched off, or belongs to another partition (China, GovCloud), or the session token is missing or of another key${isAlways ? '' : ', or the region is one that the account has to enable first'}.`,
        side: caller,
        remedy: isAlways
          ? 'Ask who the keys belong to. If that fails as well, make new keys. Keys that begin with ASIA need their session token.'
          : 'Ask who the keys belong to. If that fails as well, make new keys: those that begin with ASIA need their session token. If it works, the keys are good, and the region is the matter: enable it in the account, or take a session from the regional endpoint of STS.',
        paste: [identity],
      };
    },
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
    when: ({ find }) =>
      find(/(?<region>RegionDisabledException|STS is not activated in this region)/) ??
      find(/(\bOptInRequired|SubscriptionRequiredException)\b(?!.{0,200}(Marketplace|Premium Support))/),
    tell: ({ groups }) => ({
      sentence:
        groups['region'] === undefined
          ? 'The account may not use the service that was asked, or not in this region: it has not enabled the region, is so new that AWS has not activated it yet, or its payment is not in order.'
          : 'The account has not enabled this region (or STS in it).',
      side: 'the administrators of the AWS account',
      remedy:
        groups['region'] === undefined
          ? 'Look at Account > AWS Regions, and at Billing. A new account is activated within a day.'
          : 'Enable the region under Account > AWS Regions, and STS under IAM > Account settings, or take another endpoint of STS.',
    }),
  }),
  row({
    id: 'sdk-mixed',
    title: 'A program has parts of the AWS SDK that do not fit',
    symptoms: [['amazon-ecr-credential-helper and others in Go', 'ecr: Failed to get authorization token: not found, ResolveEndpointV2']],
    when: ({ find }) => find(/not found, ResolveEndpointV2/),
    tell: () => ({
      sentence:
        'The program was built with versions of the AWS SDK for Go that do not go together, so it does not even know where to ask. Nobody was asked.',
      side: 'the program itself',
      remedy: 'Update it, or build it again with all modules of aws-sdk-go-v2 of one time.',
    }),
  }),
];
