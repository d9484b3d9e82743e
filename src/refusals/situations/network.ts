import { lookAlike } from '../../contract/look-alike.ts';
import { parseAddress } from '../../contract/registry.ts';
import { isAws, type Of } from '../hosts.ts';
import { example, row, type Situation } from '../situation.ts';
import { badTls, cutOff, elsewhere, noAnswer, noName, way } from './ways.ts';

const { host, manifest, api } = example;
const isSpelt: Of = host => host !== undefined && parseAddress(host) !== undefined;

/** A name of a host that ECR does not have. */
const misspelt: Of = host =>
  host !== undefined && /^(\d{12}\.)?dkr[.-]ecr/.test(host) && !/xxx|\*/.test(host) && !isSpelt(host) && lookAlike(host) !== undefined;

/** AWS is asked at port 443, so that is somebody else's. */
const otherPort = /\d+\.\d+\.\d+\.\d+:(?!443\b|53\b)\d{2,5}\b.{0,40}?(refused|timeout|timed out)|ECONNREFUSED \S{1,100}:(?!443\b)\d{2,5}\b/;

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
    id: 'name-unknown-to-dns',
    title: 'DNS does not know the name',
    symptoms: [
      ['Docker', `Error response from daemon: Get "https://${host}/v2/": dial tcp: lookup ${host} on 10.0.0.2:53: no such host`],
      ['containerd', `dial tcp: lookup ${host} on 10.0.0.2:53: read udp 10.0.0.4:40123->10.0.0.2:53: i/o timeout`],
      ['AWS CLI', 'Could not connect to the endpoint URL: "https://api.ecr.eu-west-9.amazonaws.com/"'],
      ['AWS SDK for JavaScript', `Error: getaddrinfo ENOTFOUND ${api}`],
      ['curl', `curl: (6) Could not resolve host: ${host}`],
      ['Python', `Failed to resolve '${api}' ([Errno -3] Temporary failure in name resolution)`],
    ],
    when: ({ find }) => find(noName, isAws),
    tell: told => ({
      sentence: `The name ${told.host} was not found in DNS from where the program runs.`,
      side: 'the DNS of that machine or container, or the region in the name',
      remedy:
        'Is the region spelt as AWS spells it? Does another name resolve there? In a VPC with endpoints, private DNS must be on for ecr.api, ecr.dkr and the resolver of the VPC must be used.',
      paste: [{ what: 'Look it up from that machine', kind: 'command', text: `getent hosts ${told.host}` }],
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
      ['AWS CLI', `Connect timeout on endpoint URL: "https://${api}/"`],
      ['Harbor', `Get "https://${host}/v2/": net/http: TLS handshake timeout`],
    ],
    when: ({ find }) => !find(otherPort) && find(noAnswer, isAws),
    tell: told => ({
      sentence: `${told.host} did not answer the machine that asked: no connection came about, or no answer in time.`,
      side: way(told.host),
      remedy:
        'A machine without a way to the internet needs endpoints in its VPC: ecr.api, ecr.dkr (with a security group that lets port 443 in), sts, and the gateway for S3. Elsewhere look at firewall, proxy and routes.',
      paste: [elsewhere(told)],
    }),
  }),
  row({
    id: 'tls-other-endpoint',
    title: 'The name leads to an endpoint of ECR with another name',
    symptoms: [
      [
        'CodeBuild, Docker',
        `Error response from daemon: Get "https://${host}/v2/": x509: certificate is valid for *.dkr.starport.us-west-2.amazonaws.com, *.dkr.starport.us-west-2.vpce.amazonaws.com, not ${host}`,
      ],
    ],
    when: ({ find }) => find(/certificate is valid for .{0,200}?\.dkr\.starport\./),
    tell: told => ({
      sentence:
        'What answered is an endpoint of ECR, but none for the name of this registry: the name leads to a VPC endpoint of another region, or to one without private DNS.',
      side: 'DNS of the network from which it was asked: private zones, records for ECR, the VPC endpoint for ecr.dkr',
      remedy:
        'Switch private DNS on at the endpoint for ecr.dkr, and take out records of your own for these names. An endpoint serves its own region: registries of other regions need a way to the internet, or a peering.',
      paste: [{ what: 'Where the name leads', kind: 'command', text: `dig +short ${told.facts.registry?.host ?? 'HOST'}` }],
    }),
  }),
  row({
    id: 'tls-intercepted',
    title: 'Somebody else’s certificate',
    symptoms: [
      [
        'Docker',
        `Error response from daemon: Get "https://${host}/v2/": tls: failed to verify certificate: x509: certificate signed by unknown authority`,
      ],
      [
        'podman',
        `pinging container registry ${host}: Get "https://${host}/v2/": tls: failed to verify certificate: x509: certificate signed by unknown authority`,
      ],
      [
        'AWS CLI',
        `SSL validation failed for https://${api}/ [SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: unable to get local issuer certificate (_ssl.c:1006)`,
      ],
      ['AWS SDK for JavaScript', `Error: self-signed certificate in certificate chain, request to https://${api}/ failed`],
      ['Docker', `Error response from daemon: Get "https://${host}/v2/": x509: certificate is valid for proxy.example.com, not ${host}`],
      ['ecr-courier', `The TLS handshake with ${api} failed (SELF_SIGNED_CERT_IN_CHAIN).`],
    ],
    when: ({ find }) => find(badTls, isAws),
    tell: told => ({
      sentence: `The certificate that was shown for ${told.host} is not of AWS, or this machine has no list of authorities: a proxy or firewall opens the connection.`,
      side: 'the network between, or the list of authorities of the machine or image',
      remedy:
        'Give the program the authority of that proxy: Docker /etc/docker/certs.d/HOST/ca.crt or the system’s list, containerd and the kubelet the system’s list, AWS CLI and ecr-courier AWS_CA_BUNDLE. Or let the proxy leave ECR and S3 alone. A minimal image may lack the package ca-certificates.',
      paste: [
        {
          what: 'Whose certificate is it',
          kind: 'command',
          text: `openssl s_client -connect ${told.host}:443 -servername ${told.host} </dev/null 2>/dev/null | openssl x509 -noout -issuer`,
        },
      ],
    }),
  }),
  row({
    id: 'not-aws-answers',
    title: 'Something else answers in place of AWS',
    symptoms: [
      ['Docker', `Error response from daemon: Get "https://${host}/v2/": http: server gave HTTP response to HTTPS client`],
      [
        'Docker',
        `Error response from daemon: error parsing HTTP 403 response body: invalid character '<' looking for beginning of value: "<html>blocked" (https://${host}/v2/)`,
      ],
      [
        'AWS SDK for Go',
        `operation error ECR: GetAuthorizationToken, https response error StatusCode: 503, RequestID: , deserialization failed, failed to decode response body, invalid character '<' looking for beginning of value`,
      ],
    ],
    when: ({ find, status }) =>
      find(
        /server gave HTTP response to HTTPS client|invalid character '<' looking for|wrong version number|Unexpected token '?</,
        isAws,
      ) ??
      find(/operation error ECR.{0,300}?invalid character '<' looking for/) ??
      (status === undefined ? undefined : find(/<(!doctype|html)\b/)),
    tell: told => ({
      sentence: `What answered in place of ${told.host} is not AWS: a page of HTML or plain HTTP came back.`,
      side: 'a proxy, captive portal or block page between the machine and AWS',
      remedy:
        'Read the page from that machine. Let ECR and S3 through, or correct the proxy settings or the endpoint override (AWS_ENDPOINT_URL).',
      paste: [elsewhere(told)],
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
