/** What a person should know of a Rancher 2, including what is in clusters that cannot be looked at. */
export const findings = {
  CLUSTER_DOWN: {
    severity: 'warning',
    doc: 'Rancher does not reach a cluster, so its Secrets cannot be written through Rancher. The last known state is kept.',
    remedy: 'Bring the cluster back, or leave it out with `clusters`. It is looked at again every minute.',
  },
  NOT_PERMITTED: {
    severity: 'warning',
    doc: 'The token may not look at a project, cluster or namespace that it can see, or at what tells whether a Secret is safe to write. What is known there is kept.',
    remedy:
      'Give its user the right that the message names (docs/rancher2.md), or leave the place out with `clusters`, `projects` and `namespaces`.',
  },
  COPY_ALONE: {
    severity: 'warning',
    doc: 'A Secret is a copy that Rancher keeps of a project’s secret. Rancher overwrites changes of a copy, so the source must be written, and this token does not see it.',
    remedy: 'Let the user of the token manage secrets in that project.',
  },
  SECRET_IMMUTABLE: {
    severity: 'error',
    doc: 'The Secret says `immutable: true`: Kubernetes refuses every change of its data.',
    remedy: 'Create it anew without `immutable`.',
  },
  SECRET_OVERFULL: {
    severity: 'error',
    doc: 'The Secret has more than a thousand entries for ECR. With fresh passwords it would be larger than Kubernetes takes, so it is left alone.',
    remedy: 'Take entries out of it, or distribute them among several Secrets.',
  },
  AUTHS_FORM: {
    severity: 'warning',
    doc: 'The address of the registry stands in the Secret with more than the host. The kubelet understands some of these forms, Rancher itself none.',
    remedy: 'Create the entry anew with the host alone, in lower case, without scheme, port and path.',
  },
  CLUSTER_REGISTRY: {
    severity: 'warning',
    doc: 'Nodes of RKE2 or K3s clusters log in to ECR by a registry of the cluster, or by a Secret that may be such a login. Whenever that login changes, Rancher restarts rke2 or k3s on every node, and may drain it. So the login is written only with `clusterRegistries: true`.',
    remedy:
      'Take the login out of the cluster’s registries and let the nodes ask for passwords themselves: the credential provider of the kubelet needs no restart (docs/rancher2.md).',
  },
  RIGHT_UNKNOWN: {
    severity: 'info',
    doc: 'Rancher’s own API writes a project’s credential and knows no dry run, and Kubernetes did not say whether the user of the token may. So `check` says `not tried`.',
    remedy: 'Let requests to /k8s/clusters/local through to Rancher, or see what `ecr-courier once` comes to.',
  },
  NO_PLACE: {
    severity: 'error',
    doc: 'A registry is wanted, and no option says in which project its credential should be created.',
    remedy: 'Name a project that the token sees: `project: CLUSTER:PROJECT`, as in c-m-abcd1234:p-xyz12.',
  },
  NOT_ATTACHED: {
    severity: 'info',
    doc: 'A credential was created. Rancher copies it to every namespace of the project; pods use it only when they name it.',
    remedy: 'Name it under imagePullSecrets of the workloads, or of the ServiceAccounts.',
  },
  TOKEN_END_UNKNOWN: {
    severity: 'info',
    doc: 'Rancher did not say when the token ends, so nobody will be warned.',
    remedy: 'Look it up at Account & API Keys; tokens live for at most 90 days unless Rancher is set otherwise.',
  },
} as const;
export type Code = keyof typeof findings;
