import { isRegistry, orUnsaid } from '../hosts.ts';
import { example, row, type Situation } from '../situation.ts';
import { imageOf } from './pulled.ts';

const { image } = example;

/** Failures of the pulling machine itself: the registry served the image, or was not asked. */
export const machines: readonly Situation[] = [
  row({
    id: 'platform-missing',
    title: 'The image is not made for this platform',
    symptoms: [
      ['Docker', `no matching manifest for linux/arm64/v8 in the manifest list entries: ${image}`],
      [
        'kubelet with containerd',
        `Failed to pull image "${image}": rpc error: code = NotFound desc = failed to pull and unpack image "${image}": no match for platform in manifest: not found`,
      ],
      [
        'ECS',
        "CannotPullContainerError: pull image manifest has been retried 1 time(s): image Manifest does not contain descriptor matching platform 'linux/amd64'",
      ],
      [
        'podman',
        `Error: choosing an image from manifest list docker://${image}: no image found in image index for architecture arm64, variant "v8", OS linux`,
      ],
    ],
    when: ({ find }) =>
      find(
        /no matching manifest for \S{1,40} in the manifest list|no match for platform in manifest|does not contain descriptor matching platform|no image found in (image index|manifest list) for architecture/,
        isRegistry,
      ) ??
      find(
        /CannotPullContainer(Error)?\b.{0,300}(does not contain descriptor matching platform|no match for platform in manifest)/,
        orUnsaid(isRegistry),
      ),
    tell: told => ({
      sentence: `The image is there, and has nothing for the platform of the machine that pulls (its processor or system). Login and rights are good.`,
      side: 'the build of the image, or the machine that it is pulled to',
      remedy:
        'Build it for that platform as well, or run it on a machine of the platform that it has (ECS: `runtimePlatform` of the task definition; Kubernetes: a node selector on kubernetes.io/arch).',
      paste: [
        { what: 'What it is made for', kind: 'command', text: `docker buildx imagetools inspect ${imageOf(told)}` },
        {
          what: 'Build for both',
          kind: 'command',
          text: `docker buildx build --platform linux/amd64,linux/arm64 --tag ${imageOf(told)} --push .`,
        },
      ],
    }),
  }),
  row({
    id: 'disk-full',
    title: 'The disk of the machine that pulls is full',
    symptoms: [
      [
        'containerd',
        `failed to pull and unpack image "${image}": failed to extract layer sha256:5c1: write /usr/lib/x: no space left on device`,
      ],
      [
        'kubelet',
        `Failed to pull image "${image}": rpc error: code = Unknown desc = failed to copy: write /var/lib/containerd/io.containerd.content.v1.content/ingest/5c1/data: no space left on device`,
      ],
      [
        'Docker',
        `$ docker pull ${image}\nfailed to register layer: Error processing tar file(exit status 1): write /app/data: no space left on device`,
      ],
    ],
    when: ({ find }) => {
      const pull = find(/(docker|podman|nerdctl|crictl) pull [^\n]{1,300}/, isRegistry);
      const below =
        pull && find(/failed to register layer.{0,200}no space left on device|GetImageBlob\d+: no space left on device/, () => true);
      return (
        find(/(pull|extract|unpack|copy|register layer|ErrImagePull).{0,1500}?(no space left on device|disk quota exceeded)/, isRegistry) ??
        (below && pull)
      );
    },
    tell: ({ host: at }) => ({
      sentence: `The machine that pulls has no room for the image. ${at} gave it out: login and rights are good.`,
      side: 'the disk of that machine, where the runtime keeps images (/var/lib/containerd, /var/lib/docker)',
      remedy:
        'Make room or a larger disk, and look at the inodes, too (`df -i`). The kubelet removes unused images by itself only above its threshold.',
      paste: [
        {
          what: 'How full it is, and what is not used',
          kind: 'command',
          text: 'df -h /var/lib; sudo crictl rmi --prune || docker image prune --all',
        },
      ],
    }),
  }),
  row({
    id: 'kubelet-too-busy',
    title: 'The kubelet limits its own pulls',
    symptoms: [
      ['kubelet', `Failed to pull image "${image}": pull QPS exceeded`],
      ['kubelet', `ErrImagePull: pull QPS exceeded (${image})`],
    ],
    when: ({ find }) => find(/pull QPS exceeded/, orUnsaid(isRegistry)),
    tell: () => ({
      sentence: 'The kubelet had begun as many pulls in this second as it may, so this one was not begun: nobody asked the registry.',
      side: 'the kubelet of the node: registryPullQPS and registryBurst',
      remedy:
        'It passes by itself with the next try. If it lasts, raise both in the configuration of the kubelet, or start fewer pods of one node at once.',
    }),
  }),
];
