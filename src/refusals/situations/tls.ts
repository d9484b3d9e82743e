import { isAws } from '../hosts.ts';
import { example, row, type Situation } from '../situation.ts';
import { badTls, elsewhere, tlsRefused } from './ways.ts';

const { host, manifest, api } = example;

/**
 * The names in ECR's own certificates. A proxy that intercepts TLS makes a certificate for the requested name instead.
 */
const ofEcr = String.raw`(\.dkr\.starport\.|\*\.dkr[.-]ecr\b|\b(api\.)?ecr(-fips)?\.[a-z0-9-]{4,30}\.(amazonaws|api\.aws)|\.vpce\.amazonaws)`;
const ofEndpoint = new RegExp(
  `(certificate is valid for (?:(?!, not )[^]){0,400}?|in the cert's altnames: .{0,400}?|hostname '\\S{1,200}' doesn't match .{0,100}?)${ofEcr}`,
);

/** Failures of TLS: a server responds, but the handshake fails. */
export const tls: readonly Situation[] = [
  row({
    id: 'tls-other-endpoint',
    title: 'The name leads to an ECR endpoint with another name',
    symptoms: [
      [
        'CodeBuild, Docker',
        `Error response from daemon: Get "https://${host}/v2/": x509: certificate is valid for *.dkr.starport.us-west-2.amazonaws.com, *.dkr.starport.us-west-2.vpce.amazonaws.com, not ${host}`,
      ],
      [
        'Docker',
        `Error response from daemon: Get "https://${host}/v2/": x509: certificate is valid for *.dkr.ecr.us-west-2.amazonaws.com, not ${host}`,
      ],
    ],
    when: ({ find }) => find(ofEndpoint),
    tell: told => ({
      sentence:
        'What answered is an ECR endpoint, but none for the name that was asked: the name leads to a VPC endpoint of another region, or to one without private DNS.',
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
      [
        'Jib, Java',
        `I/O error for image [${host}/team/app]: PKIX path building failed: sun.security.provider.certpath.SunCertPathBuilderException: unable to find valid certification path to requested target`,
      ],
      [
        '.NET SDK',
        `The SSL connection could not be established, see inner exception. (${host}:443)\n ---> System.Security.Authentication.AuthenticationException: The remote certificate is invalid because of errors in the certificate chain: UntrustedRoot`,
      ],
      ['AWS SDK for Rust', `error sending request for url (https://${api}/): invalid peer certificate: UnknownIssuer`],
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
    id: 'tls-refused',
    title: 'The TLS handshake is refused',
    symptoms: [
      ['Docker', `Error response from daemon: Get "https://${host}/v2/": remote error: tls: handshake failure`],
      ['containerd', `failed to do request: Head "${manifest}": remote error: tls: protocol version not supported`],
      ['Python', `[SSL: SSLV3_ALERT_HANDSHAKE_FAILURE] sslv3 alert handshake failure (_ssl.c:1006) https://${api}/`],
    ],
    when: ({ find }) => find(tlsRefused, isAws),
    tell: told => ({
      sentence: `What answered for ${told.host} refused the TLS handshake: it takes neither a version nor a cipher that the client offers, or it does not serve that name. The connection itself came about.`,
      side: 'a proxy or firewall that opens TLS on the way, or an old client',
      remedy:
        'AWS takes TLS 1.2 and later: update a client or library that has none of these. Otherwise look who answers, and whether DNS leads that name to AWS.',
      paste: [
        {
          what: 'Who answers, and with which TLS',
          kind: 'command',
          text: `openssl s_client -connect ${told.host}:443 -servername ${told.host} </dev/null`,
        },
      ],
    }),
  }),
];
