import { type Credential, fingerprint, oncePerCredential } from '../../src/contract/credential.ts';
import type { Holds } from '../../src/contract/target.ts';
import { contentAnnotation } from './names.ts';
import { type Meta, mapOf, textOf } from './objects.ts';
import { hasWritten } from './owner.ts';

/**
 * The annotation of a Secret of ours: which of our credentials the Secret holds, and how many entries of other writers
 * are beside them. Each apply writes it together with the data, so a client that changes the data alone becomes the
 * owner of the data field (see `owner.ts`).
 */
export interface Content {
  readonly holds: ReadonlyMap<string, Holds>;
  readonly others: number;
}

const nothing: Content = { holds: new Map(), others: 0 };
/** Parsed annotations by text, as thousands of Secrets have the same one. */
const known = new Map<string, Content>();
const mostKnown = 1000;

/** The content that the annotation describes. Empty where another manager has written the annotation. */
export const contentIn = (meta: Pick<Meta, 'annotations' | 'managedFields'>, fieldManager: string): Content =>
  hasWritten(meta, fieldManager, 'metadata', 'annotations', contentAnnotation)
    ? contentOf(textOf(meta.annotations[contentAnnotation]))
    : nothing;

/** Parses the text of an annotation. The content is empty for an empty or malformed text. */
export function contentOf(text: string): Content {
  if (text === '') return nothing;
  const before = known.get(text);
  if (before) return before;
  const content = read(text);
  if (known.size >= mostKnown) known.clear();
  known.set(text, content);
  return content;
}

function read(text: string): Content {
  try {
    const { holds, others } = mapOf(JSON.parse(text));
    const entries = Object.entries(mapOf(holds)).flatMap(([host, one]): [string, Holds][] => {
      const { fingerprint, expiresAt } = mapOf(one);
      const ends = new Date(typeof expiresAt === 'string' ? expiresAt : Number.NaN);
      if (typeof fingerprint !== 'string' || !/^[0-9a-f]{12}$/.test(fingerprint) || Number.isNaN(ends.getTime())) return [];
      return [[host, { fingerprint, expiresAt: ends }]];
    });
    return { holds: new Map(entries), others: typeof others === 'number' ? others : 0 };
  } catch {
    return nothing;
  }
}

/** The fingerprints of all passwords in the contents. */
export const fingerprintsIn = (contents: Iterable<Content>): Set<string> =>
  new Set([...new Set(contents)].flatMap(({ holds }) => [...holds.values()].map(one => one.fingerprint)));

/** The text of the annotation, sorted by host, so that equal contents give equal texts. */
export function annotationOf({ holds, others }: Content): string {
  const told = [...holds].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([host, one]) => [host, forPeople(one)] as const);
  return JSON.stringify({ holds: Object.fromEntries(told), ...(others > 0 && { others }) });
}

const forPeople = ({ fingerprint: print, expiresAt }: Holds) => ({ fingerprint: print, expiresAt: expiresAt.toISOString() });

/** Fingerprint and end of a credential. Its password is hashed once, however many Secrets it goes into. */
export const holdsOf: (credential: Credential) => Holds = oncePerCredential(credential => ({
  fingerprint: fingerprint(credential),
  expiresAt: credential.expiresAt,
}));
