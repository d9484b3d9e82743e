import { isMap, parse } from './exact-json.ts';

/** What an engine comes with to a registry. */
export interface Login {
  readonly username: string;
  readonly password: string;
}

/**
 * What the engine makes of an X-Registry-Auth: base64 in the alphabet of URLs, with its padding, of a map; the names of
 * members in any case. undefined: it stores the text as it is and comes to the registry without a login (recorded: 200
 * without a warning).
 */
export function loginIn(header: string): Login | undefined {
  const text = header.replace(/[\r\n]/g, '');
  if (text.length % 4 !== 0 || !/^[\w-]*={0,2}$/.test(text)) return undefined;
  let map;
  try {
    map = parse(Buffer.from(text, 'base64url').toString());
  } catch {
    return undefined;
  }
  if (!isMap(map)) return undefined;
  const members = new Map(Object.entries(map).map(([name, value]) => [name.toLowerCase(), value]));
  const [username, password] = [members.get('username'), members.get('password')];
  return typeof username === 'string' && typeof password === 'string' && username !== '' ? { username, password } : undefined;
}
