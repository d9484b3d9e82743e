import { findings as ofServices } from '../common/swarm/findings.ts';

/** Findings about a Swarm. */
export const findings = {
  ...ofServices,
  REGISTRIES_UNUSED: {
    severity: 'info',
    doc: 'The target names `registries`. A Swarm has no entries for registries: the images of its services say which hosts get a login.',
    remedy: 'Take `registries` out of this target.',
  },
} as const;

export type Code = keyof typeof findings;
