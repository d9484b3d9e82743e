import type { TextForm } from '../src/contract/adapter.ts';
import { namesInWords, regionForm, roleForm } from '../src/contract/aws-names.ts';
import { functionForm } from '../src/contract/function-name.ts';
import { placeholder } from '../src/contract/keys.ts';
import { hostPatterns } from '../src/contract/registry.ts';
import { cron } from './cron-form.ts';
import type { Facts, FormatName } from './formats.ts';
import { ownHeaders } from './headers.ts';

/**
 * The form of the texts of a format, for programs that cannot call its rule. Go reads the patterns, too (RE2). A form
 * refuses nothing that the rule accepts, and accepts what no pattern can tell. words: the rest of `must be ...`. not: a
 * pattern of exceptions. `<host>` stands for the host of a registry, or an alias of one.
 */
export interface Form extends Pick<TextForm, 'pattern' | 'words'> {
  readonly most?: number;
  readonly not?: string;
  /** The range of a number that is written as a text. */
  readonly range?: Pick<Facts, 'min' | 'max' | 'whole'>;
  /** The separator, where one text may hold several values. */
  readonly several?: 'commas' | 'lines';
  /** Only the first entry of a list is judged. */
  readonly judges?: 'first';
}

const control = String.raw`\x00-\x1f\x7f-\x9f`;
/** An empty text, or one that is not blank. */
const text: Form = {
  pattern: String.raw`^([^${control}]*[^\s${control}][^${control}]*)?$`,
  words: 'a text in one line, without control characters, that is not blank',
};
const secret: Form = { ...text, not: placeholder.source, words: 'the secret itself: one line, and no placeholder' };

export const name: Form = {
  pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$',
  words: 'a name of at most 63 letters, digits, dots, dashes and underscores',
};
export const objectName: Form = {
  pattern: String.raw`^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$`,
  words: 'a name in Kubernetes: at most 253 small letters, digits, dashes and dots',
  most: 253,
};
export const account: Form = { pattern: '^[0-9]{12}$', words: '12 digits in quotes' };
export const host: Form = {
  pattern: '^[a-z0-9][a-z0-9.-]*(:[0-9]+)?$',
  words: 'a bare host name in lower case, as image names spell it',
};

/** A URL without a user name, query or fragment. */
const plainUrl = String.raw`[hH][tT][tT][pP][sS]?:///*@?[^\s\\?#@/]+(/[^\s\\?#]*)?`;
const stored = String.raw`\s*([a-zA-Z][a-zA-Z0-9+.-]*://)?<host>\.?(:[0-9]+)?`;
const stray = String.raw`^\s*([a-zA-Z][a-zA-Z0-9+.-]*://)?${hostPatterns.stray}\.?([:/?#@\s]|$)`;
const registry = String.raw`${stored}([/?#].*)?\s*`;
const component = String.raw`[a-z0-9]+((\.|__|_|-+)[a-z0-9]+)*`;
const digest = '[a-zA-Z0-9]+([.+_-][a-zA-Z0-9]+)*:[0-9a-fA-F]{32,128}';
const ofEcr = '123456789012.dkr.ecr.eu-west-1.amazonaws.com';
/** What the entries of `registries` and `verify` must be, in words. */
export const registryInWords = (own: string): string => `the host of an ECR registry, such as ${ofEcr}, or ${own}`;
export const imageInWords = `an ECR image, such as ${ofEcr}/team/app:1`;

const port = '0*([0-9]{1,4}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])';
const inLine = `[^${control}]`;
/** A command line, or the first word of a list: a program that is on PATH, or the whole path of one. */
const program = String.raw`^\s*(/${inLine}*|[\w.-]+([^\w./${control}-]${inLine}*)?|[^\w./\s${control}-]${inLine}*)$`;

/** A line `Name: value` for a header that does not concern the connection itself. */
const header: Form = {
  pattern: String.raw`^\s*[!#$%&'*+.^_|~0-9A-Za-z\x60-]+\s*:[\t\x20-\x7e\xa0-\xff]*[\x21-\x7e\xa1-\xff][\t\x20-\x7e\xa0-\xff]*$`,
  not: String.raw`^\s*(?i:${ownHeaders.source.slice(1, -1)})\s*:`,
  words: 'the name of a header that the courier does not set itself, and a value in one line',
  several: 'lines',
};

export const oneOf = (choices: readonly string[]): Form => ({
  pattern: `^(${choices.join('|')})$`,
  words: `one of ${choices.join(', ')}`,
});

/** The form of each format. undefined: the type of the value says all. */
export const forms = {
  string: ({ form }) => form ?? text,
  strings: ({ form }) => ({ ...(form ?? text), several: 'commas' }),
  secret: ({ form }) => form ?? secret,
  login: () => secret,
  path: () => text,
  headers: () => header,
  url: () => ({ pattern: `^(${plainUrl})?$`, words: 'a URL that begins with https:// or http://, without user name, query and fragment' }),
  address: () => ({
    pattern: String.raw`^(${plainUrl}|[uU][nN][iI][xX]:///[^?#\s\\]+)?$`,
    words: 'a URL that begins with https:// or http://, or unix:///PATH of a socket',
  }),
  boolean: () => ({ pattern: '^(?i:true|false|yes|no|on|off|1|0)$', words: 'true or false (also yes, no, on, off, 1, 0)' }),
  number: ({ min, max, whole }) => ({
    pattern: String.raw`^[+-]?[0-9]+(\.[0-9]+)?$`,
    words: `a ${whole ? 'whole ' : ''}number${min === undefined ? '' : ` from ${min} to ${max}`}`,
    range: { ...(min !== undefined && { min }), ...(max !== undefined && { max }), ...(whole && { whole }) },
  }),
  hosts: () => ({ ...text, several: 'commas' }),
  registries: () => ({ pattern: `^(own|${registry})$`, not: stray, words: registryInWords('own'), several: 'commas' }),
  images: () => ({
    pattern: String.raw`^${stored}(@sha256:[0-9a-f]{64})?/${component}(/${component})*(:\w[\w.-]{0,127})?(@${digest})?\s*$`,
    not: stray,
    words: imageInWords,
    most: 1024,
    several: 'commas',
  }),
  choice: ({ choices }) => choices && oneOf(choices),
  name: () => name,
  objectName: () => objectName,
  shard: () => ({ pattern: '^[0-9]{1,4}/[0-9]{1,4}$', words: 'i/n, such as 0/3: i is from 0 to n - 1' }),
  cron: () => cron,
  listen: () => ({
    pattern: String.raw`^(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._-]+):${port}$`,
    words: 'host:port, such as 127.0.0.1:8080 or [::1]:8080',
  }),
  role: () => ({ pattern: roleForm.source, words: namesInWords.role }),
  region: () => ({ pattern: regionForm.source, words: namesInWords.region }),
  // Removes the names of groups.
  function: () => ({
    pattern: functionForm.source.replaceAll(/\?<\w+>/g, ''),
    words: 'the name of a Lambda function, NAME:ALIAS, or its ARN (no URL, and no blanks)',
  }),
  command: () => ({ pattern: program, words: 'a program that is on PATH, or its whole path', judges: 'first' }),
  accounts: () => ({ ...account, several: 'commas' }),
  host: () => host,
  // An alias cannot stand for another alias.
  registry: () => ({ pattern: `^${registry.replace('<host>', hostPatterns.host)}$`, not: stray, words: 'the host of an ECR registry' }),
  serverName: () => ({
    pattern: String.raw`^([\w-]+(\.[\w-]+)*|[0-9a-fA-F]*:[0-9a-fA-F]*:[0-9a-fA-F:.]*(%.+)?)$`,
    words: 'a bare host name or address, as certificates hold it',
  }),
  fingerprint: () => ({
    pattern: String.raw`^\s*((?i:sha-?256( fingerprint)?)[=:])?:*([0-9a-fA-F]:*){64}\s*$`,
    words: 'a SHA-256 fingerprint: 64 hex digits, with or without colons',
  }),
} as const satisfies Readonly<Record<FormatName, (facts: Facts) => Form | undefined>>;
