import type { Deps } from '../../../src/contract/adapter.ts';
import { registryOfImage } from '../../../src/contract/image.ts';
import type { Registry } from '../../../src/contract/registry.ts';
import type { Service } from './service.ts';

export const label = 'ecr-courier.enable';

/** Which services are served: those with the label, or all but those whose label says `false`. */
export const choices = ['labelled', 'all'] as const;
export type Choice = (typeof choices)[number];

/**
 * What is done with a service. rolling: it has to wait until its roll-out has ended. A person should know why these are
 * left alone: a job; one that has the label and an image of somebody else (elsewhere); one that has an image of ECR and
 * not the label (unlabelled), has it on its containers (misplaced), or a value that is none (unclear).
 */
export type Verdict =
  | { readonly is: 'served' | 'rolling'; readonly registry: Registry }
  | { readonly is: 'job' | 'elsewhere' | 'unlabelled' | 'misplaced' | 'unclear' | 'none' };

/** The states in which an update of ours would let a roll-out go on that somebody, or Swarm itself, has stopped. */
const busy: readonly string[] = ['updating', 'paused', 'rollback_started', 'rollback_paused'];
export const isPaused = ({ rollout }: Pick<Service, 'rollout'>): boolean => rollout.endsWith('paused');

export function judge(service: Service, choice: Choice, { registry, hasSource }: Pick<Deps, 'registry' | 'hasSource'>): Verdict {
  const found = registryOfImage(service.image, registry);
  const said = wordOf(service.labels[label]);
  if (said === 'false') return { is: 'none' };
  if (!found) return { is: said === 'true' && service.image !== '' ? 'elsewhere' : 'none' };
  // Images of ECR Public need no login.
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
