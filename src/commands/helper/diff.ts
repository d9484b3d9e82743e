import { diff } from 'node:util';
import { membersAt } from '../../../adapters/common/json-text.ts';
import { shownAddress } from '../../contract/text.ts';

const shown = ['credhelpers', 'credsstore'];

/**
 * JSON with `[secret]` for every text that is a value: a configuration of Docker has passwords in more places than
 * `auths` (HttpHeaders, addresses of proxies). The names of helpers stay.
 */
export function masked(text: string): string {
  const open = membersAt(text, []).filter(({ key }) => shown.includes(key.toLowerCase()));
  return text.replaceAll(/"[^"\\]*(?:\\.[^"\\]*)*"(\s*:)?/gs, (found, colon: string | undefined, at: number) => {
    const isShown = colon !== undefined || found === '""' || open.some(({ start, end }) => start <= at && at < end);
    return isShown ? shownText(found.slice(0, found.length - (colon ?? '').length)) + (colon ?? '') : '"[secret]"';
  });
}

/** A key may be an address with a password in it, behind escapes as well. */
function shownText(quoted: string): string {
  const text = JSON.parse(quoted) as string;
  if (!/[@?#]/.test(text)) return quoted;
  return JSON.stringify(
    `${text.includes('@') ? '[secret]@' : ''}${shownAddress(text.replace(/^.*@/s, ''))}${/[?#]/.test(text) ? '?[secret]' : ''}`,
  );
}

const contextLines = 3;
/** What Node says of a line of the former text, of the new one, and of one that both have. */
const signs: Readonly<Record<number, string>> = { [-1]: '+', 0: ' ', 1: '-' };

/** The lines that go (-) and come (+), and a few around them. Empty where nothing differs. */
export function diffOf(before: string, after: string): string {
  const [old, fresh] = [before, after].map(text => (text === '' ? [] : text.replace(/\r?\n$/, '').split(/\r?\n/))) as [string[], string[]];
  const lines = diff(old, fresh).map(([operation, line]) => ({ sign: signs[operation] ?? ' ', line }));
  const changed = lines.flatMap(({ sign }, at) => (sign === ' ' ? [] : at));
  const isNear = (at: number): boolean => changed.some(one => Math.abs(one - at) <= contextLines);
  return lines.flatMap(({ sign, line }, at) => (isNear(at) ? `${sign} ${line}`.trimEnd() + '\n' : [])).join('');
}
