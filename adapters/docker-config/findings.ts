/** Findings about a file with logins. */
export const findings = {
  HELPER_FIRST: {
    severity: 'warning',
    doc: 'The file names a credential helper for this host. Most clients ask the helper and never look at the fresh entry. Some ask a helper of another spelling: nerdctl one of HOST:443; nerdctl, regctl and jib one of https://HOST.',
    remedy:
      'Remove the host from `credHelpers` in that file; or keep the helper, make it `ecr-courier`, and the courier keeps the entry for the clients that run no helpers.',
  },
  STORE_FIRST: {
    severity: 'warning',
    doc: 'The file names a `credsStore`. Docker, crane, oras, nerdctl, docker-py, testcontainers and jib ask it instead of reading the fresh entry. regctl (unless the store lists the host), skopeo, podman, the kubelet and docker-java read the entry.',
    remedy: 'Remove `credsStore` from that file, or give the courier a file of its own, or name a helper of the host in `credHelpers`.',
  },
  FILE_BROKEN: {
    severity: 'error',
    doc: 'An entry of another host cannot be decoded or has no user name, or something in the file has another type than it must have. So docker 29, crane, nerdctl, the kubelet and others read nothing in the file, for any host. docker 28 sends incomplete logins.',
    remedy: 'Log in to that host again (`docker login HOST`), or remove its entry; correct or remove a member of a wrong type.',
  },
  PATH_ENTRY: {
    severity: 'warning',
    doc: 'The file has an entry for repositories below a path of this host, which the courier leaves as it is. podman, skopeo, the kubelet and crane prefer it to the fresh one.',
    remedy: 'Remove that entry, unless somebody else keeps it fresh.',
  },
  PATTERN_ENTRY: {
    severity: 'warning',
    doc: 'The file has an entry with a pattern that matches this host, which the courier leaves as it is. The kubelet tries it after the fresh entry; other clients do not find it.',
    remedy: 'Remove that entry, unless somebody else keeps it fresh.',
  },
  PUBLIC_ENTRY: {
    severity: 'warning',
    doc: 'The file has a login for ECR Public, and no source for ECR Public is configured. An expired password is refused, although public images need none.',
    remedy: 'Remove the entry (`docker logout public.ecr.aws`), or let a source with `service: ecr-public` keep it fresh (docs/aws.md).',
  },
  READ_ONCE: {
    severity: 'info',
    doc: 'Some programs that live for long read the file once, and go on sending the old token when the courier has written a fresh one: a client object of docker-py, a store of oras-go, the configuration object of Docker’s own library, and testcontainers.',
    remedy:
      'Name the helper for these programs (`ecr-courier helper install`, docs/docker.md), which they ask at each pull; testcontainers must be started anew. Nothing, if only programs read the file that start for each pull, as docker and podman do.',
  },
  HIDDEN_FROM_KUBELET: {
    severity: 'warning',
    doc: 'The kubelet reads the first file that it can decode and no other, and another one comes before this one.',
    remedy: 'Let the courier keep the file that the message names, or remove that; nothing, if this file is not for a kubelet.',
  },
  FILE_EXPOSED: {
    severity: 'warning',
    doc: 'Everybody on the machine may read the file, which holds passwords.',
    remedy: 'Run `chmod 600` on it, or 640 with the group of those who need it: the courier keeps mode and owner.',
  },
} as const;

export type Code = keyof typeof findings;
