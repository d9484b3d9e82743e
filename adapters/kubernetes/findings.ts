/** What a person should know of a cluster. */
export const findings = {
  RIGHT_MISSING: {
    severity: 'error',
    doc: 'The ServiceAccount of the courier lacks a right that the configuration needs. The message has the missing rule as YAML.',
    remedy: 'Add the rule that the message names to the ClusterRole of the courier.',
  },
  NOT_WATCHED: {
    severity: 'info',
    doc: 'The courier does not watch all that it serves, so it learns of new namespaces and of changes only when it looks: every minute. It lacks the right to watch, or it would have to watch more than 64 lists of single namespaces.',
    remedy: 'Add the verb `watch` to the rules that have `list`.',
  },
  FOREIGN_SECRET: {
    severity: 'warning',
    doc: 'A Secret of the configured name lacks the label of the courier, so somebody else keeps it. The courier does not touch it, and pods of that namespace get no fresh password.',
    remedy:
      'Choose another name with `secret`, or delete that Secret, or hand it over: `kubectl label secret -n NAMESPACE NAME app.kubernetes.io/managed-by=ecr-courier --overwrite`.',
  },
  KEPT_BY_ANOTHER: {
    severity: 'warning',
    doc: 'Another target of a courier keeps the Secret of the configured name fresh, as its annotation `ecr-courier/target` says: two couriers, or two targets, are configured to write one Secret. This target leaves it alone, so what it serves is not there. Once nobody renews the Secret in time, when a third of its life is left, this target takes it over.',
    remedy:
      'Give one of the two targets another name with `secret`, or other namespaces. If the target was only given another name, take the annotation away in all namespaces: `kubectl annotate secrets --all-namespaces --field-selector=metadata.name=NAME ecr-courier/target-`.',
  },
  TWO_COURIERS: {
    severity: 'warning',
    doc: 'Another courier has a target of the same name, and writes the same Secret for other registries. Each takes what the other writes for its own Secret that has lost a login, and writes it again.',
    remedy:
      'Let one courier serve the registries of both. Or give one of the two targets another `name`, and another `secret` or other namespaces.',
  },
  LEFT_BEHIND: {
    severity: 'warning',
    doc: 'The courier made the Secret in a namespace that is not chosen any more: by its annotation, its labels or the patterns of the target. It holds a password of this courier, or it was not renewed in time. Nobody keeps it fresh, so pods that name it stop pulling when its password ends. The daemon deletes nothing.',
    remedy:
      'Choose the namespace again, or delete the Secret there: `kubectl delete secret -n NAMESPACE NAME`. ServiceAccounts that name it have to stop doing so first. `ecr-courier prune` takes away all that the target made, there as well.',
  },
  WRONG_TYPE: {
    severity: 'warning',
    doc: 'A Secret of the configured name is of another type, which Kubernetes never lets anybody change. With `replace: true` the courier deletes a Secret that has its label, and makes it again; one without the label is never deleted.',
    remedy:
      'Choose another name with `secret`, or set `replace: true`: all in the Secret but logins for registries is lost then. A Secret that is made again has another UID: pods with `imagePullPolicy: Never` that were pulled with the former one may not start until a pod has started with the new one.',
  },
  IMMUTABLE_SECRET: {
    severity: 'warning',
    doc: 'The Secret is marked `immutable`, so nobody can put a fresh password into it. Only `replace: true` lets the courier delete it and make it again.',
    remedy: 'Delete it yourself, choose another name with `secret`, or set `replace: true`.',
  },
  EDITED: {
    severity: 'info',
    doc: 'Somebody has changed the Secret of the courier. It is written again; entries of other registries stay in it.',
    remedy: 'If it lasts, find the one that the message names (GitOps, an old updater) and let only one of the two write.',
  },
  UNDECODABLE_ENTRY: {
    severity: 'error',
    doc: 'Somebody put an entry into the Secret that the kubelet cannot decode. The kubelet stops at it: no pod with this Secret starts, and no event says why. The courier does not remove what it did not write.',
    remedy: 'Remove that entry from the Secret, or correct it: `kubectl edit secret`. The value is base64.',
    until: 'next report',
  },
  UNRENEWED_ENTRY: {
    severity: 'warning',
    doc: 'The Secret of the courier has an entry for an ECR registry that the courier does not serve there. What stands in the Secret does not decide that, as whoever may write there could ask for any login. The entry stays, and its password ends within 12 hours unless somebody else renews it.',
    remedy:
      'Name the registry under `registries` of the target, if pods there shall pull from it; else remove the entry: `kubectl edit secret`.',
    until: 'next report',
  },
  ENTRY_BELOW_HOST: {
    severity: 'warning',
    doc: 'Somebody put an entry for a path below one of the registries into the Secret. The kubelet tries that entry before the fresh one.',
    remedy: 'Remove that entry from the Secret, unless somebody else keeps it fresh.',
    until: 'next report',
  },
  ENTRY_WITH_EMAIL: {
    severity: 'info',
    doc: 'An entry that somebody put into the Secret has an `email`. The kubelet counts it as part of the credential: the same login without it is another one, and images on the node are verified again.',
    remedy: 'Remove `email` from that entry.',
    until: 'next report',
  },
  NAMESPACE_MISSING: {
    severity: 'info',
    doc: 'A namespace that the target names is not there. It is served once it is.',
    remedy: 'Nothing, if it is yet to come; else take it out of `namespaces`.',
  },
  NAMESPACE_REFUSED: {
    severity: 'warning',
    doc: 'The courier may not look into a namespace that the target names, or that namespace is not there.',
    remedy: 'Add the rule that the message names to a Role in that namespace.',
  },
  NAMESPACE_ENDED: {
    severity: 'info',
    doc: 'The namespace or the ServiceAccount is being deleted, or gone since the courier looked at it last, so nothing was written there.',
    remedy: 'Nothing: the entry goes away by itself.',
    until: 'next report',
  },
  LEFT_ALONE: {
    severity: 'info',
    doc: 'The namespace was opted out since the courier looked at it last, so nothing was written there. Where namespaces are not watched, the courier asks before it writes.',
    remedy: 'Nothing, if that was meant; else take the annotation `ecr-courier/enabled` away.',
    until: 'next report',
  },
  PODS_UNKNOWN: {
    severity: 'warning',
    doc: '`onlyWithImages` needs to see pods, and the courier may not list them. No namespace is served before it may.',
    remedy: 'Add the rule that the message names to the ClusterRole of the courier.',
  },
  CROWDED_NODE: {
    severity: 'warning',
    doc: 'On one node more than 99 namespaces pull one image with Secrets of the courier. The kubelet (1.35 and later) keeps at most 100 Secrets for an image, and then verifies each new password at the registry: pods with `imagePullPolicy: Never` are refused.',
    remedy: 'Use the kubelet credential provider on the nodes instead of Secrets (docs/kubelet.md), or spread these pods over more nodes.',
  },
  POD_RESTARTED: {
    severity: 'info',
    doc: 'The courier deleted a pod that could never start (`restartStuckPods`): it was created before its ServiceAccount named the Secret, and an ECR registry refused it. Its controller makes another one, which names the Secret. The finding stands for an hour.',
    remedy: 'Nothing. To avoid it, name the Secret in the manifest of the ServiceAccount or of the pods (docs/kubernetes.md).',
  },
  PODS_UNCOUNTED: {
    severity: 'info',
    doc: 'There are more pods than the courier reads to count which Secrets are used on which node.',
    remedy: 'Nothing: only the warning about crowded nodes may be missing.',
  },
} as const;

export type Code = keyof typeof findings;
