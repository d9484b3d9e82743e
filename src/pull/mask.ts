import { ecrUser } from '../contract/credential.ts';
import { redactQuoted, Secret } from '../contract/secret.ts';
import { secretsOfAddress, withoutLogin } from './login.ts';

/** Of one text in a record, in characters. */
const longestText = 8_000;

/**
 * Members of both protocols whose texts may be shown. Whatever else stands in a request or an answer is shown by its
 * length: nobody knows what a member of another name holds.
 */
const shown = new Set(['kind', 'apiVersion', 'image', 'ServerURL', 'Username', 'username', 'cacheKeyType', 'cacheDuration']);
/** Members that hold secrets. A text of another member can repeat them. */
const secretName = /secret|password|token|annotations/i;
const arn = /^arn:[\w-]+:iam::\d{12}:role\/[\w+=,.@/-]+$/;
/** A JSON Web Token, whole or cut off: its header is JSON. */
const webToken = /eyJ[\w-]{8,}(?:\.[\w-]*)*/g;

/** What the parts of a record may show. */
export interface Masks {
  /** Of the request. A secret is known for as long as somebody holds it. */
  readonly held: readonly Secret[];
  /** What came on stdin, or what goes to stdout: JSON, a host, or sentences of ours. */
  readonly asked: (text: string) => string;
  readonly answered: (text: string) => string;
  readonly argument: (text: string) => string;
  /** A text of our own, which may quote what came. */
  readonly own: (text: string) => string;
}

/** The secrets of a request are masked in all parts, in any encoding. */
export function masksFor(request: string): Masks {
  const asked = parsed(request);
  const held = [...secretsIn(asked), ...secretsOfTexts(asked ?? request.trim())].map(text => new Secret(text));
  const own = (text: string): string => {
    const bare = withoutUsers(redactQuoted(text).replaceAll(webToken, '[secret]'));
    return bare.length > longestText ? `${bare.slice(0, longestText)}...` : bare;
  };
  const json = (text: string): string | undefined => {
    const value = parsed(text);
    return typeof value === 'object' && value !== null ? own(JSON.stringify(maskedValue('', value))) : undefined;
  };
  return {
    held,
    own,
    asked: text => json(text) ?? (isAddress(text.trim()) ? own(withoutLogin(text)) : lengthOf(text)),
    answered: text => json(text) ?? own(text),
    argument: text => (isAddress(text) ? own(withoutLogin(text)) : text.replace(/^(-{0,2}[a-z][a-z-]{0,30}(?:=|$))?(.*)$/s, argument)),
  };
}

const argument = (_: string, name = '', value = ''): string => `${name}${lengthOf(value)}`;

const lengthOf = (text: string): string => (text.trim() === '' ? text : `[${text.length} characters that are not shown]`);

/** A registry as clients write one, with a dot or a port: a word alone may be anything. */
const isAddress = (text: string): boolean =>
  text.length < 512 &&
  /^(?:[a-z][a-z0-9+.-]*:\/\/)?(?:[^/@\s]*@)?(?:[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63})+|[a-z0-9-]{1,63}(?=:))\.?(?::\d+)?(?:\/[\w./-]*)?$/i.test(
    text,
  );

/** Wherever an address stands in a text. */
const withoutUsers = (text: string): string => text.replaceAll(/(:\/\/)[^/@\s]*@/g, '$1[secret]@');

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function maskedValue(name: string, value: unknown): unknown {
  if (Array.isArray(value)) return value.map((item: unknown) => maskedValue('', item));
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(
      Object.entries(value).map(([key, member]: [string, unknown]) => [withoutLogin(key), maskedValue(key, member)]),
    );
  if (typeof value !== 'string') return typeof value === 'number' ? '[a number]' : value;
  // In the answer of `list` the names are addresses, and the values user names.
  const isUser = value === ecrUser && isAddress(name);
  const isShown = value === '' || arn.test(value) || shown.has(name) || isUser;
  if (!isShown) return `[secret of ${value.length} characters]`;
  const bare = withoutLogin(value);
  // A query, a fragment or an escape may hold a secret.
  return isPlain.test(bare) ? bare : lengthOf(value);
}

/** Words of the protocols, hosts, images and addresses. */
const isPlain = /^[\w.:/@<>,+=[\]-]*$/;

/** Of addresses and images, as whole texts and as names of members. */
function secretsOfTexts(value: unknown): readonly string[] {
  if (typeof value === 'string') return secretsOfAddress(value);
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, member]: [string, unknown]) => [...secretsOfAddress(name), ...secretsOfTexts(member)]);
}

/** Texts of members with a secret's name, however deep they lie. */
function secretsIn(value: unknown, isSecret: 'secret' | 'plain' = 'plain'): string[] {
  if (typeof value === 'string') return isSecret === 'secret' && !arn.test(value) ? [value] : [];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, member]: [string, unknown]) =>
    secretsIn(member, isSecret === 'secret' || secretName.test(name) ? 'secret' : 'plain'),
  );
}
