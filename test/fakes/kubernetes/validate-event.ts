import { type KubeObject, textOf, treeOf } from './objects.ts';
import type { Cause } from './refusal.ts';
import { invalidValue, keyFlaws, missing } from './validate-meta.ts';

const mostInField = 128;
const mostInMessage = 1024;

/**
 * Validates an Event that was sent to core/v1 (read in events.go of 1.36.3). For one with an eventTime there are more
 * rules.
 */
export function eventFlaws(next: KubeObject): Cause[] {
  const { namespace = '' } = next.metadata;
  const about = textOf(treeOf(next['involvedObject'])['namespace']);
  const elsewhere = invalidValue('involvedObject.namespace', about, 'does not match event.namespace');
  if (!next['eventTime']) return about === namespace || (about === '' && namespace === 'default') ? [] : [elsewhere];
  const controller = textOf(next['reportingComponent']);
  return [
    ...(about === '' && namespace !== 'default' && namespace !== 'kube-system' ? [elsewhere] : []),
    ...(controller === '' ? [missing('reportingComponent')] : []),
    ...keyFlaws(controller).map(why => invalidValue('reportingComponent', controller, why)),
    ...['reportingInstance', 'action', 'reason'].flatMap(field => textFlaws(field, next[field], 'required', mostInField)),
    ...textFlaws('message', next['message'], 'optional', mostInMessage),
  ];
}

/** Counts bytes, as Go's `len` does. */
function textFlaws(field: string, value: unknown, need: 'required' | 'optional', most: number): Cause[] {
  const text = textOf(value);
  if (text === '') return need === 'required' ? [missing(field)] : [];
  return Buffer.byteLength(text) > most ? [invalidValue(field, '', `can have at most ${most} characters`)] : [];
}
