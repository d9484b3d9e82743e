/** The login in front of a host, up to the last @ that does not begin the digest of an image. */
const login = /^(?<scheme>[a-z][a-z0-9+.-]*:\/\/)?(?<login>.*)@(?!sha\d+:)/is;

/** Masks the user and password in front of an address or an image, for people and logs. */
export const withoutLogin = (text: string): string => text.replace(login, '$<scheme>[secret]@');

/**
 * The parts of an address that may be secret, as spelled and decoded: user and password, the password alone, a query or
 * a fragment.
 */
export function secretsOfAddress(text: string): readonly string[] {
  const found = login.exec(text)?.groups?.['login'];
  const query = /[?#](.+)$/s.exec(text)?.[1];
  return [
    ...(found === undefined ? [] : [found, found.slice(found.indexOf(':') + 1)]),
    ...(query === undefined ? [] : [query, ...query.split(/[&=#?]/)]),
  ].flatMap(one => [one, decoded(one)]);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
