import { fingerprintOf } from '../../../src/contract/credential.ts';
import { mapOf, textOf } from '../../../src/contract/shapes.ts';
import { membersAt } from '../json-text.ts';

/** The parsed part of a Swarm service (Engine API 1.41 to 1.51, recorded on 20.10.24 and 28.5.2). */
export interface Service {
  readonly id: string;
  readonly name: string;
  /** `Version.Index`, which changes with every write to the service by any client. */
  readonly version: number;
  /** The image as it is pulled; empty for a service without containers. */
  readonly image: string;
  /** Whether it is a job: its tasks end, and every update runs them again. */
  readonly isJob: boolean;
  /** Whether Swarm may leave ended tasks as they are. */
  readonly mayEnd: boolean;
  /** The wanted number of tasks; undefined for a global service, and if unknown. */
  readonly replicas?: number;
  /** The labels of the service; `containerLabels` are those of its containers. */
  readonly labels: Readonly<Record<string, unknown>>;
  readonly containerLabels: Readonly<Record<string, unknown>>;
  /** `UpdateStatus.State`; empty for a service that was not rolled out since its last update. */
  readonly rollout: string;
  /** The start of that roll-out, in milliseconds since the epoch; NaN if unknown. */
  readonly rolledAt: number;
  /** The time of the last write by the clock of the Swarm, in milliseconds since the epoch; NaN if unknown. */
  readonly writtenAt: number;
  /** The time of its creation, in milliseconds since the epoch; 0 if unknown. */
  readonly madeAt: number;
  /** A text that is equal for equal Specs. */
  readonly spec: string;
  /** Whether the Spec of a rollback equals the present one. none: there is no such Spec. */
  readonly previous: 'same' | 'other' | 'none';
}

/** A service from `GET /services/ID`. `text`: its Spec, byte for byte. */
export interface WholeService extends Service {
  readonly text: string;
}

/** Parses an element of `GET /services`; undefined if it is not a service. */
export function readService(value: unknown): Service | undefined {
  const { ID, Version, Spec, PreviousSpec, UpdateStatus, CreatedAt, UpdatedAt } = mapOf(value);
  const version = mapOf(Version)['Index'];
  const { Name, Labels, Mode, TaskTemplate } = mapOf(Spec);
  if (textOf(ID) === '' || typeof version !== 'number' || TaskTemplate === undefined) return undefined;
  const container = mapOf(mapOf(TaskTemplate)['ContainerSpec']);
  const replicas = mapOf(mapOf(Mode)['Replicated'])['Replicas'];
  const spec = digestOf(Spec);
  return {
    id: textOf(ID),
    name: textOf(Name),
    version,
    image: textOf(container['Image']),
    isJob: Object.hasOwn(mapOf(Mode), 'ReplicatedJob') || Object.hasOwn(mapOf(Mode), 'GlobalJob'),
    mayEnd: mayEnd(mapOf(mapOf(TaskTemplate)['RestartPolicy'])),
    ...(typeof replicas === 'number' && { replicas }),
    labels: mapOf(Labels),
    containerLabels: mapOf(container['Labels']),
    rollout: textOf(mapOf(UpdateStatus)['State']),
    rolledAt: Date.parse(textOf(mapOf(UpdateStatus)['StartedAt'])),
    writtenAt: Date.parse(textOf(UpdatedAt)),
    madeAt: Date.parse(textOf(CreatedAt)) || 0,
    spec,
    previous: PreviousSpec === undefined || PreviousSpec === null ? 'none' : digestOf(PreviousSpec) === spec ? 'same' : 'other',
  };
}

/** Parses the response to `GET /services/ID`; undefined if it is not a service. Throws if it is not JSON. */
export function readWholeService(text: string): WholeService | undefined {
  const service = readService(JSON.parse(text));
  const [spec, ...more] = membersAt(text, []).filter(({ key }) => key === 'Spec');
  if (!service || !spec || more.length > 0) return undefined;
  return { ...service, text: text.slice(spec.start, spec.end) };
}

function mayEnd({ Condition, MaxAttempts }: Readonly<Record<string, unknown>>): boolean {
  return Condition === 'none' || Condition === 'on-failure' || (typeof MaxAttempts === 'number' && MaxAttempts > 0);
}

const digestOf = (spec: unknown): string => fingerprintOf(JSON.stringify(spec));

/** Whether the image has a digest, so that every node pulls the same one. */
export const isPinned = ({ image }: Pick<Service, 'image'>): boolean => image.includes('@');
