import { parseAddress, type Registry } from '../contract/registry.ts';
import type { Cache } from './cache.ts';
import { type Denial, leastBroken, readDenial, resourceFacts } from './denial.ts';
import { withOneMask } from './hidden.ts';
import type { Of } from './hosts.ts';
import { plain, readings } from './plain.ts';
import { hostsIn } from './said.ts';

/** A match in a text, and the host that the text is about there, in lower case without a port. */
export interface Place {
  readonly host?: string;
  readonly groups: Readonly<Record<string, string | undefined>>;
}

/**
 * The result of one of our own requests. `host`: the server that was asked, a registry or the store where it keeps
 * layers.
 */
export interface Own {
  readonly host: string;
  readonly at: 'registry' | 'store';
  /**
   * The reason for a missing response, as a sentence; otherwise the response as a clause: `HOST answered 403 (words)`.
   */
  readonly said: string;
  readonly isSilent: boolean;
  /** The message of the response; missing where it has none. */
  readonly words?: string;
  /** The tag or digest of the image index that was read before and that names the requested manifest. */
  readonly list?: string;
  /** Whether the server refused access, whatever its message says. */
  readonly isRefused?: boolean;
  /** What to do about a missing response. */
  readonly remedy?: string;
  /**
   * The login that was sent, where it tells more than the response: none, a token just fetched from AWS, a token that
   * another source gave, or one that the registry has just accepted at `GET /v2/`.
   */
  readonly login?: 'none' | 'fresh' | 'taken' | { readonly words: string; readonly renew: string };
}

/** All that is known of one refusal: parsed from a text, and for our own requests the request itself. */
export interface Facts {
  /**
   * Finds the first match that belongs to a host that `of` accepts; without `of`, to any host but a registry other than
   * ECR. A space in the pattern matches any whitespace or none, as line breaks may occur anywhere.
   */
  readonly find: (pattern: RegExp, of?: Of) => Place | undefined;
  readonly denial?: Denial;
  readonly registry?: Registry;
  readonly repository?: string;
  /** A tag, or a digest. */
  readonly reference?: string;
  /** The HTTP status, where the request was our own. */
  readonly status?: number;
  /** Such as `ecr:BatchGetImage`, where the request was our own. */
  readonly action?: string;
  /** ARN of the identity that fetched the token. */
  readonly principal?: string;
  /** That identity in words, where its ARN is not known. */
  readonly whose?: string;
  /** The result of our own request. Missing for a pasted text. */
  readonly own?: Own;
  /** The cache rule that covers the name, where the rules of the registry are known. */
  readonly cache?: Cache;
  /** The program that pulls, in words, where it is not the principal of the token. */
  readonly puller?: string;
}

/** How much of a text is read: a longer one is a whole log. In characters. */
export const longestText = 64 * 1024;
/** How many matches of one pattern are examined. */
const mostPlaces = 200;

const ecrHost = String.raw`(?:\d{12}\.dkr[.-]ecr(?:-fips)?\.[a-z0-9-]+\.[a-z0-9.-]*[a-z]|\bpublic\.ecr\.aws|\becr-public\.aws\.com)`;
const name = String.raw`[a-z0-9]+(?:(?:[._/]|__|-+)[a-z0-9]+)*`;

/** Matches `HOST/NAME:TAG`, `HOST/NAME@DIGEST` and `https://HOST/v2/NAME/manifests/TAG`. */
const image = new RegExp(
  `(?<host>${ecrHost})(?::443)?(?:/v2/(?<path>${name})/(?:manifests|blobs)/(?<of>sha256:\\w+|\\w(?:[\\w.-]{0,126}\\w)?)|/(?!v2\\b)(?<repository>${name})(?::(?<tag>\\w(?:[\\w.-]{0,126}\\w)?))?(?:@(?<digest>sha256:[0-9a-f]{64}))?)?`,
  'gi',
);

/** Parses the facts of a text. asked: the host that sent the text, where it is known. */
export function factsOf(text: string, asked?: string): Facts {
  const clean = withOneMask(plain(text.slice(0, longestText)));
  const [spaced, joined] = readings(clean);
  const texts = spaced === joined ? [spaced] : [spaced, joined];
  const denial = leastBroken(texts.map(readDenial));
  const image = fullest(texts.map(imageIn));
  return { find: finder(texts, asked), ...(denial && { denial: markedIfCut(completed(denial, clean, image), clean) }), ...image };
}

/** Whether the resource name may be incomplete: it is complete if a reason follows it. */
const isUnended = ({ resource, gate, explicit, cut }: Denial): boolean =>
  resource?.startsWith('arn:') === true && gate === undefined && !explicit && cut === undefined;

/** Marks a name that ends one of the widest lines, as it may continue on the next line. */
function markedIfCut(denial: Denial, clean: string): Denial {
  const { resource = '' } = denial;
  if (!isUnended(denial)) return denial;
  const lines = clean.split('\n').map(line => line.trimEnd());
  const widest = Math.max(...lines.map(({ length }) => length));
  const mayGoOn = lines.some(
    (line, at) => line.length === widest && line.endsWith(resource) && /^[ \t]*[a-z0-9._/-]/.test(lines[at + 1] ?? ''),
  );
  return mayGoOn ? { ...denial, isLast: true } : denial;
}

/**
 * Completes a resource that is truncated, or that ends a line, with the name of the image in the text, where that
 * begins with it.
 */
function completed(denial: Denial, clean: string, image: Pick<Facts, 'registry' | 'repository'> | undefined): Denial {
  const { cut: { resource: start, ...cut } = {}, ...whole } = denial;
  const { registry, repository } = image ?? {};
  const { resource = '' } = whole;
  const isLast = isUnended(denial) && clean.split('\n').some(line => line.trimEnd().endsWith(resource));
  const begun = start ?? (isLast ? resource : undefined);
  if (begun === undefined || registry?.account === undefined || repository === undefined) return denial;
  const arn = `arn:${registry.partition}:ecr:${registry.region}:${registry.account}:repository/${repository}`;
  if (!arn.startsWith(begun) || !/:ecr:/.test(begun)) return denial;
  return { ...whole, ...resourceFacts(arn), ...(Object.keys(cut).length > 0 && { cut }) };
}

/** Returns the reading with the most fields: a broken word loses one. */
const fullest = <T extends object>(found: readonly (T | undefined)[]): T | undefined =>
  found.filter(each => each !== undefined).toSorted((a, b) => Object.keys(b).length - Object.keys(a).length)[0];

function imageIn(text: string): Pick<Facts, 'registry' | 'repository' | 'reference'> | undefined {
  const found = text
    .matchAll(image)
    .take(mostPlaces)
    .toArray()
    .map(({ groups = {} }) => {
      const registry = parseAddress(groups['host'] ?? '')?.registry;
      const repository = groups['path'] ?? groups['repository'];
      const reference = groups['of'] ?? groups['digest'] ?? groups['tag'];
      return registry && { registry, ...(repository && { repository }), ...(reference && { reference }) };
    });
  return fullest(found);
}

/**
 * Makes the search function of the facts. `asked`: the host that sent the whole text, whatever hosts the text names.
 */
function finder(texts: readonly string[], asked: string | undefined): Facts['find'] {
  const readers = texts.map(text => ({
    text,
    hostsOf: asked === undefined ? hostsIn(text) : () => ({ host: asked, nearby: asked, isForeign: false }),
  }));
  return (pattern, of) => {
    for (const { text, hostsOf } of readers)
      for (const match of text.matchAll(loose(pattern)).take(mostPlaces)) {
        const { host, nearby, isForeign } = hostsOf(match.index, match[0].length);
        if (of === undefined ? isForeign : !of(host, nearby)) continue;
        const known = host ?? nearby;
        return { ...(known !== undefined && { host: known }), groups: match.groups ?? {} };
      }
    return undefined;
  };
}

const compiled = new Map<string, RegExp>();

/** Caches the compiled patterns. All of them come from the table, so their number is bounded. */
function loose({ source }: RegExp): RegExp {
  const known = compiled.get(source) ?? new RegExp(source.replaceAll(' ', String.raw`\s*`), 'gi');
  compiled.set(source, known);
  return known;
}
