import { isEcr } from './hosts.ts';
import { type Mention, mentionsIn } from './named.ts';

/** How far from a match its host may be. In characters. */
const near = 500;

/**
 * Fields of a log line that tell what happened. All other fields are labels, such as the image of the program that
 * logged it.
 */
const telling = /^(?:msg|message|err|error|errors|reason|details?|cause|desc|description)$/i;

/**
 * The start of another statement in a line: a field (`key=value`, `"key": value`), a request without a host, a probe of
 * the kubelet. The body of a registry's response does not start one.
 */
const begins =
  /(?<!"errors"\s*:\s*\[\s*\{[^}]{0,400})"(?<member>(?!errors")[\w.@/-]{1,60})"\s*:|(?<=^|[\s,{])(?<field>[A-Za-z_][\w.@/-]{0,60})=(?=\S)|\b(?:GET|HEAD|PUT|POST|DELETE|PATCH|OPTIONS) "?\/(?!v2\/)|\b(?:readiness|liveness|startup|http) probe\b/gi;

/**
 * What may separate a server from its response: the links of an error chain (`--->` in .NET), and the resolver (`lookup
 * HOST on 10.0.0.2:53`).
 */
const link =
  /^["'`)\]>]*\s*(?:$|[:,(=]|-{2,}> |(?:failed|returned|returns|responded|answered|answers|replied|refused|refuses|said|gave|got|with|did|does|could|cannot|can't|is|was|not|on|timed|denied|rejected|responds|took|while|in)["': ]|to \S{1,300}: GET returned|\S{0,12}\s*on \d|port 443\b|(?:err|error|reason|details?)"?\s*[=:])/i;
/** A response that follows the URL of its request: a status or a body. */
const answer = /^["'`)\]>]*\s*(?:[-<>=]+\s*)?(?:HTTP\/\d(?:\.\d)?\s*)?(?:\d{3}\b|[[{])/;

/** Words of a pull, a push or a registry. A statement without them may name an image only as a label. */
const ofPulls =
  /\b(?:pull|pulling|push|pushing|manifests?|blobs?|resolv(?:e|ing)|reference|registry|daemon|solve|toomanyrequests|ErrImagePull|ImagePullBackOff|PullImage|image pull|image (?:tag|name)|InvalidImageName|copy|copying|initializing source|trying to (?:pull|reuse)|I\/O error for image)\b|docker:\/\/|\btags\/list\b/i;

/** A preposition before the host: "401 Unauthorized for https://..." is about that host, whatever host precedes it. */
const preposition = /^["'`)\]]*[\s,:]*(?:for|from|by|at|to|of)\s+(?:url:?\s*)?["'`(<]?$/i;

interface Around {
  /** The host that the match is about. */
  readonly host?: string | undefined;
  /** Whether the match is about a registry other than ECR. */
  readonly isForeign: boolean;
  /** The host that this message or those around it name, whatever the match is about. */
  readonly nearby?: string | undefined;
}

/**
 * The host that a match is about: within the same statement, the one inside the match, otherwise the last before it,
 * otherwise the first after it.
 */
function around(text: string, start: number, length: number): Around {
  const from = Math.max(0, start - near);
  const end = start + length;
  const [at, to] = [start - from, end - from];
  const window = text.slice(from, end + near);
  const mentions = mentionsIn(window);
  const before = mentions.findLast(mention => mention.start < to);
  const nearby = (before ?? mentions[0])?.host;
  const of = ofStatement(window, { at, to }, mentions);
  return { host: of?.host, nearby, isForeign: of !== undefined && isRegistryOf(of) && !isEcr(of.host) };
}

/**
 * Returns what finds the hosts of the matches in a text. Many patterns match the same words, so each place is judged
 * once.
 */
export function hostsIn(text: string): (start: number, length: number) => Around {
  const known = new Map<string, Around>();
  return (start, length) => {
    const place = `${start} ${length}`;
    const found = known.get(place) ?? around(text, start, length);
    known.set(place, found);
    return found;
  };
}

const isRegistryOf = ({ kind, host, path }: Mention): boolean =>
  kind === 'name' || host === 'docker.io' || /^(?::\d+)?\/v2\/(?:$|.*\/(?:manifests|blobs|tags)\/)/.test(path);

interface Words {
  readonly at: number;
  readonly to: number;
}

function ofStatement(text: string, { at, to }: Words, mentions: readonly Mention[]): Mention | undefined {
  const [first, last] = statementAround(text, at, to);
  const own = mentions.filter(({ start }) => start >= first && start < last);
  const tells = ofPulls.test(text.slice(first, last));
  // The match may overlap the end of a name.
  const inside = own.findLast(({ start, end }) => start < to && end > at);
  if (inside) return inside;
  const before = own.findLast(({ start }) => start < at);
  const behind = own.find(({ start }) => start >= to);
  const isFor = behind !== undefined && preposition.test(text.slice(to, behind.start));
  if (before && !isFor && isAbout(before, text.slice(Math.min(before.end, at), at), tells)) return before;
  if (behind === undefined) return undefined;
  return isFor || behind.kind !== 'name' || tells || /^["'`(]?$/.test(text.slice(to, behind.start)) ? behind : undefined;
}

function isAbout({ kind }: Mention, gap: string, tells: boolean): boolean {
  if (kind === 'name') return tells && link.test(gap);
  return link.test(gap) || answer.test(gap);
}

/** The offsets of a statement: the first character, and the one after the last. */
function statementAround(text: string, at: number, to: number): readonly [first: number, last: number] {
  const line = text.lastIndexOf('\n', at - 1) + 1;
  const lineEnd = text.indexOf('\n', to);
  const marks = text
    .matchAll(begins)
    .map(({ index, groups = {} }) => ({ index, key: groups['member'] ?? groups['field'] }))
    .toArray();
  const starts = marks.filter(({ key }, before) => !(isTelling(key) && isTelling(marks[before - 1]?.key))).map(({ index }) => index);
  const first = starts.findLast(index => index <= at && index >= line) ?? line;
  const last = starts.find(index => index >= to) ?? text.length;
  return [first, Math.min(last, lineEnd === -1 ? text.length : lineEnd)];
}

const isTelling = (key: string | undefined): boolean => key !== undefined && telling.test(key);
