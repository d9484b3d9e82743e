import type { Diagnosis } from '../diagnosis.ts';
import type { Own } from '../facts.ts';
import { isLayers, isPrivate, isRegistry, isS3, type Of, orUnsaid } from '../hosts.ts';
import { statementFor } from '../sides.ts';
import { example, row, type Situation } from '../situation.ts';
import { endpointStatement, rightsFor } from '../statements.ts';
import { cutDownload, cutOff, elsewhere, noAnswer, noName, proxyRefused, unansweredDownload, way } from './ways.ts';

const { host, image, layers: bucket } = example;
const isOfPulls: Of = at => isRegistry(at) || isS3(at);

/**
 * A request to the registry itself. Go names the URL it requested, which is one of S3 once the registry has redirected
 * the client.
 */
const ofRegistry = /(Get|Head|Put|Post|Patch) "?https:\/\/\S{1,200}\/v2\/\S{1,300}\/(blobs|manifests)\//;

/** Our request reached the registry, but not the store of the layer. */
const unreached = ({ host: at, said, remedy = '' }: Own): Omit<Diagnosis, 'id'> => ({
  sentence: `The registry gives the layer out, but ${at}, where it lies, cannot be reached from here: ${said}`,
  side: `the firewall, the proxy or the VPC endpoint between this machine and ${at}`,
  remedy: `Let HTTPS to ${at} through, as to the registry. A VPC without a way out needs a gateway endpoint of S3 beside ecr.api and ecr.dkr. ${remedy}`,
});

/** The redirect leads to an address that ECR never returns: ECR redirects to S3. */
const ledBack = ({ host: at, said }: Own): Omit<Diagnosis, 'id'> => ({
  sentence: `The registry gives the layer out, and sends the client back to ${at} for it, where no login is sent along: ${said}. ECR sends to S3.`,
  side: `a proxy or a mirror between this machine and ${at}, which changes where the answer leads`,
  remedy: 'Let ECR go around that proxy (NO_PROXY), or let it hand on the header Location of ECR as it is.',
});

/** ECR has just signed the URL, so a policy or a proxy on the way refuses it. */
function refused({ host: at, said }: Own, partition = 'aws'): Omit<Diagnosis, 'id'> {
  const bucket = /^(?<name>[\w-]*starport-layer-bucket)\./.exec(at)?.groups?.['name'];
  const arn = `arn:${partition}:s3:::${bucket ?? 'BUCKET'}/*`;
  return {
    sentence: `The registry gives the layer out, but not the place where it lies: ${said}.`,
    side: 'the policy of the VPC endpoint of S3, or a proxy on the way',
    remedy: `The policy of the endpoint of S3 must allow s3:GetObject on ${arn}. A proxy must neither change the address nor add a login.`,
    ...(bucket !== undefined && {
      paste: [statementFor('the policy of the VPC endpoint of S3', endpointStatement(rightsFor('s3:GetObject'), [arn]))],
    }),
  };
}

/** Failures of layers, which ECR keeps in S3 under other hosts than that of the registry. */
export const layers: readonly Situation[] = [
  row({
    id: 'layers-unreachable',
    title: 'The layers in S3 cannot be reached',
    symptoms: [
      [
        'Docker',
        `error pulling image configuration: download failed after attempts=6: dial tcp 52.218.1.1:443: i/o timeout: Get "https://${bucket}/5c1-123456789012/sha256"`,
      ],
      [
        'containerd',
        `failed to copy: httpReadSeeker: failed open: failed to do request: Get "https://${bucket}/5c1": dial tcp 52.218.1.1:443: i/o timeout`,
      ],
      ['Docker', `dial tcp: lookup ${bucket} on 10.0.0.2:53: no such host`],
      [
        'Docker, which names no address',
        `${host}/team/app: error pulling image configuration: download failed after attempts=6: dial tcp 52.218.1.1:443: i/o timeout`,
      ],
      ['containerd', `failed to do request: Get "https://${bucket}/5c1": dial tcp 52.218.1.1:443: connect: connection refused`],
      ['podman', `Error: reading blob sha256:5c1: Get "https://${bucket}/5c1": EOF`],
    ],
    when: ({ find, own }) =>
      own
        ? own.at === 'store' && own.isSilent
        : !find(/proxyconnect tcp/) &&
          !find(ofRegistry, isRegistry) &&
          (find(unansweredDownload, (host, nearby) => isPrivate(host ?? nearby)) ??
            find(noAnswer, isS3) ??
            find(noName, isS3) ??
            find(cutOff, isS3)),
    tell: told =>
      told.facts.own
        ? unreached(told.facts.own)
        : {
            sentence: isLayers(told.host)
              ? `The registry answers, but ${told.host}, where ECR keeps the layers, cannot be reached from the machine that pulls. Login and rights are good.`
              : isRegistry(told.host)
                ? `${told.host} answers, but S3, where ECR keeps the layers, cannot be reached from the machine that pulls. Login and rights are good.`
                : `${told.host}, a bucket of S3, cannot be reached from the machine that asked. ECR keeps the layers of images in S3.`,
            side: way('S3'),
            remedy:
              'Let it reach S3 as well: in the firewall or proxy the bucket prod-REGION-starport-layer-bucket.s3.REGION.amazonaws.com, in a VPC without internet a gateway endpoint for S3 in the route tables of these subnets. `ecr-courier check IMAGE --layer` tries it.',
            paste: isRegistry(told.host) ? [] : [elsewhere(told)],
          },
  }),
  row({
    id: 'layers-cut',
    title: 'The download of a layer is cut',
    symptoms: [
      [
        'containerd, kubelet',
        `Failed to pull image "${image}": failed to pull and unpack image "${image}": failed to copy: read tcp 10.0.1.5:40122->52.218.1.1:443: read: connection reset by peer`,
      ],
      ['Docker', `docker pull ${image}: error pulling image configuration: download failed after attempts=6: unexpected EOF`],
    ],
    when: ({ find, own }) => !own && !find(ofRegistry, isRegistry) && find(cutDownload, isPrivate),
    tell: ({ host: at }) => ({
      sentence: `The download of a layer was cut in the middle. ${at} gave the layer out, and layers come from S3: so it is the connection to S3. Login and rights are good.`,
      side: way('S3'),
      remedy:
        'Try again: one cut is nothing. If it comes back, look for a firewall, NAT or proxy that ends long or large transfers, and for a too large MTU (VPN, overlay networks). `ecr-courier check IMAGE --layer` tries the way to S3.',
    }),
  }),
  row({
    id: 'layers-refused',
    title: 'S3 refuses the layers',
    symptoms: [
      ['containerd', `failed to copy: httpReadSeeker: failed open: unexpected status code https://${bucket}/5c1: 403 Forbidden`],
      [
        'Docker',
        `error pulling image configuration: download failed after attempts=1: error parsing HTTP 403 response body: invalid character '<' looking for beginning of value: "<?xml version=\\"1.0\\" encoding=\\"UTF-8\\"?>\\n<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>" from https://${bucket}/5c1`,
      ],
      ['any', `<Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error> https://${bucket}/5c1`],
    ],
    when: ({ find, own }) =>
      own
        ? own.at === 'store' && !own.isSilent && own.isRefused
        : !find(proxyRefused) && find(/403 Forbidden|\bStatusCode: 403|AccessDenied|response status code 403|HTTP 403/, isLayers),
    tell: ({ host: at, facts }) =>
      facts.own
        ? facts.own.host === facts.registry?.host
          ? ledBack(facts.own)
          : refused(facts.own, facts.registry?.partition)
        : {
            sentence: `${at} refuses the address that ECR signed for the layer, although ECR itself gave it. Login and rights at ECR are good.`,
            side: 'the policy of the VPC endpoint for S3 on the way, or a proxy that changes or keeps the address',
            remedy:
              'The policy of the endpoint must allow s3:GetObject on arn:aws:s3:::prod-REGION-starport-layer-bucket/*. If the message says that the request has expired, look at the clock, and for a client that waits too long.',
            paste: [
              {
                what: 'The endpoints of the region',
                kind: 'command',
                text: 'aws ec2 describe-vpc-endpoints --filters Name=vpc-endpoint-type,Values=Gateway',
              },
            ],
          },
  }),
  row({
    id: 'two-logins-at-s3',
    title: 'A login was sent to S3',
    symptoms: [
      [
        'S3',
        '<Error><Code>InvalidArgument</Code><Message>Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature query string parameter or the Authorization header should be specified</Message></Error>',
      ],
    ],
    when: ({ find }) => find(/Only one auth mechanism allowed/, orUnsaid(isOfPulls)),
    tell: () => ({
      sentence: 'The client followed the redirect to S3 with the ECR login, which S3 does not take beside a signed address.',
      side: 'the client, or a proxy between that adds the header',
      remedy:
        'Update the client: it must drop the Authorization header when the host changes. The login was shown to S3 then, which is AWS, too.',
    }),
  }),
];
