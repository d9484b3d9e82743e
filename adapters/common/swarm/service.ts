import { fingerprintOf } from '../../../src/contract/credential.ts';
import { membersAt } from '../json-text.ts';
import { mapOf, textOf } from '../shapes.ts';

/** What is read of a service of a Swarm (Engine API 1.41 to 1.51, recorded on 20.10.24 and 28.5.2). */
export interface Service {
  readonly id: string;
  readonly name: string;
  /** `Version.Index`, which another number follows with every write to the service, whoever writes. */
  readonly version: number;
  /** As it is pulled; empty for a service that runs no containers. */
  readonly image: string;
  /** Its tasks end, and every update makes them run again. */
  readonly isJob: boolean;
  /** Swarm does not start every task again that has ended. */
  readonly mayEnd: boolean;
  /** How many tasks are to run; missing where each node has one, and where that is not told. */
  readonly replicas?: number;
  /** Of the service, and of its containers. */
  readonly labels: Readonly<Record<string, unknown>>;
  readonly containerLabels: Readonly<Record<string, unknown>>;
  /** `UpdateStatus.State`; empty for a service that was not rolled out since its last update. */
  readonly rollout: string;
  /** When that roll-out began, in milliseconds since the epoch; NaN where that is not told. */
  readonly rolledAt: number;
  /**
   * When somebody last wrote to it, by the clock of the Swarm, in milliseconds since the epoch; NaN where that is not
   * told.
   */
  readonly writtenAt: number;
  /** When it was made, in milliseconds since the epoch; 0 where that is not told. */
  readonly madeAt: number;
  /** Equal for equal Specs. */
  readonly spec: string;
  /** Whether the Spec to which a rollback returns says the same as the present one. none: there is no such Spec. */
  readonly previous: 'same' | 'other' | 'none';
}

/** A service as the engine tells it alone. `text`: its Spec, as it came. */
export interface WholeService extends Service {
  readonly text: string;
}

/** An element of `GET /services`; undefined for what is no service. */
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

/** The answer to `GET /services/ID`; undefined where it is none. Throws where it is no JSON. */
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

/** Whether every node that starts a task pulls the very same image: its name says the digest. */
export const isPinned = ({ image }: Pick<Service, 'image'>): boolean => image.includes('@');
