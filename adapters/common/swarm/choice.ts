import type { Deps } from '../../../src/contract/adapter.ts';
import { registryOfImage } from '../../../src/contract/image.ts';
import type { Registry } from '../../../src/contract/registry.ts';
import type { Service } from './service.ts';

const label = 'ecr-courier.enable';

/** Which services are served: only those with the label, or all except those whose label is `false`. */
export const choices = ['labelled', 'all'] as const;
export type Choice = (typeof choices)[number];

/**
 * What to do with a service. rolling: it must wait until its roll-out has ended. These are left alone with a finding: a
 * job; a labelled service with an image of another registry (elsewhere); a service with an ECR image that has no label
 * (unlabelled), has it only on its containers (misplaced), or has an invalid value (unclear).
 */
export type Verdict =
  | { readonly is: 'served' | 'rolling'; readonly registry: Registry }
  | { readonly is: 'job' | 'elsewhere' | 'unlabelled' | 'misplaced' | 'unclear' | 'none' };

/** States in which our update would resume a roll-out that a user or Swarm itself has stopped. */
const busy: readonly string[] = ['updating', 'paused', 'rollback_started', 'rollback_paused'];
export const isPaused = ({ rollout }: Pick<Service, 'rollout'>): boolean => rollout.endsWith('paused');

export function judge(service: Service, choice: Choice, { registry, hasSource }: Pick<Deps, 'registry' | 'hasSource'>): Verdict {
  const found = registryOfImage(service.image, registry);
  const said = wordOf(service.labels[label]);
  if (said === 'false') return { is: 'none' };
  if (!found) return { is: said === 'true' && service.image !== '' ? 'elsewhere' : 'none' };
  // Pulls from ECR Public need no login.
  if (said !== 'true' && found.service === 'ecr-public' && !hasSource(found)) return { is: 'none' };
  if (said === 'unclear') return { is: 'unclear' };
  const isEnabled = said === 'true' || choice === 'all';
  if (service.isJob) return { is: isEnabled ? 'job' : 'none' };
  if (!isEnabled) return { is: wordOf(service.containerLabels[label]) === 'true' ? 'misplaced' : 'unlabelled' };
  return { is: busy.includes(service.rollout) ? 'rolling' : 'served', registry: found };
}

function wordOf(value: unknown): 'true' | 'false' | 'unclear' | undefined {
  if (value === undefined) return undefined;
  const word = typeof value === 'string' ? value.trim().toLowerCase() : '';
  return word === 'true' || word === 'false' ? word : 'unclear';
}
