import { Secret } from '../src/contract/secret.ts';
import type { Entries, Placed } from './origin.ts';
import { type FileRef, readSecretFile } from './secrets.ts';

/** A header that is sent with every request to a manager. */
interface Header {
  readonly name: string;
  readonly value: Secret;
}
/** The headers themselves, or their file, which is read again at each use: a line `Name: value` for each. */
export type HeadersRef = readonly Header[] | FileRef;

/** Headers that the courier sets itself: those of the connection, and of the form of bodies. */
export const ownHeaders = /^(host|connection|keep-alive|transfer-encoding|te|trailer|upgrade|expect|content-.*|accept-encoding|proxy-.*)$/i;
const token = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/** The lines of a variable, a quoted text or a file: one for each header. */
export const linesOf = (text: string): string[] => text.split(/\r?\n/).flatMap(line => line.trim() || []);

/**
 * The same lines from a map of a file. A value that is not a text is left as it is, so that the rule refuses it, as
 * YAML drops zeros of a number.
 */
export const linesOfMap = (map: Entries): unknown[] =>
  [...map].map(([name, { value }]: readonly [string, Placed]) => (typeof value === 'string' ? `${name}: ${value}` : value));

/** What is wrong with a list of such lines. undefined: nothing. */
export function wrongWithHeaders(lines: readonly unknown[]): string | undefined {
  const seen = new Set<string>();
  for (const [at, line] of lines.entries()) {
    const wrong = typeof line === 'string' ? wrongWithLine(line, seen) : 'must have a text as its value: put it in quotes';
    if (wrong) return `entry ${at + 1} ${wrong}`;
  }
  return undefined;
}

function wrongWithLine(line: string, seen: Set<string>): string | undefined {
  const { name, value } = partsOf(line);
  if (!token.test(name)) return 'must be a name and a value, with a colon between them';
  if (ownHeaders.test(name)) return 'is a header that the courier sets itself';
  if (value === '') return 'must have a value';
  if (!/^[\t\x20-\x7e\xa0-\xff]*$/.test(value)) return 'has a value with characters that a header cannot carry';
  if (seen.has(name.toLowerCase())) return 'has the name of another one';
  seen.add(name.toLowerCase());
  return undefined;
}

function partsOf(line: string): { readonly name: string; readonly value: string } {
  const [, name = '', value = ''] = /^([^:]*):(.*)$/s.exec(line) ?? [];
  return { name: name.trim(), value: value.trim() };
}

export const headersFrom = (lines: readonly string[]): Header[] =>
  lines.map(partsOf).map(({ name, value }) => ({ name, value: new Secret(value) }));

/** Returns the present headers, and the text of their file. Throws MISCONFIGURED as `resolveOptions` does. */
export async function resolveHeaders(
  ref: HeadersRef,
  target: string,
): Promise<{ readonly headers: readonly Header[]; readonly inFile: string }> {
  if (!('file' in ref)) return { headers: ref, inFile: '' };
  const rule = (text: string): string | undefined => {
    const wrong = wrongWithHeaders(linesOf(text));
    return wrong && `holds something else: ${wrong}`;
  };
  const inFile = await readSecretFile(ref, { what: `the headers of ${target}`, rule });
  return { headers: headersFrom(linesOf(inFile)), inFile };
}
