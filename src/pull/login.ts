/** In front of a host, up to the last @: what stands behind an @ as well is the digest of an image. */
const login = /^(?<scheme>[a-z][a-z0-9+.-]*:\/\/)?(?<login>.*)@(?!sha\d+:)/is;

/** An address or an image for people and logs: without the user and the password that somebody put in front. */
export const withoutLogin = (text: string): string => text.replace(login, '$<scheme>[secret]@');

/** What may be secret in it, in each spelling: user and password, the password alone, a query or a fragment. */
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
