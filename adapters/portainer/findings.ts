import { findings as ofServices } from '../common/swarm/findings.ts';
import { findings as ofRows } from '../common/unreadable.ts';
import { createKey } from './key.ts';

/** Findings about a Portainer, including rows of type 7. */
export const findings = {
  DUPLICATE_HOST: {
    severity: 'warning',
    doc: 'Two or more registries in Portainer have the same host. All of them are kept fresh.',
    remedy: 'Keep one: a compose stack takes the last one, a swarm stack the first, so a wrong access setting shows only in one of them.',
  },
  STORED_FORM: {
    severity: 'warning',
    doc: 'The URL of the registry is not the bare host. Each way to pull compares it in another manner, so some find the password and some do not; the message says which.',
    remedy: 'Edit the registry in Portainer: its URL must be the host alone, in lower case, without scheme, port and path.',
  },
  PUBLIC_LOGIN: {
    severity: 'warning',
    doc: 'A registry for ECR Public has a stored password, and no source for ECR Public is configured. Once the password has expired, ECR Public refuses every pull that sends it.',
    remedy:
      'Switch Authentication off for this registry in Portainer: public images need no password. Or configure a source with `service: ecr-public`: docs/aws.md.',
  },
  TYPE_NOT_CUSTOM: {
    severity: 'info',
    doc: 'The registry works, but its type is not "Custom": Portainer may use plain HTTP or a foreign API when it looks at it.',
    remedy: 'Create a custom registry for this host, grant access to it, and remove this one when nothing refers to it any more.',
  },
  TYPE_7: {
    severity: 'warning',
    doc: 'A registry of the type "AWS ECR" holds IAM keys, and Portainer fetches tokens with them. Writing a token to it would destroy the keys.',
    remedy:
      'To move off it see docs/portainer.md: a custom registry beside it (PORTAINER_CREATE and PORTAINER_REGISTRIES, or `create` and `registries` in a file), its access and webhooks, then remove this one.',
  },
  ...ofRows,
  MISSING_RIGHTS: {
    severity: 'error',
    doc: 'Portainer does not show the URLs of its registries to this user, so the courier cannot know which of them are ECR.',
    remedy: createKey,
  },
  ACCESS_NOT_GRANTED: {
    severity: 'warning',
    doc: 'A registry that the courier created can be used by administrators only, until somebody grants access. The finding stands until then, or until the courier restarts.',
    remedy: 'Grant access: Environments > the environment > Registries > Manage access. For Kubernetes, name the namespaces there.',
    until: 'next report',
  },
  TOKEN_MISPLACED: {
    severity: 'error',
    doc: 'Somebody gave a row another host while the courier wrote to it, so the row of a foreign host holds a token for ECR. A pull shows the token to that host.',
    remedy:
      'Write the user name and password of that host into the row in Portainer, or switch its Authentication off. An ECR token cannot be revoked by itself: it ends at the time named, or when the policies of its AWS identity are changed.',
  },
  SWARM: {
    severity: 'info',
    doc: 'Services of a Swarm keep the password that they were deployed with; a new one in Portainer does not reach them.',
    remedy:
      'Set `swarm: true` (PORTAINER_SWARM=true) and label the services that should be served: docs/swarm.md. Or update the stack or service once within twelve hours before it must move to another node.',
  },
  SWARM_UNSEEN: {
    severity: 'warning',
    doc: 'The Swarm of an environment could not be looked at, or did not answer within fifteen seconds, so its services keep what they hold. Everything else is served.',
    remedy: 'Look at the environment in Portainer: it must be up, and lead to a manager of the Swarm.',
  },
  SWARM_STOPPED: {
    severity: 'error',
    doc: 'An update of a service did more than give it another login, so no service of this Swarm is updated any more. Registries are.',
    remedy: 'The message says what was seen. Restart the courier once the reason is known.',
  },
  SWARM_WITHOUT_ROW: {
    severity: 'warning',
    doc: 'Services of a Swarm need a login for a host, and Portainer has no registry for that host which is kept fresh. A registry of the type "AWS ECR" does not count.',
    remedy: 'Create a custom registry for that host in Portainer, or name the host in `registries` with `create: true`.',
  },
  SWARM_UNSUPPORTED: {
    severity: 'warning',
    doc: 'This Portainer is older than 2.13, or does not say its version. Such a one hands the number of a registry to Docker in the place of its login, and the service would be left without any. No service is updated.',
    remedy: 'Update Portainer, or reach the Swarm directly: a target of the kind `swarm` (docs/swarm.md).',
  },
  ...ofServices,
  RECREATE_CACHE: {
    severity: 'info',
    doc: 'Since 2.19 Portainer remembers a password for five minutes when it recreates a container. The one before is valid for hours then, so this shows only after a long outage.',
    remedy: 'If a recreation fails right after an outage, repeat it five minutes later.',
  },
  PING_FAILED: {
    severity: 'warning',
    doc: 'Portainer tried the credential at the registry, and it did not work. A delivery stores it all the same, as Portainer tries only when `check` asks for it.',
    remedy: 'Check that the Portainer server reaches the registry, and that the AWS identity may pull from it.',
  },
} as const;
export type Code = keyof typeof findings;
