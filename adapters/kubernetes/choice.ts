import { isPattern, within } from '../common/patterns.ts';
import { enabledAnnotation, sourceAnnotation } from './names.ts';
import { type Meta, textOf } from './objects.ts';

/** Which namespaces a target serves, as far as the server does not choose them by labels. */
export interface Choice {
  /** Names, `*` stands for anything and `?` for one character, a `!` before it takes away; none: all. */
  readonly namespaces: readonly string[];
  readonly excludeNamespaces: readonly string[];
  /** Only those whose annotation says so. */
  readonly optIn: boolean;
}

/** A namespace that is served. */
export interface Chosen {
  /** The source that its annotation wishes for. */
  readonly source?: string;
}

const plain: Chosen = {};
/** By the source: thousands of namespaces share a few. */
const wishes = new Map<string, Chosen>();
const mostWishes = 1000;

/** undefined: it is left alone. */
export function choose({ name, annotations, isEnding }: Meta, { namespaces, excludeNamespaces, optIn }: Choice): Chosen | undefined {
  const enabled = enabledIn(annotations);
  if (isEnding || enabled === 'false' || (optIn && enabled !== 'true')) return undefined;
  if (!isNamed(name, { namespaces, excludeNamespaces })) return undefined;
  const source = textOf(annotations[sourceAnnotation]).trim();
  return source ? wishFor(source) : plain;
}

const enabledIn = (annotations: Meta['annotations']): string => textOf(annotations[enabledAnnotation]).trim().toLowerCase();

/** Whether a namespace is to be left alone by every courier. */
export const isOptedOut = ({ annotations }: Pick<Meta, 'annotations'>): boolean => enabledIn(annotations) === 'false';

/** Whether a name is chosen by the patterns. */
export function isNamed(name: string, { namespaces, excludeNamespaces }: Pick<Choice, 'namespaces' | 'excludeNamespaces'>): boolean {
  const taken = namespaces.filter(pattern => !pattern.startsWith('!'));
  const left = [...excludeNamespaces, ...namespaces.flatMap(pattern => (pattern.startsWith('!') ? pattern.slice(1) : []))];
  return within(taken, name) && !(left.length > 0 && within(left, name));
}

/**
 * The namespaces that are named one by one; undefined where there are patterns, or something else chooses. Then each
 * can be served with rights in that namespace alone.
 */
export function explicitNames(choice: Choice, selector: string | undefined): readonly string[] | undefined {
  const { namespaces, optIn } = choice;
  if (optIn || selector !== undefined) return undefined;
  const taken = namespaces.filter(pattern => !pattern.startsWith('!'));
  if (taken.length === 0 || taken.some(isPattern)) return undefined;
  return [...new Set(taken)].filter(name => isNamed(name, choice)).sort();
}

function wishFor(source: string): Chosen {
  const known = wishes.get(source);
  if (known) return known;
  if (wishes.size >= mostWishes) wishes.clear();
  const wish = { source };
  wishes.set(source, wish);
  return wish;
}
