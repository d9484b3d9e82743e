import { Failure } from '../../src/contract/failures.ts';
import { Secret } from '../../src/contract/secret.ts';

/** The text of a certificate or key, or the path of its file. */
export type Given = { readonly text: Secret; readonly from: string } | { readonly file: string; readonly from: string };

/** A map of a kubeconfig. */
export type Fields = Readonly<Record<string, unknown>>;

/** Reads the text in `NAME-data` or, where that is missing, the path in `NAME`. */
export function givenIn(fields: Fields, name: string, what: string, path: string): Given | undefined {
  const from = (member: string): string => `${member} of ${what}`;
  const data = textIn(fields, `${name}-data`, what);
  if (data !== undefined) return { text: new Secret(Buffer.from(data, 'base64').toString()), from: from(`${name}-data`) };
  const file = textIn(fields, name, what);
  return file === undefined ? undefined : { file: beside(path, file), from: from(name) };
}

/** Resolves a path against the folder of the kubeconfig that has it. */
export function beside(kubeconfig: string, path: string): string {
  if (/^([/\\]|[a-z]:[/\\])/i.test(path)) return path;
  return `${/^.*[/\\]/s.exec(kubeconfig)?.[0] ?? ''}${path}`;
}

/** The text of a member. undefined: it is missing or empty. Throws MISCONFIGURED where it is not text. */
export function textIn(fields: Fields, member: string, what: string): string | undefined {
  const value = fields[member];
  if (value === undefined || value === null || value === '') return undefined;
  if (typeof value !== 'string') throw wrong(`${member} of ${what} is not text`, 'Put it in quotes.');
  return value;
}

export const wrong = (said: string, remedy?: string): Failure =>
  new Failure('MISCONFIGURED', `${said}.`, { remedy: `${remedy ?? 'Correct the kubeconfig.'} It is read again by itself.` });
