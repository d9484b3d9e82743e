import { lookAlike } from '../../contract/look-alike.ts';
import { parseAddress } from '../../contract/registry.ts';
import type { Facts } from '../facts.ts';
import { isAws, isRegistry, type Of } from '../hosts.ts';
import { example, row, type Situation } from '../situation.ts';
import { cutOff, dnsFailed, elsewhere, noAnswer, noName, way } from './ways.ts';

const { host, image, manifest, api } = example;
const isSpelt: Of = host => host !== undefined && parseAddress(host) !== undefined;

/** A name of a host that ECR does not have. */
const misspelt: Of = host =>
  host !== undefined && /^(\d{12}\.)?dkr[.-]ecr/.test(host) && !/xxx|\*/.test(host) && !isSpelt(host) && lookAlike(host) !== undefined;

/** Of what a resolver printed, what its server did; it gives no more where it says neither. */
function resolverFailure({ find }: Facts): string {
  if (find(/lookup \S{1,300}( on \S{1,60})?: .{0,120}?(i\/o timeout)|Resolving timed out|\bquery(A|Aaaa) ETIMEOUT/))
    return 'did not answer in time';
  if (find(/server misbehaving|\bquery(A|Aaaa) (ESERVFAIL|EREFUSED)/)) return 'answered that it could not say (SERVFAIL or REFUSED)';
  if (find(/Temporary failure in name resolution|\bEAI_(AGAIN|FAIL)\b/)) return 'did not answer, or answered that it could not say';
  return 'could not be reached';
}

export const network: readonly Situation[] = [
  row({
    id: 'host-misspelt',
    title: 'The name of the registry is not one of ECR',
    symptoms: [
      [
        'Docker',
        'Error response from daemon: Get "https://123456789012.dkr.ecr.amazonaws.com/v2/": dial tcp: lookup 123456789012.dkr.ecr.amazonaws.com on 10.0.0.2:53: no such host',
      ],
      [
        'Docker',
        'Error response from daemon: Get "https://123456789012.dkr.ecr.cn-north-1.amazonaws.com/v2/": dial tcp: lookup 123456789012.dkr.ecr.cn-north-1.amazonaws.com: no such host',
      ],
      ['podman', 'dial tcp: lookup 123456789012.dkr.ecr.eu-west-1.amazonaws.co on 10.0.0.2:53: no such host'],
    ],
    // A line's end in the name makes a misspelt one, too.
    when: ({ find }) => !find(noName, isSpelt) && find(noName, misspelt),
    tell: ({ host: at }) => ({
      sentence: `${at} looks like a registry of ECR and is none: region or ending are wrong, or do not belong together.`,
      side: 'the name of the image where it is written: deployment, compose file, entry of the manager',
      remedy: 'Correct it to ACCOUNT.dkr.ecr.REGION.amazonaws.com (China: .amazonaws.com.cn).',
    }),
  }),
  row({
    id: 'dns-silent',
    title: 'The DNS server does not say',
    symptoms: [
      [
        'Docker, containerd',
        `Error response from daemon: Get "https://${host}/v2/": dial tcp: lookup ${host} on 10.0.0.2:53: read udp 10.0.0.4:40123->10.0.0.2:53: i/o timeout`,
      ],
      ['Docker', `Error response from daemon: Get "https://${host}/v2/": dial tcp: lookup ${host} on 127.0.0.53:53: server misbehaving`],
      ['containerd', `dial tcp: lookup ${host} on [::1]:53: read udp [::1]:40123->[::1]:53: read: connection refused`],
      ['AWS SDK for JavaScript', `Error: getaddrinfo EAI_AGAIN ${api}`],
      ['Python', `Failed to resolve '${api}' ([Errno -3] Temporary failure in name resolution)`],
    ],
    when: ({ find }) => find(dnsFailed, isAws),
    tell: told => ({
      sentence: `The DNS server that was asked for ${told.host} ${resolverFailure(told.facts)}: so nobody knows whether that name is good, and AWS was not asked at all.`,
      side: 'the DNS of that machine, container or pod: the server in its /etc/resolv.conf, and the way to it (port 53)',
      remedy:
        'Look another name up there. If that fails, too, it is the server or the way to it: firewall or security group (UDP and TCP 53), CoreDNS and its load in a cluster, a VPN, a container that has 127.0.0.53 of its host. If other names are found, its forwarder or a rule for these names fails.',
      paste: [
        {
          what: 'Which server is asked, and what it says',
          kind: 'command',
          text: `cat /etc/resolv.conf; getent hosts ${told.host} aws.amazon.com`,
        },
      ],
    }),
  }),
  row({
    id: 'name-unknown-to-dns',
    title: 'DNS does not know the name',
    symptoms: [
      ['Docker', `Error response from daemon: Get "https://${host}/v2/": dial tcp: lookup ${host} on 10.0.0.2:53: no such host`],
      ['AWS SDK for JavaScript', `Error: getaddrinfo ENOTFOUND ${api}`],
      ['curl', `curl: (6) Could not resolve host: ${host}`],
      ['Python', `Failed to resolve '${api}' ([Errno -2] Name or service not known)`],
    ],
    when: ({ find }) => find(noName, isAws),
    tell: told => ({
      sentence: told.facts.find(/Could not resolve host/)
        ? `The name ${told.host} was not found from where the program runs: DNS does not know it, or no DNS server answered (curl says the same of both).`
        : `The name ${told.host} was not found in DNS from where the program runs.`,
      side: 'the DNS of that machine or container, or the region in the name',
      remedy:
        'Is the region spelt as AWS spells it? Does another name resolve there? In a VPC with endpoints, private DNS must be on for ecr.api, ecr.dkr and the resolver of the VPC must be used.',
      paste: [{ what: 'Look it up from that machine', kind: 'command', text: `getent hosts ${told.host}` }],
    }),
  }),
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
