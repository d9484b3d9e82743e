import { findings as ofKubernetes } from '../kubernetes/findings.ts';

/** What a person should know of the repositories of an Argo CD. */
export const findings = {
  RIGHT_MISSING: ofKubernetes.RIGHT_MISSING,
  KEPT_ELSEWHERE: {
    severity: 'info',
    doc: 'A controller in the cluster writes the Secret of a repository: its owner reference, or the label of External Secrets, says so. The courier leaves it alone, as each would overwrite what the other wrote.',
    remedy:
      'Nothing, if that controller renews the login. Else let it give up the Secret: first the owner reference is taken away, as Kubernetes deletes the Secret together with its owner (docs/argocd.md).',
  },
  LEFT_TO_END: {
    severity: 'warning',
    doc: 'A controller in the cluster writes the Secret of a repository, and the password in it is not a living one of ECR. So Argo CD is refused there, and the courier may not help.',
    remedy: 'Let that controller renew the login, or give up the Secret, so that the courier can keep it (docs/argocd.md).',
  },
  REPOSITORY_IMMUTABLE: {
    severity: 'warning',
    doc: 'The Secret of a repository is marked `immutable`, so nobody can put a fresh password into it.',
    remedy: 'Delete it, and make it again without `immutable`.',
  },
  PLAIN_TRANSPORT: {
    severity: 'error',
    doc: 'Argo CD would send the login of a repository unencrypted: its URL begins with http://, or `insecureOCIForceHttp` is set. It gets no token of its own. A login that it inherits is sent nevertheless.',
    remedy: 'Write the URL without http://, and take `insecureOCIForceHttp` out.',
  },
  NO_CHARTS_THERE: {
    severity: 'warning',
    doc: 'The URL of a repository has a scheme under which Argo CD finds nothing in ECR: it would look for a Git repository, or for the index.yaml of a Helm repository. The login is kept fresh nevertheless.',
    remedy:
      'Write the URL as HOST/PATH, with `type: helm` and `enableOCI: "true"`; or from Argo CD 3.1 on as oci://HOST/PATH, with `type: oci`. Applications must name it in the same form.',
  },
  TYPE_UNFIT: {
    severity: 'warning',
    doc: 'Argo CD takes the repository for one of another type than its URL says. It is shown as failed, and dependencies in a Chart.yaml do not get its login.',
    remedy: 'Add `type: helm` and `enableOCI: "true"` to a URL without a scheme, and `type: oci` to one that begins with oci://.',
  },
  SETTING_UNREADABLE: {
    severity: 'error',
    doc: 'Argo CD does not read a setting in a Secret, such as `enableOCI: "yes"`, and so refuses the Secret. For a repository, its Applications fail. For credentials of several repositories with `type: helm` or `type: oci`, all Applications of this Argo CD do.',
    remedy: 'Write "true" or "false", for a number its digits alone, without a space or an end of line. Or take the setting out.',
  },
  URL_UNFIT: {
    severity: 'warning',
    doc: 'Argo CD cannot pull from the URL of a repository: it ends with a slash, has a capital letter in the path, or is oci:// with the host alone. A repository of Helm charts is shown as successful nevertheless, and each pull fails with `invalid reference`.',
    remedy:
      'Write the path as the repository is named in ECR, without a slash at the end. After oci:// there has to be a path. Applications must name the same URL.',
  },
  NAME_MISSING: {
    severity: 'info',
    doc: 'A repository of Helm charts has no `name`. Applications that name its URL work, but dependencies in a Chart.yaml do not get its login: Argo CD leaves out repositories without a name there.',
    remedy: 'Add a `name` to the Secret, if the charts in this repository are dependencies of others.',
  },
  OPEN_END: {
    severity: 'info',
    doc: 'The URL of credentials for several repositories ends with the host. Argo CD compares the beginning only, so it would send the login to HOST.example.com as well, if an Application named that.',
    remedy: 'Put a slash behind the host. Repositories whose URL is the host alone need a Secret of their own then.',
  },
  PUBLIC_REPOSITORY_LOGIN: {
    severity: 'warning',
    doc: 'A repository in ECR Public has a login that nobody renews, because no source for ECR Public is configured. Public charts need none, and ECR Public refuses one that has ended.',
    remedy: 'Take `username` and `password` out of the Secret, or configure a source for ECR Public (docs/aws.md).',
  },
} as const;

export type Code = keyof typeof findings;
