import { contentAnnotation, dataKey, managedBy, targetAnnotation } from './names.ts';
import { listOf, type Meta, mapOf, ownersIn, owns, textOf } from './objects.ts';

/**
 * Whether a Secret of our name is ours. as-written: ours, and unchanged since our last write. edited: ours, but changed
 * by another writer. foreign: not ours.
 */
export type Standing = 'as-written' | 'edited' | 'foreign';

/**
 * Derives the standing of a Secret from the owners of its fields: a client that puts another value into a field that we
 * have applied becomes its owner (recorded on 1.36.3). So the data need not be read, and no password is. A Secret
 * without the label is foreign: a person who removes the label wants it to be left alone.
 */
export function standingOf(meta: Pick<Meta, 'labels' | 'managedFields'>, fieldManager: string): Standing {
  if (!isOurs(meta)) return 'foreign';
  const isWhole =
    hasWritten(meta, fieldManager, 'data', dataKey) && hasWritten(meta, fieldManager, 'metadata', 'annotations', contentAnnotation);
  return isWhole ? 'as-written' : 'edited';
}

/** Whether a manager has set `immutable`. Only a read of the Secret tells whether to true or false. */
export const isMarked = (meta: Pick<Meta, 'managedFields'>): boolean => ownersIn(meta).some(one => owns(one, 'immutable'));

/** Whether a field is as we have applied it. */
export const hasWritten = (meta: Pick<Meta, 'managedFields'>, fieldManager: string, ...path: readonly string[]): boolean =>
  ownersIn(meta).some(one => one.manager === fieldManager && one.operation === 'Apply' && owns(one, ...path));

export const isOurs = ({ labels }: Pick<Meta, 'labels'>): boolean => labels[managedBy.key] === managedBy.value;

/** The name of the target that wrote a Secret of ours last. Another courier may have a target of that name. */
export const madeBy = ({ annotations }: Pick<Meta, 'annotations'>): string => textOf(annotations[targetAnnotation]);

/** Paths of the fields whose owners matter. */
export const written = {
  data: ['data', dataKey],
  label: ['metadata', 'labels', managedBy.key],
  immutable: ['immutable'],
} as const;

/**
 * The other managers that own this part of a Secret, for example `kubectl-edit`. If there are none, those that own any
 * other field of it.
 */
export function otherManagers(meta: Meta, fieldManager: string, what: keyof typeof written): readonly string[] {
  const others = ownersIn(meta).filter(({ manager, operation }) => manager !== '' && !(manager === fieldManager && operation === 'Apply'));
  const owners = others.filter(one => owns(one, ...written[what]));
  return [...new Set((owners.length > 0 ? owners : others).map(({ manager }) => manager))];
}

/** The conflict that an apply was refused for: the other managers, and the fields that they own. */
interface Conflict {
  readonly managers: readonly string[];
  readonly fields: readonly string[];
}

export function conflictIn(status: unknown): Conflict | undefined {
  const causes = listOf(mapOf(mapOf(status).details).causes)
    .map(mapOf)
    .filter(({ reason }) => reason === 'FieldManagerConflict');
  if (causes.length === 0) return undefined;
  const managers = causes.flatMap(({ message }) => /^conflict with "([^"]*)"/.exec(textOf(message))?.[1] ?? []);
  return { managers: [...new Set(managers)], fields: causes.map(({ field }) => textOf(field)) };
}
