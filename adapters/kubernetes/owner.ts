import { contentAnnotation, dataKey, managedBy, targetAnnotation } from './names.ts';
import { listOf, type Meta, mapOf, ownersIn, owns, textOf } from './objects.ts';

/** Whose a Secret of our name is. as-written: nobody has changed what we wrote. edited: ours, and somebody has. */
export type Standing = 'as-written' | 'edited' | 'foreign';

/**
 * Read off the owners of its fields: whoever puts another value into a field that we have applied takes it over
 * (recorded on 1.36.3). So the data itself need not be read, and no password is. Without the label it is not ours:
 * whoever takes that away wants to be left alone.
 */
export function standingOf(meta: Pick<Meta, 'labels' | 'managedFields'>, fieldManager: string): Standing {
  if (!isOurs(meta)) return 'foreign';
  const isWhole =
    hasWritten(meta, fieldManager, 'data', dataKey) && hasWritten(meta, fieldManager, 'metadata', 'annotations', contentAnnotation);
  return isWhole ? 'as-written' : 'edited';
}

/** Whether somebody has set `immutable`, to true or to false: only a look inside can tell. */
export const isMarked = (meta: Pick<Meta, 'managedFields'>): boolean => ownersIn(meta).some(one => owns(one, 'immutable'));

/** Whether a field is as we have applied it. */
export const hasWritten = (meta: Pick<Meta, 'managedFields'>, fieldManager: string, ...path: readonly string[]): boolean =>
  ownersIn(meta).some(one => one.manager === fieldManager && one.operation === 'Apply' && owns(one, ...path));

export const isOurs = ({ labels }: Pick<Meta, 'labels'>): boolean => labels[managedBy.key] === managedBy.value;

/** The name of the target that wrote a Secret of ours last. Another courier may have a target of that name. */
export const madeBy = ({ annotations }: Pick<Meta, 'annotations'>): string => textOf(annotations[targetAnnotation]);

/** What of a Secret somebody may have written, as its owners are noted. */
export const written = {
  data: ['data', dataKey],
  label: ['metadata', 'labels', managedBy.key],
  immutable: ['immutable'],
} as const;

/** Who else owns this of a Secret, or else anything of it: kubectl-edit. Empty where nobody is known. */
export function otherManagers(meta: Meta, fieldManager: string, what: keyof typeof written): readonly string[] {
  const others = ownersIn(meta).filter(({ manager, operation }) => manager !== '' && !(manager === fieldManager && operation === 'Apply'));
  const owners = others.filter(one => owns(one, ...written[what]));
  return [...new Set((owners.length > 0 ? owners : others).map(({ manager }) => manager))];
}

/** What an apply was refused for: the other managers, and the fields that they own. Empty: it was not refused so. */
export interface Conflict {
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
