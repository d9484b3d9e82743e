import { isPublic } from '../hosts.ts';
import { row, type Situation } from '../situation.ts';
import { publicLogout } from './pulled.ts';

/** Logins to ECR Public, whose tokens come from one region and from an API of their own. */
export const publicLogins: readonly Situation[] = [
  row({
    id: 'public-region',
    title: 'ECR Public is asked in a region that it does not have',
    symptoms: [
      ['AWS CLI', 'Could not connect to the endpoint URL: "https://api.ecr-public.eu-west-2.amazonaws.com/"'],
      ['GitHub Actions, amazon-ecr-login', 'Error: getaddrinfo ENOTFOUND api.ecr-public.ap-northeast-1.amazonaws.com'],
      [
        'Terraform',
        'Error: creating ECR Public repository: RequestError: send request failed caused by: Post "https://api.ecr-public.us-east-2.amazonaws.com/": dial tcp: lookup api.ecr-public.us-east-2.amazonaws.com on 10.2.0.2:53: no such host',
      ],
      [
        'AWS SDK for JavaScript, old',
        "Error: Inaccessible host: `api.ecr-public.ap-northeast-1.amazonaws.com'. This service may not be available in the `ap-northeast-1' region.",
      ],
    ],
    when: ({ find }) => find(/\becr-public\.(?!us-east-1\b|us-west-2\b)(?<region>[a-z]{2}-[a-z-]{4,20}-\d)\.amazonaws/),
    tell: ({ groups }) => ({
      sentence: `ECR Public has no API in ${groups['region']}: tokens come from us-east-1, wherever the images are pulled.`,
      side: 'the script or workflow that asks: its region',
      remedy: 'Ask for the token of ECR Public in us-east-1, and for that of your own registries in their region: these are two logins.',
      paste: [
        {
          what: 'Log in',
          kind: 'command',
          text: 'aws ecr-public get-login-password --region us-east-1 | docker login --username AWS --password-stdin public.ecr.aws',
        },
      ],
    }),
  }),
  row({
    id: 'public-login',
    title: 'ECR Public does not take the password of a login',
    symptoms: [
      ['Docker', 'Error response from daemon: login attempt to https://public.ecr.aws/v2/ failed with status: 400 Bad Request'],
      ['Docker', 'Error response from daemon: Get "https://public.ecr.aws/v2/": denied: Not Authorized'],
      [
        'Terraform, helm provider',
        'Error: could not login to OCI registry "public.ecr.aws": login attempt to https://public.ecr.aws/v2/ failed with status: 403 Forbidden',
      ],
    ],
    when: ({ find }) =>
      find(
        /login attempt to https:\/\/\S{1,100}\/v2\/? failed with status: 40[013]|\/v2\/"?: (denied|unauthorized): (Not Authorized|Your authorization)/i,
        isPublic,
      ),
    tell: () => ({
      sentence:
        'ECR Public does not take the password that this login sent: it takes tokens of its own alone, from `aws ecr-public` in us-east-1, for twelve hours. One of a private registry (`aws ecr`) is another.',
      side: 'whoever logs in: the command that gets the token',
      remedy: 'Log in with the command below, or not at all: pulls need no login, but for their limits.',
      paste: [
        {
          what: 'Log in',
          kind: 'command',
          text: 'aws ecr-public get-login-password --region us-east-1 | docker login --username AWS --password-stdin public.ecr.aws',
        },
        publicLogout,
      ],
    }),
  }),
];
