/** How Secrets hold logins of registries: by type, the key of the data and where in its JSON the entries stand. */
export const forms: Readonly<Record<string, { readonly key: string; readonly path: readonly string[] }>> = {
  'kubernetes.io/dockerconfigjson': { key: '.dockerconfigjson', path: ['auths'] },
  'kubernetes.io/dockercfg': { key: '.dockercfg', path: [] },
};

/** One login; any member may be missing, and others may be there. */
export interface Entry {
  readonly username?: unknown;
  readonly password?: unknown;
  readonly auth?: unknown;
}
type Entries = Readonly<Record<string, Entry>>;

/** The entries by address; undefined where the text is none of these forms. */
export function entriesOf(text: string, path: readonly string[]): Entries | undefined {
  let at: unknown;
  try {
    at = JSON.parse(text);
  } catch {
    return undefined;
  }
  for (const name of path) at = isMap(at) ? at[name] : undefined;
  return isMap(at) ? Object.fromEntries(Object.entries(at).map(([key, entry]) => [key, isMap(entry) ? entry : {}])) : undefined;
}

/** Whether a text with entries holds one of them and nothing else, so that it can be replaced as a whole. */
export function isOneLogin(text: string, path: readonly string[]): boolean {
  let at = JSON.parse(text) as unknown;
  for (const name of path) {
    if (!isMap(at) || Object.keys(at).length !== 1) return false;
    at = at[name];
  }
  return isMap(at) && Object.keys(at).length === 1;
}

/** Whether somebody could log in with it as ECR wants it. */
export function isWhole({ username, password, auth }: Entry): boolean {
  if (typeof username === 'string' && typeof password === 'string') return username === 'AWS' && password !== '';
  return typeof auth === 'string' && Buffer.from(auth, 'base64').toString().startsWith('AWS:');
}

/** The entry with a new login. What else stands in it stays, but for tokens that clients would prefer to the password. */
export function renewed(entry: Entry, username: string, password: string): Entry {
  const { identitytoken: _identity, registrytoken: _registry, ...rest } = entry as Entry & Record<string, unknown>;
  return { ...rest, username, password, auth: Buffer.from(`${username}:${password}`).toString('base64') };
}

/** The text with new values for some members of the map at `path`; every other byte stays. The text must be JSON. */
export function replaceMembers(text: string, path: readonly string[], values: ReadonlyMap<string, object>): string {
  let replaced = '';
  let copied = 0;
  for (const { key, start, end } of membersAt(text, path)) {
    const value = values.get(key);
    if (value === undefined) continue;
    replaced += text.slice(copied, start) + JSON.stringify(value);
    copied = end;
  }
  return replaced + text.slice(copied);
}

interface Member {
  readonly key: string;
  readonly start: number;
  readonly end: number;
}
interface Open {
  readonly isMap: boolean;
  readonly start: number;
  key: string | undefined;
}

/** Where the values of the map at `path` begin and end. Brackets are counted, so that no depth of nesting can exhaust the stack. */
function membersAt(text: string, path: readonly string[]): Member[] {
  const found: Member[] = [];
  const open: Open[] = [];
  const close = (start: number, end: number): void => {
    const around = open.at(-1);
    const isHere = open.length === path.length + 1 && path.every((name, depth) => open[depth]?.key === name);
    if (isHere && around?.isMap && around.key !== undefined) found.push({ key: around.key, start, end });
  };
  for (const { 0: token, index } of text.matchAll(/"(?:[^"\\]|\\.)*"|[[\]{},]|[^\s[\]{},:"]+/gs)) {
    const around = open.at(-1);
    const end = index + token.length;
    if (token === '{' || token === '[') open.push({ isMap: token === '{', start: index, key: undefined });
    else if (token === '}' || token === ']') close(open.pop()?.start ?? index, end);
    else if (token === ',') {
      if (around) around.key = undefined;
    } else if (around?.isMap && around.key === undefined) around.key = JSON.parse(token) as string;
    else close(index, end);
  }
  return found;
}

const isMap = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);
