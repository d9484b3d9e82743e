import { isPattern, within } from '../common/patterns.ts';
import { enabledAnnotation, sourceAnnotation } from './names.ts';
import { type Meta, textOf } from './objects.ts';

/** Which namespaces a target serves, apart from the label selector, which the server applies. */
export interface Choice {
  /** Names or patterns: `*` matches anything, `?` one character, and a leading `!` excludes. Empty: all namespaces. */
  readonly namespaces: readonly string[];
  readonly excludeNamespaces: readonly string[];
  /** Whether only namespaces that opt in by annotation are served. */
  readonly optIn: boolean;
}

/** A namespace that is served. */
export interface Chosen {
  /** The source that its annotation names. */
  readonly source?: string;
}

const plain: Chosen = {};
/** Shared objects by source, as thousands of namespaces name a few sources. */
const wishes = new Map<string, Chosen>();
const mostWishes = 1000;

/** How a namespace is served. undefined: it is left alone. */
export function choose({ name, annotations, isEnding }: Meta, { namespaces, excludeNamespaces, optIn }: Choice): Chosen | undefined {
  const enabled = enabledIn(annotations);
  if (isEnding || enabled === 'false' || (optIn && enabled !== 'true')) return undefined;
  if (!isNamed(name, { namespaces, excludeNamespaces })) return undefined;
  const source = textOf(annotations[sourceAnnotation]).trim();
  return source ? wishFor(source) : plain;
}

const enabledIn = (annotations: Meta['annotations']): string => textOf(annotations[enabledAnnotation]).trim().toLowerCase();

/** Whether every courier must leave a namespace alone. */
export const isOptedOut = ({ annotations }: Pick<Meta, 'annotations'>): boolean => enabledIn(annotations) === 'false';

/** Whether the patterns select a name. */
export function isNamed(name: string, { namespaces, excludeNamespaces }: Pick<Choice, 'namespaces' | 'excludeNamespaces'>): boolean {
  const taken = namespaces.filter(pattern => !pattern.startsWith('!'));
  const left = [...excludeNamespaces, ...namespaces.flatMap(pattern => (pattern.startsWith('!') ? pattern.slice(1) : []))];
  return within(taken, name) && !(left.length > 0 && within(left, name));
}

/**
 * The namespaces that the options name one by one. Each of them can be served with rights in that namespace alone.
 * undefined: no names are given, or patterns, labels or annotations choose.
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
