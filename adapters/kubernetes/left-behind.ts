import type { Finding } from '../../src/contract/target.ts';
import type { Means, Settings } from './settings.ts';

const most = 20;

/** What to say of namespaces that are not chosen any more, and still have a Secret that the target made. */
export function leftBehind(namespaces: readonly string[], { secret }: Pick<Settings, 'secret'>, { finding }: Means): Finding[] {
  if (namespaces.length === 0) return [];
  const named = namespaces.toSorted().slice(0, most).join(', ');
  const more = namespaces.length > most ? ` and ${namespaces.length - most} more` : '';
  const where = namespaces.length === 1 ? `the namespace ${named}, which is` : `namespaces that are`;
  const which = namespaces.length === 1 ? '' : `: ${named}${more}`;
  return [finding('LEFT_BEHIND', `The Secret ${secret} of the courier is still in ${where} not chosen any more${which}.`)];
}
