import { isPrivate, isRegistry, type Of } from '../hosts.ts';
import { example, row, type Situation } from '../situation.ts';

const { host, image, manifest } = example;
/** ECR's words (ECR user guide, common errors): Docker before 1.12 said `unknown`. */
const rateExceeded = /toomanyrequests: Rate exceeded|TOOMANYREQUESTS.{0,60}Rate exceeded|\bunknown: Rate exceeded/;
const isEcrNamed: Of = (at, nearby) => isRegistry(at ?? nearby);
const isUnsaid: Of = (at, nearby) => (at ?? nearby) === undefined;
const aws = 'An error occurred';
/** CodeArtifact, whose tokens are fetched by an operation of the same name. */
const ofArtifacts = /code-?artifact/i;

/** Throttling and failures of the server: the registry does not judge the request. */
export const busy: readonly Situation[] = [
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
      !find(ofArtifacts) &&
      find(
        /(GetAuthorizationToken|(?<![.-])\bECR\b(?![.-])|BatchGetImage|AssumeRole).{0,300}(Throttling|Rate exceeded|RequestLimitExceeded)|(Throttling|RequestLimitExceeded).{0,200}(GetAuthorizationToken|api\.ecr)/,
      ),
    tell: () => ({
      sentence: 'AWS is asked more often than the account may in this region: many pulls fetch a token each.',
      side: 'all programs of that account together, in this region',
      remedy:
        'One token is good for twelve hours and for all registries of the region: let the helper or the daemon keep it. Otherwise ask for a higher quota (Service Quotas, Amazon ECR).',
    }),
  }),
  row({
    id: 'api-down',
    title: 'AWS has a failure of its own',
    symptoms: [
      [
        'AWS CLI',
        `${aws} (ServerException) when calling the GetAuthorizationToken operation (reached max retries: 2): Service Unavailable`,
      ],
      [
        'AWS SDKs',
        'operation error ECR: GetAuthorizationToken, https response error StatusCode: 500, RequestID: 5c1, api error InternalFailure',
      ],
    ],
    when: ({ find }) =>
      !find(ofArtifacts) &&
      find(
        /(GetAuthorizationToken|BatchGetImage|GetDownloadUrlForLayer).{0,200}(Service Unavailable|StatusCode: 50[0-4]|InternalFailure|ServerException)|ServerException.{0,60}(GetAuthorizationToken|BatchGetImage)/,
      ),
    tell: () => ({
      sentence: 'ECR, or something in front of it, answered with a failure of its own. Keys and rights were not judged.',
      side: 'AWS, in this region',
      remedy: 'Try again. If it lasts, look at the AWS Health Dashboard and at what stands between (proxy, endpoint).',
    }),
  }),
  row({
    id: 'registry-down',
    title: 'ECR has a failure of its own',
    symptoms: [
      ['Docker', `Error response from daemon: Head "${manifest}": received unexpected HTTP status: 503 Service Unavailable`],
      ['containerd', `unexpected status from HEAD request to ${manifest}: 500 Internal Server Error`],
      ['Docker', `$ docker pull ${image}\nError response from daemon: received unexpected HTTP status: 500 Internal Server Error`],
    ],
    when: facts =>
      facts.find(/\b50[0234] (Internal Server Error|Bad Gateway|Service Unavailable|Gateway Time-?out)/, isRegistry) ??
      facts.find(/received unexpected HTTP status: 50[0234] (Internal|Bad|Service|Gateway)/, isEcrNamed) ??
      (facts.status !== undefined && facts.status >= 500),
    tell: told => ({
      sentence: `${told.host}, or something in front of it, answered with a failure of its own. Login and rights were not judged.`,
      side: 'AWS, in this region, or a proxy on the way',
      remedy: 'Try again. If it lasts, look at the AWS Health Dashboard and at what stands between.',
    }),
  }),
  row({
    id: 'registry-throttled-unsaid',
    title: 'An ECR registry is asked too often, and the text does not say which',
    symptoms: [
      ['Docker', 'Error response from daemon: toomanyrequests: Rate exceeded'],
      ['SAM', 'Error: SomeFunction failed to build: toomanyrequests: Rate exceeded'],
      ['Docker, old', 'unknown: Rate exceeded'],
    ],
    when: ({ find, status }) => (status === undefined ? find(rateExceeded, isUnsaid) : undefined),
    tell: () => ({
      sentence:
        'An ECR registry is asked too often, and the text does not say which. Mostly it is ECR Public, which limits pulls without a login by address of the caller. A private registry limits what its account may ask for in a region.',
      side: 'for ECR Public the client, which pulls without a login; for a private registry all that pull from that account and region together',
      remedy:
        'Look for public.ecr.aws in the FROM lines of the build, and log in there. For a private registry it passes by itself: spread the pulls, or ask for higher quotas (Service Quotas, Amazon ECR).',
      paste: [
        {
          what: 'Log in to ECR Public',
          kind: 'command',
          text: 'aws ecr-public get-login-password --region us-east-1 | docker login --username AWS --password-stdin public.ecr.aws',
        },
      ],
    }),
  }),
  row({
    id: 'registry-throttled',
    title: 'ECR is asked too often',
    symptoms: [
      ['Docker', `Error response from daemon: pull access denied for ${host}/team/app: toomanyrequests: Rate exceeded`],
      ['Docker, old', `Error: Status 429 trying to pull repository ${host}/team/app: unknown: Rate exceeded`],
      ['containerd', `unexpected status from HEAD request to ${manifest}: 429 Too Many Requests`],
    ],
    when: facts =>
      facts.find(rateExceeded, isEcrNamed) ??
      facts.find(/toomanyrequests(?!: You have reached)|429 Too Many Requests(?!.{0,40}You have reached)|status code 429/, isPrivate) ??
      facts.status === 429,
    tell: told => ({
      sentence: `${told.host} is asked more often than its account may be: many machines pull at once.`,
      side: 'all that pull from that account and region together',
      remedy:
        'It passes by itself. If it lasts, spread the pulls, keep images on the nodes, or ask for higher quotas (Service Quotas, Amazon ECR).',
    }),
  }),
];
