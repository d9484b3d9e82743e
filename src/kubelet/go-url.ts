/**
 * The result of Go's net/url (Go 1.26) for `https://` followed by a text. The kubelet parses patterns and images so.
 */
export interface GoUrl {
  /** The labels of the host, as they are spelled. */
  readonly labels: readonly string[];
  /** Empty when there is none. */
  readonly port: string;
  /** Begins with a slash, or is empty. */
  readonly path: string;
  /** The part from a `?` or a `#` on, which the kubelet ignores. */
  readonly cutOff: string;
}
interface NoUrl {
  /** Why Go refuses it, as the end of a sentence that begins with the text. */
  readonly refused: string;
}

/** A character below 0x80 that a host may not have. Go allows `"`, `<` and `>`. */
const notInHost = /[^A-Za-z0-9\-_.~!$&'()*+,;=:[\]<>"%\u0080-\u{10ffff}]/u;
const inUserinfo = /^[A-Za-z0-9\-._:~!$&'()*+,;=%@]*$/;
const badEscape = /%(?![0-9A-Fa-f]{2})/;

export const isUrl = (url: GoUrl | NoUrl): url is GoUrl => 'labels' in url;

/** Parses a text like the kubelet's ParseSchemelessURL and SplitURL together. */
export function parseSchemeless(text: string): GoUrl | NoUrl {
  if (/\p{Cc}/u.test(text.replaceAll(/[\u0080-\u009f]/g, ''))) return { refused: 'has a control character or a line break' };
  const [withQuery = '', ...fragment] = text.split('#');
  if (badEscape.test(fragment.join('#'))) return { refused: 'has a % without two hexadecimal digits behind it' };
  const [address = ''] = withQuery.split('?');
  const slash = address.indexOf('/');
  const authority = slash < 0 ? address : address.slice(0, slash);
  const path = slash < 0 ? '' : address.slice(slash);
  const at = authority.lastIndexOf('@');
  if (!inUserinfo.test(authority.slice(0, Math.max(at, 0)))) return { refused: 'has a user name before an @ that no URL may have' };
  const host = hostOf(authority.slice(at + 1));
  if ('refused' in host) return host;
  if (badEscape.test(path)) return { refused: 'has a % without two hexadecimal digits behind it' };
  return { ...host, path: unescaped(path), cutOff: text.slice(address.length) };
}

function hostOf(host: string): Pick<GoUrl, 'labels' | 'port'> | NoUrl {
  const wrong = notInHost.exec(host)?.[0];
  if (wrong !== undefined) return { refused: `has ${wrong === ' ' ? 'a blank' : wrong} in its host` };
  if (host.includes('[')) return literalOf(host);
  const colon = host.indexOf(':');
  const name = colon < 0 ? host : host.slice(0, colon);
  const port = colon < 0 ? '' : host.slice(colon + 1);
  if (/[^0-9]/.test(port)) return { refused: `has :${port} where a port number is expected` };
  // Escapes may stand for characters beyond ASCII only, and for % itself.
  if (/%(?!25|[89A-Fa-f][0-9A-Fa-f])/.test(name)) return { refused: 'has a % in its host' };
  return { labels: unescaped(name).split('.'), port };
}

/** Parses an IPv6 address in square brackets, which may enclose nothing else. */
function literalOf(host: string): Pick<GoUrl, 'labels' | 'port'> | NoUrl {
  const [, address = '', port = ''] = /^\[([0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*)\](?::(\d*))?$/.exec(host) ?? [];
  return address === ''
    ? { refused: 'has square brackets, which no host may have: a pattern knows * alone' }
    : { labels: address.split('.'), port };
}

function unescaped(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
