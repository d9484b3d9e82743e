import type { Finding } from '../../src/contract/target.ts';
import { label } from '../../src/contract/text.ts';
import type { Keeper } from './left-behind.ts';
import { whatIs } from './secrets.ts';
import type { Means, Settings } from './settings.ts';

/** Returns the findings about the Secret of a namespace that a look or a watch comes to. */
export function makeRemarks(settings: Settings, { finding }: Pick<Means, 'finding'>) {
  const what = (namespace: string): string => whatIs(namespace, settings);
  return {
    kept: (namespace: string, { target }: Keeper): Finding =>
      finding('KEPT_BY_ANOTHER', `${what(namespace)} is kept fresh by another target: ${label(target, 100)}.`),
    rivalled(namespace: string): Finding {
      const said = `Another courier with a target named ${label(settings.target, 100)} has written ${what(namespace)}, without a login that this one had put there.`;
      return finding('TWO_COURIERS', said);
    },
    foreign: (namespace: string): Finding => finding('FOREIGN_SECRET', `${what(namespace)} does not have the label of the courier.`),
    unrenewed(namespace: string, host: string): Finding {
      const said = `The courier does not renew the entry ${label(host)} in ${what(namespace)} any more, as it serves no registry there.`;
      return finding('UNRENEWED_ENTRY', said);
    },
    left(namespace: string): Finding {
      const said = `Nobody renews ${what(namespace)} any more, as its namespace is not chosen any more. Pods that name it stop pulling when its password ends.`;
      return finding('LEFT_BEHIND', said);
    },
  };
}
