import { isMap, parse } from './exact-json.ts';

/** The credentials that an engine uses for a registry. */
export interface Login {
  readonly username: string;
  readonly password: string;
}

/**
 * Decodes an X-Registry-Auth header like the engine: padded base64url of a map, whose names match in any case. For
 * undefined, the engine stores the text as it is and uses the registry without a login (recorded: 200 without a
 * warning).
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
