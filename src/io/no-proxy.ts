import { BlockList, isIP, isIPv4, isIPv6 } from 'node:net';
import { domainToASCII } from 'node:url';

/** Where a request goes: the host as `URL.hostname` has it, in lower case, and the port in numbers. */
export interface Destination {
  readonly hostname: string;
  readonly port: number;
}

/** One entry of NO_PROXY: what it says, and whether it means this destination. */
export interface Exception {
  readonly text: string;
  /** A range of addresses, such as 10.0.0.0/8. */
  readonly isRange: boolean;
  covers(destination: Destination): boolean;
}

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');

/** The machine itself. A proxy elsewhere would reach itself under such a name. */
export function isLoopback({ hostname }: Destination): boolean {
  const host = bare(hostname);
  return isIP(host) ? holds(loopback, host) : /^(.+\.)?localhost$/.test(host);
}

/** The entries of a list: commas and blanks lie between them, as Go and curl have it. */
export const entriesOf = (list: string): string[] => list.split(/[\s,]+/).filter(Boolean);

/**
 * Reads an entry as Go (golang.org/x/net/http/httpproxy) and curl do; where they differ it covers what either of them
 * would reach directly.
 * `example.org` is the name with all below it, `.example.org` too, `*.example.org` is only what lies below. Addresses
 * may have brackets, all but ranges a port.
 * undefined: nobody knows what it means.
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

/** Without the brackets of an IPv6 address, and without the dot that may end a name. */
const bare = (hostname: string): string =>
  hostname
    .toLowerCase()
    .replace(/^\[(.*)\]$/, '$1')
    .replace(/(.)\.$/, '$1');

/** Also for an IPv4 address in the form of IPv6, `::ffff:10.1.2.3`. */
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
  // For Go a port that is empty is any.
  return { host: inBrackets ?? plain ?? '', port: digits ? Number(digits) : undefined };
}

function coversAddress(address: string): (host: string) => boolean {
  const list = new BlockList();
  list.addAddress(address, isIPv4(address) ? 'ipv4' : 'ipv6');
  return host => holds(list, host);
}

function coversNames(entry: string, hasPort: boolean): ((host: string) => boolean) | undefined {
  const [, start = '', written = ''] = /^(\*\.|\.|)(.+?)\.?$/.exec(entry) ?? [];
  // It drops other marks without a word.
  const name = /^[\p{L}\p{M}\p{N}._-]+$/u.test(written) ? domainToASCII(written) : '';
  // What ends in digits is an address to every client, and these are no whole ones: 10.1, 10.1.2.300.
  if (!/^[a-z0-9_-]+(\.[a-z0-9_-]+)*$/.test(name) || /(^|\.)\d+$/.test(name)) return undefined;
  // For curl a dot in front changes nothing, but it knows no ports; for Go it leaves the name itself out.
  const alone = start === '' || (start === '.' && !hasPort);
  return host => host.endsWith(`.${name}`) || (alone && host === name);
}
