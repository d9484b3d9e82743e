import { parseAddress, type Registry } from '../contract/registry.ts';
import type { Cache } from './cache.ts';
import { type Denial, leastBroken, readDenial, resourceFacts } from './denial.ts';
import { withOneMask } from './hidden.ts';
import type { Of } from './hosts.ts';
import { plain, readings } from './plain.ts';
import { around } from './said.ts';

/** A place in a text, and the host that the text speaks of there, in lower case without a port. */
export interface Place {
  readonly host?: string;
  readonly groups: Readonly<Record<string, string | undefined>>;
}

/** What came of a request of our own. `host`: who was asked: a registry, or the store where it keeps layers. */
export interface Own {
  readonly host: string;
  readonly at: 'registry' | 'store';
  /** Why no answer came, as a sentence; else the answer as a clause: `HOST answered 403 (words)`. */
  readonly said: string;
  readonly isSilent: boolean;
  /** What the answer says itself; nothing of one without words. */
  readonly words?: string;
  /** The list that was read before and names what is asked for: its tag or digest. */
  readonly list?: string;
  /** It was told that this may not be had, whatever the words are. */
  readonly isRefused?: boolean;
  /** What to do about a silence. */
  readonly remedy?: string;
  /**
   * What was shown, where that tells more than the answer: nothing, a token just given by AWS, one given by others, one
   * that the registry has just taken at `GET /v2/`.
   */
  readonly login?: 'none' | 'fresh' | 'taken' | { readonly words: string; readonly renew: string };
}

/** All that is known of one refusal: read from a text, and more where we were there. */
export interface Facts {
  /**
   * The first place that matches, of the hosts that `of` takes, or of any but a registry of others. A blank of the
   * pattern is any room, or none: ends of lines may stand anywhere.
   */
  readonly find: (pattern: RegExp, of?: Of) => Place | undefined;
  readonly denial?: Denial;
  readonly registry?: Registry;
  readonly repository?: string;
  /** A tag, or a digest. */
  readonly reference?: string;
  /** Of HTTP, where we saw it ourselves. */
  readonly status?: number;
  /** Such as `ecr:BatchGetImage`, where we asked ourselves. */
  readonly action?: string;
  /** ARN of the identity that fetched the token. */
  readonly principal?: string;
  /** That identity in words, where its ARN is not known. */
  readonly whose?: string;
  /** Missing for what somebody pasted. */
  readonly own?: Own;
  /** What covers the name, where the registry was asked for its cache rules. */
  readonly cache?: Cache;
  /** Who pulls, in words, when it is another one than the principal of the token. */
  readonly puller?: string;
}

/** Longer texts are whole logs. In characters. */
export const longestText = 64 * 1024;
/** Of one pattern so many places are looked at. */
const mostPlaces = 200;

const ecrHost = String.raw`(?:\d{12}\.dkr[.-]ecr(?:-fips)?\.[a-z0-9-]+\.[a-z0-9.-]*[a-z]|\bpublic\.ecr\.aws|\becr-public\.aws\.com)`;
const name = String.raw`[a-z0-9]+(?:(?:[._/]|__|-+)[a-z0-9]+)*`;

/** `HOST/NAME:TAG`, `HOST/NAME@DIGEST`, `https://HOST/v2/NAME/manifests/TAG`. */
const image = new RegExp(
  `(?<host>${ecrHost})(?::443)?(?:/v2/(?<path>${name})/(?:manifests|blobs)/(?<of>sha256:\\w+|\\w(?:[\\w.-]{0,126}\\w)?)|/(?!v2\\b)(?<repository>${name})(?::(?<tag>\\w(?:[\\w.-]{0,126}\\w)?))?(?:@(?<digest>sha256:[0-9a-f]{64}))?)?`,
  'gi',
);

/** asked: the host that answered this text, where we know it. */
export function factsOf(text: string, asked?: string): Facts {
  const clean = withOneMask(plain(text.slice(0, longestText)));
  const [spaced, joined] = readings(clean);
  const texts = spaced === joined ? [spaced] : [spaced, joined];
  const denial = leastBroken(texts.map(readDenial));
  const image = fullest(texts.map(imageIn));
  return { find: finder(texts, asked), ...(denial && { denial: doubted(completed(denial, clean, image), clean) }), ...image };
}

/** With a reason behind it, the name of what was asked for is whole. */
const isUnended = ({ resource, gate, explicit, cut }: Denial): boolean =>
  resource?.startsWith('arn:') === true && gate === undefined && !explicit && cut === undefined;

/** A name at the end of the widest line may go on in the next one. */
function doubted(denial: Denial, clean: string): Denial {
  const { resource = '' } = denial;
  if (!isUnended(denial)) return denial;
  const lines = clean.split('\n').map(line => line.trimEnd());
  const widest = Math.max(...lines.map(({ length }) => length));
  const mayGoOn = lines.some(
    (line, at) => line.length === widest && line.endsWith(resource) && /^[ \t]*[a-z0-9._/-]/.test(lines[at + 1] ?? ''),
  );
  return mayGoOn ? { ...denial, isLast: true } : denial;
}

/** A resource that is cut off, or ends a line, where the text has the image of which it is the beginning. */
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

/** That which has most members: a broken word costs one. */
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

/** `asked`: the host, where we asked it ourselves: whatever the text names, it is that one's answer. */
function finder(texts: readonly string[], asked: string | undefined): Facts['find'] {
  return (pattern, of) => {
    for (const text of texts)
      for (const match of text.matchAll(loose(pattern)).take(mostPlaces)) {
        const { host, nearby, isForeign } =
          asked === undefined ? around(text, match.index, match[0].length) : { host: asked, nearby: asked, isForeign: false };
        if (of === undefined ? isForeign : !of(host, nearby)) continue;
        const known = host ?? nearby;
        return { ...(known !== undefined && { host: known }), groups: match.groups ?? {} };
      }
    return undefined;
  };
}

const compiled = new Map<string, RegExp>();

/** Each pattern stands in the table, so there are not many of them. */
function loose({ source }: RegExp): RegExp {
  const known = compiled.get(source) ?? new RegExp(source.replaceAll(' ', String.raw`\s*`), 'gi');
  compiled.set(source, known);
  return known;
}
