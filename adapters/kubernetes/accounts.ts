import { isPattern, within } from '../common/patterns.ts';
import { listOf, mapOf, metaOf, textOf } from './objects.ts';
import type { Settings } from './settings.ts';

/** A ServiceAccount that should name the Secret, and whether it does. */
interface Account {
  readonly namespace: string;
  readonly name: string;
  readonly isAttached: boolean;
}

/**
 * The ServiceAccounts to request one by one, so that the right can be limited to their names. undefined: there are
 * patterns or too many names, so all are listed.
 */
export function accountNames({ serviceAccounts }: Pick<Settings, 'serviceAccounts'>): readonly string[] | undefined {
  return serviceAccounts.length > mostNames || serviceAccounts.some(isPattern) ? undefined : serviceAccounts;
}
const mostNames = 4;

/** Reads a ServiceAccount. undefined: the object is not one that should name the Secret. */
export function accountIn(object: unknown, { serviceAccounts, secret }: Pick<Settings, 'serviceAccounts' | 'secret'>): Account | undefined {
  const meta = metaOf(object);
  if (!meta || meta.isEnding || !within(serviceAccounts, meta.name)) return undefined;
  return { namespace: meta.namespace, name: meta.name, isAttached: namesIn(object).includes(secret) };
}

export const pullSecretsIn = (object: unknown): readonly unknown[] => listOf(mapOf(object)['imagePullSecrets']);
export const namesIn = (object: unknown): string[] => pullSecretsIn(object).map(one => textOf(mapOf(one)['name']));
