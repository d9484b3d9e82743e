import { Failure } from '../../src/contract/failures.ts';
import { Secret } from '../../src/contract/secret.ts';

/** Text of a certificate or key, or the file with it. */
export type Given = { readonly text: Secret; readonly from: string } | { readonly file: string; readonly from: string };

/** A map of a kubeconfig. */
export type Fields = Readonly<Record<string, unknown>>;

/** `NAME-data` comes before the file `NAME`. */
export function givenIn(fields: Fields, name: string, what: string, path: string): Given | undefined {
  const from = (member: string): string => `${member} of ${what}`;
  const data = textIn(fields, `${name}-data`, what);
  if (data !== undefined) return { text: new Secret(Buffer.from(data, 'base64').toString()), from: from(`${name}-data`) };
  const file = textIn(fields, name, what);
  return file === undefined ? undefined : { file: beside(path, file), from: from(name) };
}

/** A path in a kubeconfig is seen from the folder of that kubeconfig. */
export function beside(kubeconfig: string, path: string): string {
  if (/^([/\\]|[a-z]:[/\\])/i.test(path)) return path;
  return `${/^.*[/\\]/s.exec(kubeconfig)?.[0] ?? ''}${path}`;
}

/** undefined: nothing said. */
export function textIn(fields: Fields, member: string, what: string): string | undefined {
  const value = fields[member];
  if (value === undefined || value === null || value === '') return undefined;
  if (typeof value !== 'string') throw wrong(`${member} of ${what} is no text`, 'Put it in quotes.');
  return value;
}

export const wrong = (said: string, remedy?: string): Failure =>
  new Failure('MISCONFIGURED', `${said}.`, { remedy: `${remedy ?? 'Correct the kubeconfig.'} It is read again by itself.` });
