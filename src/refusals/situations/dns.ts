import { lookAlike } from '../../contract/look-alike.ts';
import { parseAddress } from '../../contract/registry.ts';
import type { Facts } from '../facts.ts';
import { isAws, type Of } from '../hosts.ts';
import { example, row, type Situation } from '../situation.ts';
import { dnsFailed, noName, twoSchemes } from './ways.ts';

const { host, api } = example;
const isSpelt: Of = host => host !== undefined && parseAddress(host) !== undefined;

/** Whether the host resembles an ECR registry and is none. A masked account counts as valid. */
const misspelt: Of = host => {
  const shown = host?.replace(/^(?:\*+|x{3,}|<\w+>)(?=\.dkr[.-]ecr)/, '123456789012') ?? '';
  return /^(\d{12}\.)?dkr[.-]ecr/.test(shown) && !/xxx|[*<]/.test(shown) && !isSpelt(shown) && lookAlike(shown) !== undefined;
};

/** Describes how the DNS server failed, as far as the message of the resolver tells. */
function resolverFailure({ find }: Facts): string {
  if (find(/lookup \S{1,300}( on \S{1,60})?: .{0,120}?(i\/o timeout)|Resolving timed out|\bquery(A|Aaaa) ETIMEOUT/))
    return 'did not answer in time';
  if (find(/server misbehaving|\bquery(A|Aaaa) (ESERVFAIL|EREFUSED)/)) return 'answered that it could not say (SERVFAIL or REFUSED)';
  if (find(/Temporary failure in name resolution|\bEAI_(AGAIN|FAIL)\b/)) return 'did not answer, or answered that it could not say';
  return 'could not be reached';
}

/**
 * A registry without its account, as an empty variable leaves it, and the failure that shows that it was used like
 * this.
 */
const noAccount =
  /(?<![\w.*>}-]|\d{12}\s{1,20})(?<at>\.?dkr[.-]ecr(-fips)?\.[\w*.-]{0,60}\w)[^\s,]{0,300} .{0,80}?invalid reference format|lookup (?<name>\.?dkr[.-]ecr(-fips)?\.[\w*.-]{0,60}\w)( on \S{1,60})?: no such host/;

/** Failures of DNS lookups. */
export const dns: readonly Situation[] = [
  row({
    id: 'account-missing',
    title: 'The account is missing in the name of the registry',
    symptoms: [
      [
        'Docker',
        'Error response from daemon: Get "https://.dkr.ecr.eu-west-1.amazonaws.com/v2/": dial tcp: lookup .dkr.ecr.eu-west-1.amazonaws.com: no such host',
      ],
      [
        'Docker',
        'Error parsing reference: ".dkr.ecr.eu-west-1.amazonaws.com/team/app:1" is not a valid repository/tag: invalid reference format',
      ],
      ['Docker', 'invalid argument ".dkr.ecr.eu-west-1.amazonaws.com/team/app:1" for "-t, --tag" flag: invalid reference format'],
      ['Docker', 'dial tcp: lookup dkr.ecr.eu-west-1.amazonaws.com on 10.0.0.2:53: no such host'],
    ],
    when: ({ find }) => find(noAccount, () => true),
    tell: ({ groups }) => ({
      sentence: `The name ${groups['at'] ?? groups['name']} lacks the account in front: mostly a variable for it is empty. No registry was asked.`,
      side: 'the script, workflow or compose file that writes the name: the variable for the account',
      remedy:
        'Write ACCOUNT.dkr.ecr.REGION.amazonaws.com with the twelve digits of the account, and look where the variable should come from (a secret is empty in builds of a fork). If the account was only taken out of this text, DNS does not know the whole name.',
      paste: [{ what: 'The account of your keys', kind: 'command', text: 'aws sts get-caller-identity --query Account --output text' }],
    }),
  }),
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
    // Skip this row if a text also has the correct name: a line break inside it makes a misspelt copy.
    when: ({ find }) => !find(noName, isSpelt) && find(noName, misspelt),
    tell: ({ host: at }) => ({
      sentence: `${at} looks like an ECR registry and is not one: region or ending are wrong, or do not belong together.`,
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
    when: ({ find }) => !find(twoSchemes, () => true) && find(noName, isAws),
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
];
