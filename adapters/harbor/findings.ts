/** What a person should know of a Harbor; the endpoints that are left alone among them. */
export const findings = {
  AWS_ECR: {
    severity: 'info',
    doc: 'An endpoint of the type "aws-ecr" holds IAM keys, or none where Harbor has an AWS role, and fetches its tokens by itself. It is never written to.',
    remedy: 'Nothing. docs/harbor.md says which type is the better one.',
  },
  AWS_ECR_UNHEALTHY: {
    severity: 'warning',
    doc: 'Harbor calls an endpoint of the type "aws-ecr" unhealthy: proxy caches pull nothing new through it, and replications are likely to fail. It is never written to, so the courier cannot mend it.',
    remedy:
      'Check the IAM keys of the endpoint, or the AWS role of Harbor, and that Harbor reaches ECR: the log of Harbor’s core has the reason. Or use an endpoint of the type "docker-registry", which the courier keeps fresh.',
  },
  ENDPOINT_TYPE: {
    severity: 'warning',
    doc: 'An endpoint points to ECR, but its type is none that can hold an ECR token. It is never written to.',
    remedy: 'The type cannot be changed: create an endpoint of the type "docker-registry" for this host and use it instead.',
  },
  ECR_PUBLIC: {
    severity: 'info',
    doc: 'An endpoint for ECR Public, for which there is no source of tokens yet. It is left as it is.',
    remedy: 'Nothing: public images are pulled without a password.',
  },
  URL_FORM: {
    severity: 'error',
    doc: 'The URL of the endpoint is not https://HOST: Harbor cannot log in to ECR there, so it refuses every credential.',
    remedy: 'Edit the endpoint in Harbor: https, the host, no path, and no other port than 443.',
  },
  CERTIFICATE_UNVERIFIED: {
    severity: 'warning',
    doc: 'Harbor does not verify the certificate of this endpoint, so anybody on the way can read the token.',
    remedy: 'Switch on "Verify Remote Cert" for the endpoint: the certificates of ECR are trusted everywhere.',
  },
  TRIAL_FAILED: {
    severity: 'warning',
    doc: 'Harbor tried the credential at the registry, and it did not work.',
    remedy: 'Check that Harbor reaches the registry, and that the AWS identity may pull from it. The log of Harbor’s core has the reason.',
  },
  KEY_END_HIDDEN: {
    severity: 'info',
    doc: 'The courier does not see when the secret of its robot account ends, so nobody warns before that.',
    remedy: 'Look it up at Administration > Robot Accounts, or let it never expire.',
  },
} as const;
export type Code = keyof typeof findings;
