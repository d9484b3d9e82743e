import { BlockList, isIP, isIPv4, isIPv6 } from 'node:net';
import { domainToASCII } from 'node:url';

/** The destination of a request: the host as in `URL.hostname`, in lower case, and the port as a number. */
interface Destination {
  readonly hostname: string;
  readonly port: number;
}

/** One entry of NO_PROXY. */
export interface Exception {
  readonly text: string;
  /** A range of addresses, such as 10.0.0.0/8. */
  readonly isRange: boolean;
  covers(destination: Destination): boolean;
}

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');

/** Whether the destination is this machine. A proxy elsewhere would take such a name for itself. */
export function isLoopback({ hostname }: Destination): boolean {
  const host = bare(hostname);
  return isIP(host) ? holds(loopback, host) : /^(.+\.)?localhost$/.test(host);
}

/** Splits a list at commas and blanks, as Go and curl do. */
export const entriesOf = (list: string): string[] => list.split(/[\s,]+/).filter(Boolean);

/**
 * Parses an entry as Go (golang.org/x/net/http/httpproxy) and curl do. Where they differ, it covers what either of them
 * would reach directly.
 * `example.org` covers the name and everything below it, as does `.example.org`; `*.example.org` covers only what is
 * below. Addresses may have brackets. All entries but ranges may have a port.
 * undefined when the entry has no known meaning.
 */
export function readException(text: string): Exception | undefined {
  const entry = text.toLowerCase();
  if (entry === '*') return { text, isRange: false, covers: () => true };
  const range = rangeOf(entry);
  if (range) return { text, isRange: true, covers: ({ hostname }) => holds(range, bare(hostname)) };
  const { host, port } = parted(entry);
  const covers = isIP(host) ? coversAddress(host) : coversNames(host, port !== undefined);
  if (!covers || (port !== undefined && (port < 1 || port > 65_535))) return undefined;
  return { text, isRange: false, covers: to => (port === undefined || port === to.port) && covers(bare(to.hostname)) };
}

/** Strips the brackets of an IPv6 address, and the trailing dot of a name. */
const bare = (hostname: string): string =>
  hostname
    .toLowerCase()
    .replace(/^\[(.*)\]$/, '$1')
    .replace(/(.)\.$/, '$1');

/** Also matches an IPv4 address in IPv6 notation, `::ffff:10.1.2.3`. */
const holds = (list: BlockList, host: string): boolean => isIP(host) !== 0 && list.check(host, isIPv4(host) ? 'ipv4' : 'ipv6');

function rangeOf(entry: string): BlockList | undefined {
  const [, inBrackets, plain, digits = ''] = /^(?:\[(.+)\]|([^[\]]+))\/(\d{1,3})$/.exec(entry) ?? [];
  const address = inBrackets ?? plain ?? '';
  const bits = Number(digits);
  if (!isIP(address) || bits > (isIPv4(address) ? 32 : 128)) return undefined;
  const list = new BlockList();
  list.addSubnet(address, bits, isIPv4(address) ? 'ipv4' : 'ipv6');
  return list;
}

function parted(entry: string): { readonly host: string; readonly port: number | undefined } {
  if (isIPv6(entry)) return { host: entry, port: undefined };
  const [, inBrackets, plain, digits] = /^(?:\[(.+)\]|([^[\]]*?))(?::(\d*))?$/.exec(entry) ?? [];
  // Go treats an empty port as any port.
  return { host: inBrackets ?? plain ?? '', port: digits ? Number(digits) : undefined };
}

function coversAddress(address: string): (host: string) => boolean {
  const list = new BlockList();
  list.addAddress(address, isIPv4(address) ? 'ipv4' : 'ipv6');
  return host => holds(list, host);
}

function coversNames(entry: string, hasPort: boolean): ((host: string) => boolean) | undefined {
  const [, start = '', written = ''] = /^(\*\.|\.|)(.+?)\.?$/.exec(entry) ?? [];
  // domainToASCII drops other characters silently.
  const name = /^[\p{L}\p{M}\p{N}._-]+$/u.test(written) ? domainToASCII(written) : '';
  // Every client parses a name that ends in digits as an address; these are incomplete ones: 10.1, 10.1.2.300.
  if (!/^[a-z0-9_-]+(\.[a-z0-9_-]+)*$/.test(name) || /(^|\.)\d+$/.test(name)) return undefined;
  // curl ignores a leading dot but does not know ports; for Go a leading dot excludes the name itself.
  const alone = start === '' || (start === '.' && !hasPort);
  return host => host.endsWith(`.${name}`) || (alone && host === name);
}
