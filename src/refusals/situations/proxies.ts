import type { Facts, Place } from '../facts.ts';
import { isAws, isRegistry, isS3, orUnsaid } from '../hosts.ts';
import { example, row, type Situation } from '../situation.ts';
import { proxyRefused } from './ways.ts';

const { host, image, manifest, api, layers: bucket } = example;

/** A request of containerd to a mirror: the query `ns` names the registry it stands for. */
const ofMirror = /https?:\/\/(?<mirror>[^\s"/]{1,200})\/v2\/[^\s"?]{1,400}\?ns=(?<ns>[^\s"&:]{1,200})"?: (?<said>[^\n"]{1,120})/;

function mirrored({ find }: Facts): Place | undefined {
  const asked = find(ofMirror, host => !isRegistry(host));
  return isRegistry(asked?.groups['ns']) ? asked : undefined;
}

/** Failures of proxies and mirrors. */
export const proxies: readonly Situation[] = [
  row({
    id: 'proxy-login',
    title: 'The proxy wants a login',
    symptoms: [
      ['Docker', `Error response from daemon: Get "https://${host}/v2/": Proxy Authentication Required`],
      ['AWS CLI', `Failed to connect to proxy URL: "http://proxy:3128": Tunnel connection failed: 407 Proxy Authentication Required`],
      ['crane', `Error: Get "https://${host}/v2/": proxyconnect tcp: 407 Proxy Authentication Required`],
    ],
    when: ({ find }) =>
      find(/Failed to connect to proxy URL.{0,200}407|A proxy answered in place of AWS and wants a login/) ??
      find(/Proxy Authentication Required|\b407\b.{0,40}proxy/, orUnsaid(isAws)),
    tell: () => ({
      sentence: 'A proxy stands between and wants a user name and password, so nothing behind it was reached.',
      side: 'the proxy, and the proxy settings of the program that asked',
      remedy:
        'Put user and password into the address of the proxy (HTTPS_PROXY=http://USER:PASSWORD@PROXY:PORT, letters such as @ as %40), or let ECR and S3 go around it (NO_PROXY). Docker, containerd and the kubelet have proxy settings of their own services; those of your shell do not count there.',
    }),
  }),
  row({
    id: 'proxy-refused',
    title: 'The proxy does not let it through',
    symptoms: [
      ['Docker', `error pulling image configuration: download failed after attempts=6: Get "https://${bucket}/5c1": Forbidden`],
      ['Docker', `Error response from daemon: Get "https://${host}/v2/": Forbidden`],
      ['containerd', `failed to do request: Head "${manifest}": Forbidden`],
      ['containerd', `failed to do request: Get "https://${bucket}/5c1": Service Unavailable`],
      ['AWS CLI', `Failed to connect to proxy URL: "http://proxy:3128" https://${api}/ Tunnel connection failed: 403 Forbidden`],
      ['curl', `curl: (56) Received HTTP code 403 from proxy after CONNECT https://${host}/v2/`],
    ],
    when: ({ find }) =>
      find(proxyRefused, host => isAws(host) || isS3(host)) ??
      find(/Failed to connect to proxy URL.{0,300}Tunnel connection failed: (?!407)\d{3}/),
    tell: ({ host: at }) => ({
      sentence: `A proxy on the way refused the connection to ${at}. The request did not reach AWS, so login and permissions were not checked.`,
      side: 'the rules of the proxy, and the proxy settings of the program that asked',
      remedy:
        'Let HTTPS through to the registry, and to prod-REGION-starport-layer-bucket.s3.REGION.amazonaws.com, where the layers lie. Where no proxy is needed, name the hosts in NO_PROXY of that very service.',
    }),
  }),
  row({
    id: 'mirror-answers',
    title: 'A mirror answers in the place of ECR',
    symptoms: [
      [
        'containerd, k3s, RKE2',
        `failed to resolve reference "${image}": unexpected status from HEAD request to https://harbor.example.com/v2/ecr/team/app/manifests/1?ns=${host}: 401 Unauthorized`,
      ],
      [
        'containerd, k3s, RKE2',
        `failed to resolve reference "${image}": unexpected status from HEAD request to https://harbor.example.com/v2/ecr/team/app/manifests/1?ns=${host}: 502 Bad Gateway`,
      ],
    ],
    when: mirrored,
    tell: ({ groups }) => ({
      sentence: `The node asked a mirror, ${groups['mirror']}, in the place of ${groups['ns']}, and this is the answer of the mirror: ECR itself was not asked by the node.`,
      side: 'the mirror, and the settings of the node that name it (hosts.toml of containerd, registries.yaml of k3s and RKE2)',
      remedy:
        'Look at the login that the node has for the mirror, and at the one that the mirror has for ECR: at Harbor that is the endpoint, which the courier can keep fresh (`ecr-courier status`). Without that entry the node asks ECR itself.',
    }),
  }),
  row({
    id: 'proxy-unreachable',
    title: 'The proxy cannot be reached',
    symptoms: [
      [
        'Docker',
        `Error response from daemon: Get "https://${host}/v2/": proxyconnect tcp: dial tcp: lookup proxy.example.com: no such host`,
      ],
      ['containerd', `failed to do request: Head "${manifest}": proxyconnect tcp: dial tcp 10.0.0.9:3128: connect: connection refused`],
    ],
    when: ({ find }) =>
      find(/Failed to connect to proxy URL/) ?? find(/proxyconnect tcp: |ProxyConnectionError|Cannot connect to proxy/, orUnsaid(isAws)),
    tell: () => ({
      sentence: 'The proxy of the settings does not answer, so nothing behind it was asked.',
      side: 'the proxy settings of the program that asked',
      remedy:
        'Look at HTTPS_PROXY and NO_PROXY of that very service (`systemctl show docker --property Environment`), and whether the proxy runs.',
    }),
  }),
];
