import { findings as ofRows } from '../common/unreadable.ts';

/** What a person should know of the registries of a Rancher 1.6 environment. */
export const findings = {
  ...ofRows,
  ADDRESS_NEVER_USED: {
    severity: 'error',
    doc: 'The address of the registry is not the bare host, so Rancher never uses it for a pull, although its password is kept fresh.',
    remedy:
      'An address cannot be changed: add a registry whose address is the host alone, without scheme, port, path and blanks (or let `create` do it), then remove this one.',
  },
  HOST_TWICE: {
    severity: 'warning',
    doc: 'Two or more registries of the environment have the same host. The courier serves each.',
    remedy: 'Keep the registry whose credential has the lowest number: new containers take it. Running services stay with theirs.',
  },
  SEVERAL_CREDENTIALS: {
    severity: 'info',
    doc: 'A registry has more than one active credential. New containers take the one with the lowest number; all of them are kept fresh.',
    remedy: 'Nothing to do. A credential that no service uses can be deactivated and removed.',
  },
  INACTIVE: {
    severity: 'warning',
    doc: 'A registry, or the only credential of one, is not active: Rancher does not use it for pulls, and the courier leaves it alone.',
    remedy: 'Activate it, and it is served within a minute; or remove it.',
  },
  STUCK: {
    severity: 'warning',
    doc: 'Rancher could not finish what it began with a registry.',
    remedy: 'Look at the registry in Rancher, and at the process list of its administrator.',
  },
  METHODS_HIDDEN: {
    severity: 'info',
    doc: 'Rancher shows each key the methods that it may use, and did not show them here. So `check` cannot know whether a delivery would be taken: it says `not tried`.',
    remedy: 'Let requests to the schemas of the API through to Rancher, or see what `ecr-courier once` comes to.',
  },
  READ_ONLY: {
    severity: 'error',
    doc: 'Our key may read the registries of the environment, and not change them.',
    remedy: 'Use an environment key, or give the account another role than "Read-only" in the environment.',
  },
  KEY_NOT_CHECKED: {
    severity: 'warning',
    doc: 'Access control is off in this Rancher, and it took the courier for its administrator: the key is not known there, or it is an administrator’s.',
    remedy:
      'Leave the keys out, or use a key of the environment. With access control off, everybody who reaches Rancher may do everything.',
  },
} as const;
export type Code = keyof typeof findings;
