import { type Image, readImage } from '../../contract/image.ts';
import { lookAlike } from '../../contract/look-alike.ts';
import { type Address, type Aliases, parseAddress, type Registry } from '../../contract/registry.ts';
import { noImage } from '../../kubelet/explain.ts';
import { UsageError } from '../io.ts';

/** The subject of `explain`: an ECR image, a bare registry (`repository` is empty), or another text. */
export type Subject =
  | { readonly image: Image; readonly remarks: readonly string[] }
  /** `meant`: the text resembles an ECR registry. */
  | { readonly image?: undefined; readonly why: string; readonly meant: boolean };

/** Throws a UsageError for a name with an ECR registry and an invalid repository, tag or digest. */
export function subjectOf(text: string, aliases: Aliases): Subject {
  const image = readImage(text, aliases);
  if (!('wrong' in image)) return { image, remarks: [...(image.remark ? [image.remark] : []), ...remarksOn(text, aliases)] };
  const address = parseAddress(text, aliases);
  const port = Number(/:(\d+)\/?$/.exec(text.trim())?.[1] ?? 443);
  if (address && isHostAlone(text)) {
    const host: Image = { registry: address.registry, ...(port !== 443 && { port }), repository: '', reference: '' };
    return { image: host, remarks: remarksOn(text, aliases) };
  }
  if (address) throw new UsageError(image.wrong);
  const wrong = noImage(text);
  const name = text.replace(/[:@].*$/s, '');
  if (wrong && parseAddress(name, aliases)) throw new UsageError(wrong);
  return { why: image.wrong, meant: lookAlike(text) !== undefined };
}

const isHostAlone = (text: string): boolean => /^([a-z][a-z0-9+.-]*:\/\/)?[^/@]+\/?$/i.test(text.trim());

/** Remarks on spellings that clients treat differently. */
function remarksOn(text: string, aliases: Aliases): string[] {
  const address = parseAddress(text, aliases);
  if (!address) return [];
  const { registry, stripped } = address;
  const behind = aliases.get(registry.host);
  const said = (what: Address['stripped'][number], sentence: string): string[] => (stripped.includes(what) ? [sentence] : []);
  return [
    ...(behind === undefined ? [] : [`${registry.host} is an alias of ${behind}.`]),
    ...said('port', `Clients look for a login under the host with its port: a login for ${registry.host} alone is another one.`),
    ...said('case', `Clients look for a login under the host as it is spelled: write ${registry.host}, in lower case.`),
    ...said('scheme', 'Images have no scheme: leave it out.'),
    ...said('dot', `A dot behind the host makes it another name for most clients: write ${registry.host}.`),
    ...spelledFor(registry),
  ];
}

const spelledFor = ({ fips, dualStack }: Registry): string[] => [
  ...(fips ? ['The host asks for FIPS: so does the call for the token.'] : []),
  ...(dualStack ? ['The host is a dual-stack one (IPv4 and IPv6): so is the address that gives the token.'] : []),
];
