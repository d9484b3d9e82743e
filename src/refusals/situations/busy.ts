import { isPrivate, isRegistry, orUnsaid } from '../hosts.ts';
import { example, row, type Situation } from '../situation.ts';

const { manifest } = example;
const aws = 'An error occurred';

/** The registry does not judge. */
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
    ],
    when: facts =>
      facts.find(/\b50[0234] (Internal Server Error|Bad Gateway|Service Unavailable|Gateway Time-?out)/, isRegistry) ??
      (facts.status !== undefined && facts.status >= 500),
    tell: told => ({
      sentence: `${told.host}, or something in front of it, answered with a failure of its own. Login and rights were not judged.`,
      side: 'AWS, in this region, or a proxy on the way',
      remedy: 'Try again. If it lasts, look at the AWS Health Dashboard and at what stands between.',
    }),
  }),
  row({
    id: 'registry-throttled',
    title: 'ECR is asked too often',
    symptoms: [
      ['Docker', 'Error response from daemon: toomanyrequests: Rate exceeded'],
      ['containerd', `unexpected status from HEAD request to ${manifest}: 429 Too Many Requests`],
    ],
    when: facts =>
      facts.find(/toomanyrequests: Rate exceeded|TOOMANYREQUESTS.{0,60}Rate exceeded/, orUnsaid(isRegistry)) ??
      facts.find(/toomanyrequests|429 Too Many Requests|status code 429/, isPrivate) ??
      facts.status === 429,
    tell: told => ({
      sentence: `${told.host} is asked more often than its account may be: many machines pull at once.`,
      side: 'all that pull from that account and region together',
      remedy:
        'It passes by itself. If it lasts, spread the pulls, keep images on the nodes, or ask for higher quotas (Service Quotas, Amazon ECR).',
    }),
  }),
];
