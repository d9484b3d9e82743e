import { findings as ofRows } from '../common/unreadable.ts';

/**
 * Says how to edit the URL of an endpoint. Harbor tries the credential with every change, and refuses an expired one.
 */
export const editUrl = (host = 'HOST'): string =>
  `Edit the endpoint in Harbor so that its URL is https://${host}. In the same step enter AWS as Access ID and the password of \`ecr-courier token ${host}\` as Access Secret: while the stored one has expired, Harbor refuses any other change as "unhealthy".`;

/** What a person should know of a Harbor, including endpoints that are left alone. */
export const findings = {
  ...ofRows,
  AWS_ECR: {
    severity: 'info',
    doc: 'An endpoint of the type "aws-ecr" fetches its tokens by itself, with IAM keys or the AWS role of Harbor. The courier never writes to it.',
    remedy: 'Nothing. docs/harbor.md says which type is the better one.',
  },
  AWS_ECR_UNHEALTHY: {
    severity: 'warning',
    doc: 'Harbor calls an endpoint of the type "aws-ecr" unhealthy: proxy caches pull nothing new, and replications are likely to fail. The courier cannot mend that, as it never writes to this type.',
    remedy:
      'Check the IAM keys of the endpoint, or the AWS role of Harbor, and that Harbor reaches ECR: the log of Harbor’s core has the reason. This type does not work with FIPS hosts, dual-stack names and private endpoints. An endpoint of the type "docker-registry" does, and the courier keeps it fresh.',
  },
  ENDPOINT_TYPE: {
    severity: 'warning',
    doc: 'An endpoint points to ECR, but its type cannot hold an ECR token, so it is left as it is.',
    remedy: 'The type cannot be changed: create an endpoint of the type "docker-registry" for this host and use it instead.',
  },
  ECR_PUBLIC: {
    severity: 'info',
    doc: 'An endpoint for ECR Public, for which no source is configured (docs/aws.md). It is left as it is.',
    remedy: 'Nothing: public images are pulled without a password.',
  },
  ECR_PUBLIC_LOGIN: {
    severity: 'warning',
    doc: 'An endpoint for ECR Public has a stored password, and no source for ECR Public is configured. Once the password has expired, nothing is pulled through it.',
    remedy:
      'Edit the endpoint in Harbor and empty Access ID and Access Secret: public images need no login. Or add a source with `service: ecr-public` (docs/aws.md).',
  },
  ENDPOINT_HTTP: {
    severity: 'error',
    doc: 'The URL of the endpoint begins with http://: Harbor would send the token unencrypted. So the courier never writes to the endpoint, and is not ready while it is there.',
    remedy: editUrl(),
  },
  URL_FORM: {
    severity: 'error',
    doc: 'The URL of the endpoint is not https://HOST: Harbor cannot log in to ECR there, so it refuses every credential.',
    remedy: editUrl(),
  },
  CERTIFICATE_UNVERIFIED: {
    severity: 'warning',
    doc: 'Harbor does not verify the certificate of this endpoint, so anybody on the way can read the token.',
    remedy: 'Switch on "Verify Remote Cert" for the endpoint: the certificates of ECR are trusted everywhere.',
  },
  ENDPOINT_USED: {
    severity: 'info',
    doc: 'Proxy-cache projects or replication rules use the endpoint: they fail when it holds no good token. Those that the account may see are named.',
    remedy: 'Nothing.',
  },
  TRIAL_IMPOSSIBLE: {
    severity: 'info',
    doc: 'The account may not let Harbor try a credential, so `check` does not know whether Harbor would take it, and says `not tried`. Deliveries need no such right.',
    remedy: 'Give the account the permission registry:read.',
  },
  KEY_END_HIDDEN: {
    severity: 'info',
    doc: 'The courier does not see when the secret of its robot account ends, so nobody warns before that.',
    remedy: 'Look it up at Administration > Robot Accounts, or let it never expire.',
  },
} as const;
export type Code = keyof typeof findings;
