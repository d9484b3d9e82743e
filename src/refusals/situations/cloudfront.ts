import { isPublic, type Of } from '../hosts.ts';
import { row, type Situation } from '../situation.ts';
import { cutDownload, cutOff, elsewhere, noAnswer, noName, proxyRefused, unansweredDownload, way } from './ways.ts';

/** The hosts where ECR Public keeps layers today (EKS Anywhere guide, domains to allow). */
const own = ['d5l0dvt14r5h8.cloudfront.net', 'd2glxqk2uabbnd.cloudfront.net'] as const;
const isOwn: Of = host => own.some(each => each === host);
/**
 * Whether the host is a distribution of CloudFront. ECR Public may add others, but every customer of CloudFront has
 * such a name.
 */
const isLike: Of = host => host !== undefined && /^d[a-z0-9]{12,14}\.cloudfront\.net$/.test(host);

const refused = /\b403\b.{0,20}Forbidden|status ?code:? 403/;
const words = [noAnswer, noName, cutOff, proxyRefused, refused];

/** Failures of layers of ECR Public, which redirects clients to CloudFront for them. */
export const cloudfront: readonly Situation[] = [
  row({
    id: 'public-layers',
    title: 'The layers of ECR Public cannot be had',
    symptoms: [
      [
        'containerd, buildx',
        'ERROR: failed to solve: public.ecr.aws/docker/library/node:22: failed to copy: httpReadSeeker: failed open: failed to do request: Get "https://d5l0dvt14r5h8.cloudfront.net/docker/registry/v2/blobs/sha256/5c/5c1/data?Expires=1": dial tcp 13.1.1.1:443: i/o timeout',
      ],
      [
        'Docker 29',
        '$ docker pull public.ecr.aws/docker/library/redis:8\nunknown: failed to copy: httpReadSeeker: failed open: unexpected status from GET request to https://d2glxqk2uabbnd.cloudfront.net/v2/: 403 Forbidden',
      ],
      [
        'Docker, which names no address',
        'public.ecr.aws/docker/library/redis: error pulling image configuration: download failed after attempts=6: dial tcp 13.1.1.1:443: i/o timeout',
      ],
      ['Docker', 'dial tcp: lookup d5l0dvt14r5h8.cloudfront.net on 10.0.0.2:53: no such host'],
    ],
    when: ({ find }) => {
      const of = find(/public\.ecr\.aws/, isPublic) ? isLike : isOwn;
      return (
        words.map(each => find(each, of)).find(place => place !== undefined) ??
        find(unansweredDownload, (host, nearby) => isPublic(host ?? nearby)) ??
        find(cutDownload, isPublic)
      );
    },
    tell: told => ({
      sentence: `ECR Public gave the image out, and sent the client to ${isPublic(told.host) ? 'CloudFront' : told.host} for a layer, which cannot be had from there. A login does not matter.`,
      side: way('CloudFront'),
      remedy: `Let HTTPS through to ${own.join(' and ')} as well, or to *.cloudfront.net, as AWS may add others. Or take the images through a pull-through cache of your own: its layers lie in S3.`,
      paste: [elsewhere(isPublic(told.host) ? { ...told, host: own[0] } : told)],
    }),
  }),
];
