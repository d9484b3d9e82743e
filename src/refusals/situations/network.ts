import { isAws, isRegistry } from '../hosts.ts';
import { example, row, type Situation } from '../situation.ts';
import { cutOff, elsewhere, noAnswer, way } from './ways.ts';

const { host, image, manifest, api } = example;
export const network: readonly Situation[] = [
  row({
    id: 'no-connection-to-api',
    title: 'The AWS CLI gets no connection to ECR',
    symptoms: [
      ['AWS CLI', 'Could not connect to the endpoint URL: "https://api.ecr.eu-west-9.amazonaws.com/"'],
      [
        'boto3',
        `[Errno 111] Connection refused\nbotocore.exceptions.EndpointConnectionError: Could not connect to the endpoint URL: "https://${api}/"`,
      ],
      ['boto3', `[Errno 101] Network is unreachable\nCould not connect to the endpoint URL: "https://${api}/"`],
    ],
    when: ({ find }) => find(/Could not connect to the endpoint URL/, isAws),
    tell: told => ({
      sentence: `No connection to ${told.host} came about. The AWS CLI and boto3 say the same of a name that DNS does not know, of a refused connection and of a network without a way there.`,
      side: `${way(told.host)}; or the region in the name`,
      remedy:
        'Look the name up first: a region that is misspelt has none. Then look at firewall, proxy and routes. A machine without a way to the internet needs endpoints in its VPC (ecr.api, with private DNS and a security group that lets port 443 in).',
      paste: [{ what: 'Look it up from that machine', kind: 'command', text: `getent hosts ${told.host}` }, elsewhere(told)],
    }),
  }),
  row({
    id: 'no-connection',
    title: 'ECR cannot be reached',
    symptoms: [
      [
        'Docker',
        `Error response from daemon: Get "https://${host}/v2/": net/http: request canceled while waiting for connection (Client.Timeout exceeded while awaiting headers)`,
      ],
      ['Docker', `Error response from daemon: Get "https://${host}/v2/": dial tcp 52.1.1.1:443: connect: connection refused`],
      ['Docker', `Error response from daemon: Get "https://${host}/v2/": net/http: TLS handshake timeout`],
      ['containerd', `failed to do request: Head "${manifest}": dial tcp 52.1.1.1:443: i/o timeout`],
      [
        'ECS',
        `ResourceInitializationError: unable to pull secrets or registry auth: unable to retrieve ecr registry auth: service call has been retried 3 time(s): RequestError: send request failed caused by: Post "https://${api}/": dial tcp 52.1.1.1:443: i/o timeout`,
      ],
      [
        'containerd',
        `failed to copy: httpReadSeeker: failed open: failed to do request: Get "https://${host}/v2/team/app/blobs/sha256:5c1": dial tcp 3.1.2.3:443: i/o timeout`,
      ],
      [
        'Docker',
        `error pulling image configuration: download failed after attempts=6: Get "https://${host}/v2/team/app/blobs/sha256:5c1": context deadline exceeded`,
      ],
      ['AWS CLI', `Connect timeout on endpoint URL: "https://${api}/"`],
      [
        'ECS',
        `CannotPullContainerError: API error (500): Get https://${host}/v2/: net/http: request canceled while waiting for connection`,
      ],
      ['Harbor', `Get "https://${host}/v2/": net/http: TLS handshake timeout`],
    ],
    when: ({ find }) => find(noAnswer, isAws),
    tell: told => ({
      sentence: `${told.host} did not answer the machine that asked: no connection came about, or no answer in time.`,
      side: way(told.host),
      remedy:
        'A machine without a way to the internet needs endpoints in its VPC: ecr.api, ecr.dkr (with a security group that lets port 443 in), sts, and the gateway for S3. Elsewhere look at firewall, proxy and routes.',
      paste: [elsewhere(told)],
    }),
  }),
  row({
    id: 'pull-too-slow',
    title: 'A pull does not end in its time',
    symptoms: [
      ['kubelet', `Failed to pull image "${image}": rpc error: code = DeadlineExceeded desc = context deadline exceeded`],
      ['kubelet with containerd', `Failed to pull image "${image}": failed to pull and unpack image "${image}": context deadline exceeded`],
      ['Docker', `Error response from daemon: Get "https://${host}/v2/": Client.Timeout or context cancellation while reading body`],
    ],
    when: ({ find }) =>
      find(/context deadline exceeded|code = DeadlineExceeded|Client\.Timeout or context cancellation while reading body/, isRegistry),
    tell: ({ host: at }) => ({
      sentence: `What was asked of ${at} did not end in the time that it was given, and the text does not say what was slow: the connection, a large layer, or the disk and the runtime of the machine that pulls.`,
      side: `the way to ${at} and to S3, or the machine that pulls: its disk, its load, and the deadlines of its runtime`,
      remedy:
        'Pull by hand on that machine, and watch: nothing comes, or it comes slowly. If nothing comes, `ecr-courier check IMAGE --layer` tells which way is shut. If it is slow, look at the size of the image, at NAT and proxy, at the disk and how many pulls run at once, and raise the deadline (containerd image_pull_progress_timeout, CRI-O pull_progress_timeout).',
      paste: [
        {
          what: 'Pull by hand on the node',
          kind: 'command',
          text: 'time sudo crictl pull --creds "AWS:$(aws ecr get-login-password)" IMAGE',
        },
      ],
    }),
  }),
  row({
    id: 'connection-cut',
    title: 'The connection is cut',
    symptoms: [
      ['Docker', `Error response from daemon: Head "${manifest}": EOF`],
      ['containerd', `failed to do request: Head "${manifest}": read tcp 10.0.0.4:50432->52.1.1.1:443: read: connection reset by peer`],
      ['amazon-ecr-credential-helper', `Error retrieving credentials: Post "https://${api}/": EOF`],
    ],
    when: ({ find }) => find(cutOff, isAws),
    tell: told => ({
      sentence: `The connection to ${told.host} was cut in the middle.`,
      side: way(told.host),
      remedy: 'Look for a firewall or proxy that resets connections, and for a too large MTU (VPN, overlay networks).',
    }),
  }),
];
