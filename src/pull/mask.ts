import { ecrUser } from '../contract/credential.ts';
import { redactQuoted, Secret } from '../contract/secret.ts';
import { secretsOfAddress, withoutLogin } from './login.ts';

/** The longest text in a record, in characters. */
const longestText = 8_000;

/**
 * Members of both protocols whose texts may be shown. Of other members of a request or an answer only the length is
 * shown, because they may hold anything.
 */
const shown = new Set(['kind', 'apiVersion', 'image', 'ServerURL', 'Username', 'username', 'cacheKeyType', 'cacheDuration']);
/** Names of members that hold secrets. Texts of other members can repeat these secrets. */
const secretName = /secret|password|token|annotations/i;
const arn = /^arn:[\w-]+:iam::\d{12}:role\/[\w+=,.@/-]+$/;
/** A JSON Web Token, whole or cut off: its header is JSON. */
const webToken = /eyJ[\w-]{8,}(?:\.[\w-]*)*/g;

/** The masks for the parts of a record. */
interface Masks {
  /** The secrets of the request. The filter knows a secret only while something refers to it. */
  readonly held: readonly Secret[];
  /** Masks the text on stdin or stdout: JSON, a host, or sentences of ours. */
  readonly asked: (text: string) => string;
  readonly answered: (text: string) => string;
  readonly argument: (text: string) => string;
  /** Masks a text of our own, which may quote the input. */
  readonly own: (text: string) => string;
}

/** Builds the masks for a request. Its secrets are masked in all parts, in any encoding. */
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

/** Whether a text is a registry as clients write it, with a dot or a port. A single word may be anything. */
const isAddress = (text: string): boolean =>
  text.length < 512 &&
  /^(?:[a-z][a-z0-9+.-]*:\/\/)?(?:[^/@\s]*@)?(?:[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63})+|[a-z0-9-]{1,63}(?=:))\.?(?::\d+)?(?:\/[\w./-]*)?$/i.test(
    text,
  );

/** Masks the login in every address within a text. */
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
  // The response of `list` has addresses as names, and user names as values.
  const isUser = value === ecrUser && isAddress(name);
  const isShown = value === '' || arn.test(value) || shown.has(name) || isUser;
  if (!isShown) return `[secret of ${value.length} characters]`;
  const bare = withoutLogin(value);
  // A query, a fragment or an escape may hold a secret.
  return isPlain.test(bare) ? bare : lengthOf(value);
}

/** Matches words of the protocols, hosts, images and addresses. */
const isPlain = /^[\w.:/@<>,+=[\]-]*$/;

/** The secrets in every text and member name, each read as an address or an image. */
function secretsOfTexts(value: unknown): readonly string[] {
  if (typeof value === 'string') return secretsOfAddress(value);
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, member]: [string, unknown]) => [...secretsOfAddress(name), ...secretsOfTexts(member)]);
}

/** The texts of members with the name of a secret, at any depth. */
function secretsIn(value: unknown, isSecret: 'secret' | 'plain' = 'plain'): string[] {
  if (typeof value === 'string') return isSecret === 'secret' && !arn.test(value) ? [value] : [];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, member]: [string, unknown]) =>
    secretsIn(member, isSecret === 'secret' || secretName.test(name) ? 'secret' : 'plain'),
  );
}
