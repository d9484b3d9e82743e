import type { Adapter, OptionFormat, TextForm } from '../src/contract/adapter.ts';
import { isMap } from '../src/contract/shapes.ts';
import { formats } from './formats.ts';
import { targetTable } from './target-options.ts';

type Members = Readonly<Record<string, unknown>>;

const optionFormats: readonly string[] = [
  'string',
  'choice',
  'url',
  'address',
  'path',
  'secret',
  'login',
  'boolean',
  'number',
  'strings',
] as const satisfies readonly OptionFormat[];
const severities: readonly unknown[] = ['info', 'warning', 'error'];
const ranges = { concurrency: [1, 64], discoverMs: [100, 3_600_000], deliverMs: [100, 3_600_000], lingerMs: [0, 3_600_000] } as const;

const isText = (value: unknown): value is string => typeof value === 'string' && value.trim() !== '';
/** Whether these are different words without blanks, as a variable can hold them. */
const isWords = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.length > 0 && value.every(word => matches(word, /^\S+$/)) && new Set(value).size === value.length;
const matches = (value: unknown, pattern: RegExp): boolean => typeof value === 'string' && pattern.test(value);

/**
 * What an external adapter lacks of the contract, as far as its data shows, as the compiler has not checked plain
 * JavaScript.
 */
export function wrongWith(adapter: Members): string[] {
  const { kind, doc, options, limits, findings, create, creates, alike, keeps, keyHint } = adapter;
  const wrong = [
    ...(matches(kind, /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/) ? [] : ['kind must be a word in lower case, such as depot or docker-config']),
    ...(isText(doc) ? [] : ['doc must be a sentence']),
    ...(isMap(options) ? Object.entries(options).flatMap(wrongOption) : ['options must be a map']),
    ...(isMap(options) ? [...wrongSets(adapter['anyOf'], options), ...wrongNeeds(options)] : []),
    ...(isMap(limits) ? wrongLimits(limits) : ['limits must be a map']),
    ...(isMap(findings) ? Object.entries(findings).flatMap(wrongFinding) : ['findings must be a map']),
    ...(typeof create === 'function' ? [] : ['create must be a function']),
    ...(creates === undefined || typeof creates === 'boolean' ? [] : ['creates must be true or false']),
    ...(alike === undefined || typeof alike === 'boolean' ? [] : ['alike must be true or false']),
    ...(keeps === undefined || keeps === 'files' ? [] : ["keeps must be 'files', or missing"]),
    ...(keyHint === undefined || isText(keyHint) ? [] : ['keyHint must be text']),
  ];
  return wrong.length > 0 ? wrong : wrongTable(adapter as unknown as Adapter);
}

function wrongOption([key, option]: [string, unknown]): string[] {
  const at = `options.${key}`;
  if (!matches(key, /^[a-z][A-Za-z0-9]*$/)) return [`${at} must have a name such as apiKey`];
  if (!isMap(option)) return [`${at} must be a map`];
  const { doc, format, env, choices, form, default: fallback } = option;
  const known = optionFormats.find(name => name === format) as OptionFormat | undefined;
  const words = isWords(choices) ? choices : [];
  // A secret in the code of an adapter is not a secret.
  const rule =
    known === 'secret'
      ? 'must be null, or missing'
      : known && formats[known].rule(fallback, { choices: words, form: isForm(form) ? form : undefined });
  return [
    ...(isText(doc) ? [] : [`${at}.doc must be a sentence`]),
    ...(known ? [] : [`${at}.format must be one of ${optionFormats.join(', ')}`]),
    ...(known === 'choice' ? (isWords(choices) ? [] : [`${at}.choices must be a list of different words`]) : []),
    ...(known !== 'choice' && choices !== undefined ? [`${at}.choices goes with the format choice`] : []),
    ...(form === undefined || (isForm(form) && (known === 'string' || known === 'strings'))
      ? []
      : [`${at}.form must have pattern, words and most, and goes with the formats string and strings`]),
    ...(env === undefined || matches(env, /^[A-Z][A-Z0-9_]*$/) ? [] : [`${at}.env must be the name of a variable, such as DEPOT_URL`]),
    ...(fallback === undefined || fallback === null || !rule ? [] : [`${at}.default ${rule}`]),
  ];
}

function isForm(form: unknown): form is TextForm {
  if (!isMap(form) || !isText(form['pattern']) || !isText(form['words']) || typeof form['most'] !== 'number') return false;
  try {
    return Boolean(new RegExp(form['pattern']));
  } catch {
    return false;
  }
}

function wrongSets(anyOf: unknown, options: Members): string[] {
  const isSet = (set: unknown): boolean => Array.isArray(set) && set.length > 0 && set.every(key => Object.hasOwn(options, String(key)));
  return anyOf === undefined || (Array.isArray(anyOf) && anyOf.every(isSet)) ? [] : ['anyOf must be a list of lists of options'];
}

function wrongNeeds(options: Members): string[] {
  const isSwitch = (key: unknown): boolean => {
    const option = typeof key === 'string' && Object.hasOwn(options, key) ? options[key] : undefined;
    return isMap(option) && option['format'] === 'boolean';
  };
  return Object.entries(options).flatMap(([key, option]) => {
    const needs = isMap(option) ? option['needs'] : undefined;
    return needs === undefined || isSwitch(needs) ? [] : [`options.${key}.needs must name an option of the format boolean`];
  });
}

function wrongLimits(limits: Members): string[] {
  return Object.entries(ranges).flatMap(([key, [min, max]]) => {
    const value = limits[key];
    if (value === undefined && key === 'lingerMs') return [];
    const rule = formats.number.rule(value, { min, max, whole: true });
    return rule ? [`limits.${key} ${rule}`] : [];
  });
}

function wrongFinding([code, finding]: [string, unknown]): string[] {
  const at = `findings.${code}`;
  if (!matches(code, /^[A-Z][A-Z0-9_]*$/)) return [`${at} must have a code such as HOST_TWICE`];
  if (!isMap(finding)) return [`${at} must be a map`];
  return [
    ...(severities.includes(finding['severity']) ? [] : [`${at}.severity must be one of ${severities.join(', ')}`]),
    ...['doc', 'remedy'].flatMap(key => (isText(finding[key]) ? [] : [`${at}.${key} must be a sentence`])),
  ];
}

function wrongTable(adapter: Adapter): string[] {
  try {
    targetTable(adapter);
    return [];
  } catch (error) {
    return [error instanceof Error ? error.message : String(error)];
  }
}
