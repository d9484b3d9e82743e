import { isRegistry } from '../hosts.ts';
import { example, row, type Situation } from '../situation.ts';
import { askedLast } from './ways.ts';

const { host, image } = example;
const socket = String.raw`(containerd|docker|crio|cri-dockerd|dockershim|buildkitd?|podman)[\w-]{0,40}\.sock`;

/** A failed connection from a client to the container runtime on the same machine, by a local socket or gRPC. */
const socketDown = new RegExp(
  String.raw`\b(dial|read|write) unix \S{0,200}${socket}: .{0,40}?(connection refused|no such file or directory|connection reset by peer|broken pipe|EOF|timeout|permission denied)`,
);
const ofClients =
  /\brpc error: code = Unavailable desc = (connection error|transport is closing|error reading from server|keepalive ping failed)|error reading from server: |Cannot connect to the Docker daemon|Is the docker daemon running|docker_engine\W.{0,200}cannot find the file|trying to connect to the docker (daemon socket|API)|failed to dial "?\S{1,200}\.sock|make sure you are running as root and the runtime has been started/;

/** A command line that pulls or pushes: the output below it need not name the image. */
const commandLine =
  /\b(docker|nerdctl|podman|crictl|ctr|finch|buildctl|docker-compose)\b[^\n]{0,100} (pull|push|run|create|login|build|up)\b[^\n]{0,200}/;

/** Failures between a client and the runtime on the same machine, without any registry. */
export const runtimes: readonly Situation[] = [
  row({
    id: 'runtime-unreachable',
    title: 'The container runtime of the machine does not answer',
    symptoms: [
      [
        'kubelet with containerd',
        `Failed to pull image "${image}": rpc error: code = Unavailable desc = connection error: desc = "transport: Error while dialing: dial unix /run/containerd/containerd.sock: connect: connection refused"`,
      ],
      [
        'kubelet with containerd',
        `Failed to pull image "${image}": rpc error: code = Unavailable desc = error reading from server: read unix @->/run/containerd/containerd.sock: read: connection reset by peer`,
      ],
      ['kubelet', `Failed to pull image "${image}": rpc error: code = Unavailable desc = error reading from server: EOF`],
      [
        'kubelet with CRI-O',
        `PullImage "${image}" failed: connection error: desc = "transport: Error while dialing: dial unix /var/run/crio/crio.sock: connect: no such file or directory"`,
      ],
      [
        'Docker',
        `$ docker pull ${image}\nCannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?`,
      ],
      [
        'Docker, CI',
        `$ docker login --username AWS --password-stdin ${host}\nError: Cannot connect to the Docker daemon at tcp://docker:2375. Is the docker daemon running?`,
      ],
    ],
    when: ({ find }) => {
      const command = find(commandLine, isRegistry);
      const below = command && (find(socketDown, () => true) ?? find(ofClients, () => true));
      if (find(askedLast, () => true)) return undefined;
      return find(socketDown, isRegistry) ?? find(ofClients, isRegistry) ?? (below && command);
    },
    tell: ({ host: at }) => ({
      sentence: `The client did not get through to the container runtime of its own machine (containerd, CRI-O, Docker, BuildKit): it does not run, was restarted, or this user may not use it. That is not an answer of ${at}.`,
      side: 'the machine that pulls or builds: its container runtime, its socket, and who may use that',
      remedy:
        'Look whether the runtime runs, and why it ended: its log, memory (killed for want of it) and disk. Then the pull is tried again by itself, or by hand. "Permission denied" is the socket: use sudo, or the group docker. A CI job needs a daemon of its own (DOCKER_HOST).',
      paste: [
        {
          what: 'Whether it runs',
          kind: 'command',
          text: 'systemctl status containerd crio docker; sudo journalctl --unit containerd --unit crio --unit docker --since -1h',
        },
      ],
    }),
  }),
];
