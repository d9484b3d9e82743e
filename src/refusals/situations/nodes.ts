import { isPrivate } from '../hosts.ts';
import { example, row, type Situation } from '../situation.ts';

const { host } = example;
const pause = `${host}/eks/pause:3.5`;
const failed = `Failed to create pod sandbox: rpc error: code = Unknown desc = failed to get sandbox image "${pause}": failed to pull image "${pause}": failed to pull and unpack image "${pause}": failed to resolve reference "${pause}"`;

/** Failures of images that a node pulls for itself. */
export const nodes: readonly Situation[] = [
  row({
    id: 'sandbox-image',
    title: 'The image of the sandbox (pause) is pulled without a login',
    symptoms: [
      [
        'kubelet with containerd, EKS',
        `${failed}: pull access denied, repository does not exist or may require authorization: authorization failed: no basic auth credentials`,
      ],
      [
        'kubelet with containerd, EKS',
        `${failed}: unexpected status from HEAD request to https://${host}/v2/eks/pause/manifests/3.5: 401 Unauthorized`,
      ],
      ['kubelet with containerd, EKS', `${failed}: pulling from host ${host} failed with status code [manifests 3.5]: 401 Unauthorized`],
    ],
    when: ({ find }) =>
      find(
        /failed to get sandbox image .{1,1500}?(no basic auth credentials|: 401(?!\d)|\npulling from host .{1,200}: 401(?!\d))/,
        isPrivate,
      ),
    tell: told => ({
      sentence: `The node has lost the image that every pod needs first (pause), and containerd pulls that one by itself, without a login: neither the credential provider of the kubelet nor a pull secret is asked for ${told.host}.`,
      side: 'the node: its containerd (`sandbox_image`), and whatever removed the image',
      remedy:
        'Bring the image back onto the node with a login, or replace the node. A newer AMI and containerd keep it from the garbage collector (it is pinned). Or name a copy that needs no login as `sandbox_image`.',
      paste: [
        {
          what: 'On a node of EKS with Amazon Linux 2: pull it again as at the start',
          kind: 'command',
          text: 'sudo systemctl restart sandbox-image',
        },
        { what: 'On any node', kind: 'command', text: commandFor(told.facts.registry?.region) },
      ],
    }),
  }),
];

function commandFor(region = 'REGION'): string {
  return `sudo crictl pull --creds "AWS:$(aws ecr get-login-password --region ${region})" IMAGE`;
}
