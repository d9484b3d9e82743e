import { goQuote } from '../go-quote.ts';
import { refuse } from './refusal.ts';

/**
 * Normalizes an address like Harbor: removes blanks and trailing slashes, defaults to http, and drops what follows the
 * path.
 */
export function normalUrl(text: string): string {
  const trimmed = text.replace(/^ +| +$/g, '').replace(/\/+$/, '');
  if (trimmed === '') refuse(400, 'empty string');
  const full = trimmed.includes('://') ? trimmed : `http://${trimmed}`;
  const flaw = flawOf(full);
  if (flaw !== undefined) refuse(400, `invalid URL: parse ${goQuote(full)}: ${flaw}`);
  const [, scheme = '', host = '', path = ''] = parts(full);
  if (!/^https?$/i.test(scheme)) refuse(400, `invalid HTTP scheme: ${scheme.toLowerCase()}`);
  return `${scheme.toLowerCase()}://${host.slice(host.indexOf('@') + 1)}${decodeURIComponent(path)}`;
}

const parts = (full: string): readonly string[] => /^(.*?):\/\/([^/?#]*)([^?#]*)(?:\?[^#]*)?(.*)$/s.exec(full) ?? [];

/** Returns the error of Go's url.Parse, for the mistakes that users are likely to make. */
function flawOf(full: string): string | undefined {
  const [, scheme = '', authority = '', path = '', fragment = ''] = parts(full);
  if (/\p{Cc}/u.test(full)) return 'net/url: invalid control character in URL';
  if (scheme === '') return 'missing protocol scheme';
  if (!/^[a-zA-Z][a-zA-Z\d+.-]*$/.test(scheme)) return 'first path segment in URL cannot contain colon';
  const at = authority.lastIndexOf('@');
  if (/[^\w\-.~!$&'()*+,;=:@%]/.test(authority.slice(0, at < 0 ? 0 : at))) return 'net/url: invalid userinfo';
  const host = authority.slice(at + 1);
  if (host.startsWith('[') && !host.includes(']')) return "missing ']' in host";
  const port = host.startsWith('[') ? host.slice(host.indexOf(']') + 1) : (/:.*$/s.exec(host)?.[0] ?? '');
  if (!/^(:\d*)?$/.test(port)) return `invalid port ${goQuote(port)} after host`;
  const wrong = /[ \\^`{|}]/.exec(host)?.[0];
  if (wrong !== undefined) return `invalid character ${goQuote(wrong)} in host name`;
  const escape = badEscape(host) ?? badEscape(path) ?? badEscape(fragment);
  return escape && `invalid URL escape ${goQuote(escape)}`;
}

/** Returns the first `%` without two hexadecimal digits, with up to two characters behind it. */
export const badEscape = (text: string): string | undefined => /%(?![\da-fA-F]{2}).{0,2}/s.exec(text)?.[0];
