import type { KubeObject } from './objects.ts';
import type { Cause } from './refusal.ts';

/** These functions build causes in the words of the server (recorded on 1.36.3, or read in its source). */
export const invalidValue = (field: string, value: unknown, why: string): Cause => ({
  reason: 'FieldValueInvalid',
  message: `Invalid value: ${JSON.stringify(value)}: ${why}`,
  field,
});
export const missing = (field: string, why?: string): Cause => ({
  reason: 'FieldValueRequired',
  message: `Required value${why ? `: ${why}` : ''}`,
  field,
});
export const tooLong = (field: string, bytes: number): Cause => ({
  reason: 'FieldValueTooLong',
  message: `Too long: may not be more than ${bytes} bytes`,
  field,
});

/** Formats a rule with its examples and its regular expression. */
export const rule = (text: string, examples: readonly string[], expression: string): string =>
  `${text} (e.g. ${examples.map(one => `'${one}'`).join(',  or ')}, regex used for validation is '${expression}')`;

const label = '[a-z0-9]([-a-z0-9]*[a-z0-9])?';
const subdomain = `${label}(\\.${label})*`;
const subdomainRule = rule(
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character",
  ['example.com'],
  subdomain,
);
const labelRule = rule(
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character",
  ['my-name', '123-abc'],
  label,
);
const word = '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]';
const wordText = "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character";
const keyRule = `name part ${rule(wordText, ['MyName', 'my.name', '123-abc'], word)}`;
const valueRule = rule(
  `a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character`,
  ['MyValue', 'my_value', '12345'],
  `(${word})?`,
);
const matches = (expression: string, text: string): boolean => new RegExp(`^(?:${expression})$`).test(text);

const labelBytes = 63;
const nameBytes = 253;
const annotationBytes = 256 * 1024;

/** Validates name, labels and annotations. */
export function metaFlaws({ kind, metadata }: KubeObject): Cause[] {
  const { name, labels = {}, annotations = {} } = metadata;
  const size = Object.entries(annotations).reduce((sum, pair) => sum + Buffer.byteLength(pair.join('')), 0);
  return [
    ...nameFlaws(kind, name),
    ...Object.entries(labels).flatMap(([key, value]) => [
      ...keyFlaws(key).map(why => invalidValue('metadata.labels', key, why)),
      ...valueFlaws(value).map(why => invalidValue('metadata.labels', value, why)),
    ]),
    ...Object.keys(annotations).flatMap(key => keyFlaws(key.toLowerCase()).map(why => invalidValue('metadata.annotations', key, why))),
    ...(size > annotationBytes ? [tooLong('metadata.annotations', annotationBytes)] : []),
  ];
}

function nameFlaws(kind: string, name: string): Cause[] {
  if (name === '') return [missing('metadata.name', 'name or generateName is required')];
  if (kind === 'Namespace' && name.includes('.')) return [invalidValue('metadata.name', name, 'must not contain dots')];
  if (kind === 'Namespace') return matches(label, name) ? [] : [invalidValue('metadata.name', name, labelRule)];
  return matches(subdomain, name) && name.length <= nameBytes ? [] : [invalidValue('metadata.name', name, subdomainRule)];
}

/** Validates the value of a label. */
export const valueFlaws = (value: string): string[] => [
  ...(value.length > labelBytes ? [`must be no more than ${labelBytes} bytes`] : []),
  ...(matches(`(${word})?`, value) ? [] : [valueRule]),
];

/** Validates a qualified name: that of a label, or of a controller. */
export function keyFlaws(key: string): string[] {
  const parts = key.split('/');
  const [name = '', prefix] = parts.toReversed();
  if (parts.length > 2)
    return [
      `a valid label key ${keyRule.slice('name part '.length)} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`,
    ];
  return [
    ...(prefix === '' ? ['prefix part must be non-empty'] : []),
    ...(prefix && !matches(subdomain, prefix) ? [`prefix part ${subdomainRule}`] : []),
    ...(name === '' ? ['name part must be non-empty'] : []),
    ...(name.length > labelBytes ? [`name part must be no more than ${labelBytes} bytes`] : []),
    ...(matches(word, name) ? [] : [keyRule]),
  ];
}
