import { badRequest, type Cause, invalid } from './refusal.ts';

const match = 'resourceVersionMatch';
const banned = (field: string, why: string): Cause => ({ reason: 'FieldValueForbidden', message: `Forbidden: ${why}`, field });
const unsupported = (value: string, supported: readonly string[]): Cause => ({
  reason: 'FieldValueNotSupported',
  message: `Unsupported value: ${JSON.stringify(value)}: supported values: ${supported.map(one => JSON.stringify(one)).join(', ')}`,
  field: match,
});

/** Checks that the options of a list or a watch are compatible. Throws 422 with all conflicts. */
export function checkListOptions(query: URLSearchParams, verb: 'list' | 'watch'): void {
  for (const name of ['limit', 'timeoutSeconds']) {
    const text = query.get(name);
    if (text !== null && !/^[+-]?\d+$/.test(text)) badRequest(`strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`);
  }
  const causes = verb === 'watch' ? watchFlaws(query) : listFlaws(query);
  if (causes.length > 0) invalid({ group: 'meta.k8s.io', kind: 'ListOptions', name: '' }, causes);
}

function listFlaws(query: URLSearchParams): Cause[] {
  const wanted = query.get(match) ?? '';
  const initial = query.has('sendInitialEvents') ? [banned('sendInitialEvents', 'sendInitialEvents is forbidden for list')] : [];
  if (wanted === '') return initial;
  const version = query.get('resourceVersion') ?? '';
  return [
    ...(version === '' ? [banned(match, `${match} is forbidden unless resourceVersion is provided`)] : []),
    ...(query.get('continue') ? [banned(match, `${match} is forbidden when continue is provided`)] : []),
    ...(['Exact', 'NotOlderThan'].includes(wanted) ? [] : [unsupported(wanted, ['Exact', 'NotOlderThan', ''])]),
    ...(wanted === 'Exact' && version === '0' ? [banned(match, `${match} "exact" is forbidden for resourceVersion "0"`)] : []),
    ...initial,
  ];
}

function watchFlaws(query: URLSearchParams): Cause[] {
  // A watch without any version options defaults to NotOlderThan.
  const saysNothing = ['', '0'].includes(query.get('resourceVersion') ?? '') && !query.get(match) && !query.has('sendInitialEvents');
  const wanted = saysNothing ? 'NotOlderThan' : (query.get(match) ?? '');
  const asks = saysNothing || query.has('sendInitialEvents');
  const needs = asks && wanted !== 'NotOlderThan' ? [banned(match, `sendInitialEvents requires setting ${match} to NotOlderThan`)] : [];
  if (wanted === '') return needs;
  return [
    ...needs,
    ...(asks ? [] : [banned(match, `${match} is forbidden for watch unless sendInitialEvents is provided`)]),
    ...(wanted === 'NotOlderThan' ? [] : [unsupported(wanted, ['NotOlderThan'])]),
    ...(query.get('continue') ? [banned(match, `${match} is forbidden when continue is provided`)] : []),
  ];
}
