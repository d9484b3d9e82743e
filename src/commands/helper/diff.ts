import { diff } from 'node:util';
import { membersAt } from '../../../adapters/common/json-text.ts';
import { shownAddress } from '../../contract/text.ts';

const shown = ['credhelpers', 'credsstore'];

/**
 * The JSON with `[secret]` in place of every string value, because a Docker configuration has passwords in more places
 * than `auths` (HttpHeaders, addresses of proxies). Names of helpers stay.
 */
export function masked(text: string): string {
  const open = membersAt(text, []).filter(({ key }) => shown.includes(key.toLowerCase()));
  return text.replaceAll(/"[^"\\]*(?:\\.[^"\\]*)*"(\s*:)?/gs, (found, colon: string | undefined, at: number) => {
    const isShown = colon !== undefined || found === '""' || open.some(({ start, end }) => start <= at && at < end);
    return isShown ? shownText(found.slice(0, found.length - (colon ?? '').length)) + (colon ?? '') : '"[secret]"';
  });
}

/** A key may be an address with a password, possibly escaped. */
function shownText(quoted: string): string {
  const text = JSON.parse(quoted) as string;
  if (!/[@?#]/.test(text)) return quoted;
  return JSON.stringify(
    `${text.includes('@') ? '[secret]@' : ''}${shownAddress(text.replace(/^.*@/s, ''))}${/[?#]/.test(text) ? '?[secret]' : ''}`,
  );
}

const contextLines = 3;
/** Diff signs by Node's operation codes: a line of the new text, of both texts, and of the former text. */
const signs: Readonly<Record<number, string>> = { [-1]: '+', 0: ' ', 1: '-' };

/** The removed (-) and added (+) lines with a few lines of context. Empty if nothing differs. */
export function diffOf(before: string, after: string): string {
  const [old, fresh] = [before, after].map(text => (text === '' ? [] : text.replace(/\r?\n$/, '').split(/\r?\n/))) as [string[], string[]];
  const lines = diff(old, fresh).map(([operation, line]) => ({ sign: signs[operation] ?? ' ', line }));
  const changed = lines.flatMap(({ sign }, at) => (sign === ' ' ? [] : at));
  const isNear = (at: number): boolean => changed.some(one => Math.abs(one - at) <= contextLines);
  return lines.flatMap(({ sign, line }, at) => (isNear(at) ? `${sign} ${line}`.trimEnd() + '\n' : [])).join('');
}
