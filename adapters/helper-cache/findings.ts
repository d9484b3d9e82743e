/** Findings about answers that are stored for the credential helper and the kubelet's provider. */
export const findings = {
  ASKED_AS_ANOTHER: {
    severity: 'warning',
    doc: 'Whoever asked last for this host had another AWS identity than the source of the courier: other keys, another profile, other files in ~/.aws, or another configuration. An answer is only for its own identity, so the helper asks AWS itself.',
    remedy:
      'Give both the same configuration file and the same kind of keys (docs/docker.md, "A daemon that keeps the answers fresh"). Nothing, if they are meant to be two.',
  },
  NOT_FOR_ASKERS: {
    severity: 'warning',
    doc: 'Tokens of this source are to end with the session of their role (ECR_COURIER_TOKEN_ENDS_WITH_SESSION), which only those who ask know how to keep.',
    remedy: 'Remove that variable from the environment of the courier.',
  },
} as const;

export type Code = keyof typeof findings;
