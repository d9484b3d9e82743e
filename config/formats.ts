import { isIP } from 'node:net';
import type { TextForm } from '../src/contract/adapter.ts';
import { isRegion, isRoleArn, namesInWords, regionForm, roleForm } from '../src/contract/aws-names.ts';
import { functionNamed } from '../src/contract/function-name.ts';
import { parseAddress } from '../src/contract/registry.ts';
import { parseShard } from '../src/contract/shard.ts';
import { addressRule, urlRule } from './addresses.ts';
import { isAnd, wrongAmong } from './among.ts';
import { account, type Form, host, name, objectName } from './forms.ts';
import { linesOf, wrongWithHeaders } from './headers.ts';
import { textRule } from './texts.ts';

/** The properties of a field that its format may use. */
export interface Facts {
  readonly choices?: readonly string[];
  readonly min?: number;
  readonly max?: number;
  readonly whole?: boolean;
  readonly form?: TextForm | undefined;
}

/**
 * How a value is written, read and validated. No rule quotes the value, as it may be a secret in the wrong place. Only
 * a plain word is named, where few are possible.
 */
export interface Format {
  /** Its name on the reference page. */
  readonly doc: string;
  readonly json: (facts: Facts) => object;
  /** Reads a variable, a flag or a quoted value. Text that cannot be read stays text, so that `rule` refuses it. */
  readonly coerce?: (text: string) => unknown;
  /** What the value must be and is not. undefined: it is fine. */
  readonly rule: (value: unknown, facts: Facts) => string | undefined;
}

const satisfies =
  (isFine: (text: string) => boolean, what: string) =>
  (value: unknown): string | undefined =>
    textRule(value) ?? (isFine(String(value)) ? undefined : `must be ${what}`);
const matches = (pattern: RegExp, what: string) => satisfies(text => pattern.test(text), what);
const has = ({ pattern, words, most = Infinity }: Form) => satisfies(text => text.length <= most && new RegExp(pattern).test(text), words);

const formRule =
  ({ form }: Facts) =>
  (value: unknown): string | undefined => {
    const wrong = textRule(value);
    if (wrong || !form) return wrong;
    return String(value).length <= form.most && new RegExp(form.pattern).test(String(value)) ? undefined : `must be ${form.words}`;
  };
const formed = ({ form }: Facts, empty?: 'is nothing'): object =>
  form ? { ...string, pattern: empty ? `^$|${form.pattern}` : form.pattern, maxLength: form.most } : string;

const listRule =
  (entry: (value: unknown) => string | undefined) =>
  (value: unknown): string | undefined => {
    if (!Array.isArray(value)) return 'must be a list';
    const wrong = value.map((one, at) => ({ at, rule: entry(one) })).find(({ rule }) => rule);
    return wrong && `entry ${wrong.at + 1} ${wrong.rule}`;
  };

export const isName = (text: string): boolean => new RegExp(name.pattern).test(text);

const unquotedAccount = 'must be 12 digits in quotes: without quotes YAML reads a number and drops a leading zero';
function accountRule(value: unknown): string | undefined {
  if (typeof value === 'number') return unquotedAccount;
  return has(account)(value);
}

function numberRule(value: unknown, { min = -Infinity, max = Infinity, whole = false }: Facts): string | undefined {
  if (typeof value === 'number' && (whole ? Number.isInteger(value) : Number.isFinite(value)) && value >= min && value <= max)
    return undefined;
  return `must be a ${whole ? 'whole ' : ''}number${min === -Infinity ? '' : ` from ${min} to ${max}`}`;
}

/** What is wrong with a command. A relative path is refused, as a daemon may run in any directory. */
function commandRule(value: unknown): string | undefined {
  const words: readonly unknown[] = Array.isArray(value) ? value : [value];
  const wrong = words.map(textRule).find(Boolean);
  if (wrong) return Array.isArray(value) ? 'must be a line, or a list of texts: put each in quotes' : wrong;
  const program = typeof words[0] === 'string' ? words[0].trim() : '';
  if (program === '') return 'must begin with a program';
  return /^\.{0,2}[\w.-]*\//.test(program) && !program.startsWith('/')
    ? 'must begin with a program that is on PATH, or with its whole path'
    : undefined;
}

const switches: Readonly<Record<string, boolean>> = {
  true: true,
  yes: true,
  on: true,
  '1': true,
  false: false,
  no: false,
  off: false,
  '0': false,
};
const asSwitch = (text: string): unknown => (Object.hasOwn(switches, text.toLowerCase()) ? switches[text.toLowerCase()] : text);
const asNumber = (text: string): unknown => (/^[+-]?\d+(\.\d+)?$/.test(text) ? Number(text) : text);
const asList = (text: string): string[] => text.split(',').flatMap(entry => entry.trim() || []);
/**
 * A fingerprint as Node prints it: pairs of upper-case hex digits. Takes a line of openssl, too: `sha256
 * Fingerprint=aa:bb...`.
 */
function asPairs(text: string): string {
  const digits = text
    .trim()
    .replace(/^(sha-?256( fingerprint)?[=:])/i, '')
    .replaceAll(':', '');
  return /^[0-9a-f]{64}$/i.test(digits) ? (digits.toUpperCase().match(/../g) ?? []).join(':') : text;
}

/** Parses `host:port` or `[IPv6]:port`. undefined: it is neither. */
export function parseListen(text: string): { readonly host: string; readonly port: number } | undefined {
  const parts = /^(?:\[(?<v6>[0-9a-fA-F:.]+)\]|(?<host>[A-Za-z0-9._-]+)):(?<port>\d{1,5})$/.exec(text)?.groups;
  const host = parts?.v6 ?? parts?.host;
  const port = Number(parts?.port);
  return host === undefined || port > 65_535 ? undefined : { host, port };
}

/** The inverse of `parseListen`. */
export const formatListen = ({ host, port }: { readonly host: string; readonly port: number }): string =>
  `${host.includes(':') ? `[${host}]` : host}:${port}`;

const string = { type: 'string' };
const list = { type: 'array', items: string };

export const formats = {
  string: { doc: 'text', json: facts => formed(facts, 'is nothing'), rule: (value, facts) => formRule(facts)(value) },
  secret: { doc: 'secret text', json: () => string, rule: textRule },
  login: { doc: 'text', json: () => string, rule: textRule },
  headers: {
    doc: 'map of names and secret values; in a variable or file, a line `Name: value` for each',
    json: () => ({ type: 'object', additionalProperties: string }),
    coerce: linesOf,
    rule: value => (Array.isArray(value) ? wrongWithHeaders(value) : 'must be a map of names and values'),
  },
  path: { doc: 'path; in a file, relative to that file', json: () => string, rule: textRule },
  url: { doc: 'URL', json: () => ({ ...string, pattern: '^https?://' }), rule: urlRule },
  address: {
    doc: 'URL, or unix:///PATH of a socket',
    json: () => ({ ...string, pattern: '^(https?://|unix:///)' }),
    rule: addressRule,
  },
  boolean: {
    doc: 'true or false',
    json: () => ({ type: 'boolean' }),
    coerce: asSwitch,
    rule: value => (typeof value === 'boolean' ? undefined : `${isAnd(value)}must be true or false (also yes, no, on, off, 1, 0)`),
  },
  number: {
    doc: 'number',
    json: ({ min, max, whole }) => ({ type: whole ? 'integer' : 'number', minimum: min, maximum: max }),
    coerce: asNumber,
    rule: numberRule,
  },
  strings: {
    doc: 'list',
    json: facts => ({ ...list, items: formed(facts) }),
    coerce: asList,
    rule: (value, facts) => listRule(formRule(facts))(value),
  },
  hosts: { doc: 'list', json: () => list, coerce: asList, rule: listRule(textRule) },
  registries: { doc: 'list', json: () => list, coerce: asList, rule: listRule(textRule) },
  images: { doc: 'list', json: () => list, coerce: asList, rule: listRule(textRule) },
  choice: {
    doc: 'one of',
    json: ({ choices }) => ({ enum: choices }),
    rule: (value, { choices = [] }) => wrongAmong(value, choices),
  },
  name: {
    doc: 'name',
    json: () => ({ ...string, pattern: name.pattern }),
    rule: has(name),
  },
  objectName: {
    doc: 'name of an object in Kubernetes',
    json: () => ({ ...string, maxLength: objectName.most, pattern: objectName.pattern }),
    rule: has(objectName),
  },
  shard: {
    doc: 'i/n',
    json: () => ({ ...string, pattern: '^[0-9]{1,4}/[0-9]{1,4}$' }),
    rule: value => textRule(value) ?? (parseShard(String(value)) ? undefined : 'must be i/n, such as 0/3: i is from 0 to n - 1'),
  },
  // Only the scheduler can say whether a pattern ever comes true.
  cron: { doc: 'text', json: () => string, rule: textRule },
  listen: {
    doc: 'host:port',
    json: () => string,
    rule: value => textRule(value) ?? (parseListen(String(value)) ? undefined : 'must be host:port, such as 127.0.0.1:8080 or [::1]:8080'),
  },
  role: { doc: 'ARN of a role', json: () => ({ ...string, pattern: roleForm.source }), rule: satisfies(isRoleArn, namesInWords.role) },
  region: { doc: 'AWS region', json: () => ({ ...string, pattern: regionForm.source }), rule: satisfies(isRegion, namesInWords.region) },
  function: {
    doc: 'name or ARN of a function',
    json: () => string,
    rule: value =>
      textRule(value) ??
      (functionNamed(String(value)) ? undefined : 'must be the name of a Lambda function, NAME:ALIAS, or its ARN (no URL, and no blanks)'),
  },
  command: {
    doc: 'line, or list of a program and its arguments',
    json: () => ({ anyOf: [string, list] }),
    rule: commandRule,
  },
  accounts: {
    doc: 'list of 12-digit account ids, in quotes',
    json: () => ({ type: 'array', items: { ...string, pattern: account.pattern } }),
    coerce: asList,
    rule: value => (typeof value === 'number' ? unquotedAccount : listRule(accountRule)(value)),
  },
  host: {
    doc: 'host name',
    json: () => ({ ...string, pattern: host.pattern }),
    rule: has(host),
  },
  registry: {
    doc: 'ECR registry',
    json: () => string,
    rule: value => textRule(value) ?? (parseAddress(String(value)) ? undefined : 'must be the host of an ECR registry'),
  },
  serverName: {
    doc: 'host name',
    json: () => string,
    rule: value =>
      textRule(value) ??
      (isIP(String(value)) || /^[\w-]+(\.[\w-]+)*$/.test(String(value))
        ? undefined
        : 'must be a bare host name or address, as certificates hold it'),
  },
  fingerprint: {
    doc: 'SHA-256 fingerprint, with or without colons',
    json: () => string,
    coerce: asPairs,
    rule: matches(/^([0-9A-F]{2}:){31}[0-9A-F]{2}$/, 'a SHA-256 fingerprint: 64 hex digits, with or without colons'),
  },
} as const satisfies Record<string, Format>;

export type FormatName = keyof typeof formats;
