import { type Cause, invalid } from './refusal.ts';

/** The options of a write, from its query. */
export interface WriteOptions {
  readonly fieldManager: string;
  readonly clash: 'force' | 'refuse';
  /** `yes`: nothing is stored. */
  readonly dryRun: 'yes' | 'no';
  readonly unknownFields: 'Strict' | 'Warn' | 'Ignore';
}

type Options = 'CreateOptions' | 'UpdateOptions' | 'PatchOptions' | 'DeleteOptions' | 'apply';

const managerBytes = 128;

/** Parses the options. The manager defaults to the program in `userAgent`. Throws 422 with all errors. */
export function writeOptions(kind: Options, query: URLSearchParams, userAgent: string): WriteOptions {
  const isApply = kind === 'apply';
  const manager = query.get('fieldManager') ?? '';
  const force = query.get('force');
  const dry = query.getAll('dryRun').filter(Boolean);
  const validation = query.get('fieldValidation') ?? '';
  const causes = [
    ...(isApply && manager === '' ? [required('fieldManager', 'is required for apply patch')] : []),
    ...(kind === 'PatchOptions' && force !== null ? [banned('force', 'may not be specified for non-apply patch')] : []),
    ...managerFlaws(manager),
    ...(dry.some(value => value !== 'All') ? [unsupported('dryRun', JSON.stringify(dry), ['All'])] : []),
    ...(['', 'Ignore', 'Warn', 'Strict'].includes(validation)
      ? []
      : [unsupported('fieldValidation', JSON.stringify(validation), ['', 'Ignore', 'Strict', 'Warn'])]),
  ];
  if (causes.length > 0) invalid({ group: 'meta.k8s.io', kind: isApply ? 'PatchOptions' : kind, name: '' }, causes);
  return {
    fieldManager: manager || userAgent.split('/')[0] || 'unknown',
    clash: force === 'true' || force === '1' ? 'force' : 'refuse',
    dryRun: dry.length > 0 ? 'yes' : 'no',
    unknownFields: (validation || 'Warn') as WriteOptions['unknownFields'],
  };
}

const required = (field: string, why: string): Cause => ({ reason: 'FieldValueRequired', message: `Required value: ${why}`, field });
const banned = (field: string, why: string): Cause => ({ reason: 'FieldValueForbidden', message: `Forbidden: ${why}`, field });
const unsupported = (field: string, value: string, supported: readonly string[]): Cause => ({
  reason: 'FieldValueNotSupported',
  message: `Unsupported value: ${value}: supported values: ${supported.map(one => JSON.stringify(one)).join(', ')}`,
  field,
});

function managerFlaws(manager: string): Cause[] {
  const field = 'fieldManager';
  const length = { reason: 'FieldValueTooLong', message: `Too long: may not be more than ${managerBytes} bytes`, field };
  const unprintable = [...manager.matchAll(/[^\p{L}\p{M}\p{N}\p{P}\p{S} ]/gu)].map(({ 0: letter, index }) => {
    const point = (letter.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
    const why = `invalid character U+${point} (at position ${Buffer.byteLength(manager.slice(0, index))})`;
    return { reason: 'FieldValueInvalid', message: `Invalid value: ${JSON.stringify(manager)}: ${why}`, field };
  });
  return [...(Buffer.byteLength(manager) > managerBytes ? [length] : []), ...unprintable];
}
