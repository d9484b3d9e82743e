import { asToldFailure } from '../contract/failures.ts';
import type { Pruned } from '../contract/target.ts';
import { label } from '../contract/text.ts';
import { demand, demandMap, isText, missing } from './shape.ts';

const longestName = 600;

export function asPruned(value: unknown, at: string): Pruned {
  demandMap(value, at);
  const { what, change, failure } = value;
  demand(isText(what), `${at}.what`, 'a text', what);
  demand(change === 'removed' || change === 'released', `${at}.change`, 'removed or released', change);
  const told = { what: label(what, longestName), change: change as Pruned['change'] };
  return missing(failure) ? told : { ...told, failure: asToldFailure(failure) };
}
