import type { Registry } from '../../contract/registry.ts';
import { type Choice, isOpen, matching, type SourceSpec } from './choice.ts';

/** Why a source serves a registry or does not, as the rest of a sentence that begins with the source. */
export interface Reason {
  readonly source: string;
  readonly chosen: boolean;
  readonly why: string;
}

/** Why one source is chosen for a registry, and each of the others is not, in file order. */
export function reasonsFor(registry: Registry, { all, choose }: Choice): readonly Reason[] {
  const chosen = choose(registry);
  return all.map(spec => {
    const why = spec === chosen ? reasonFor(spec, registry, all) : obstacle(spec, registry, chosen);
    return { source: spec.name, chosen: spec === chosen, why };
  });
}

function reasonFor(spec: SourceSpec, registry: Registry, all: readonly SourceSpec[]): string {
  const found = patternsOf(spec).flatMap(({ kind, patterns }) => {
    const [first] = matching(kind, patterns, registry);
    return first === undefined ? [] : `its ${kind} have ${first}`;
  });
  const why = found.length > 0 ? found.join(', and ') : all.length === 1 ? 'it is the only source' : 'no other source matches';
  return isLimited(spec) ? `${why}; of the slots of the daemon it serves only ${shown(spec.slots)}` : why;
}

const isLimited = (spec: SourceSpec): spec is SourceSpec & { readonly slots: readonly string[] } => (spec.slots ?? []).length > 0;

/** Why a source does not serve a registry. */
function obstacle(spec: SourceSpec, registry: Registry, chosen: SourceSpec | undefined): string {
  const { service = 'ecr' } = spec;
  if (service !== registry.service) return `it serves ${service === 'ecr' ? 'private registries' : 'ECR Public'} alone`;
  const given = patternsOf(spec);
  const miss = given.find(({ kind, patterns }) => matching(kind, patterns, registry).length === 0);
  if (miss) {
    const own = miss.kind === 'accounts' ? registry.account : registry.host;
    return `its ${miss.kind} (${shown(miss.patterns)}) do not match ${own}`;
  }
  const first = chosen && isLimited(chosen) ? `${chosen.name}, in its \`slots\` alone,` : chosen?.name;
  if (given.length > 0) return `it matches as well, and ${first} stands before it`;
  if (!isOpen(spec) && spec.name !== 'default') return 'it serves only slots that ask for it';
  const isMatch = chosen !== undefined && patternsOf(chosen).length > 0;
  if (!isMatch) return `it has no patterns, and neither has ${chosen?.name}, which comes first`;
  return isLimited(chosen) ? `it takes what ${first} does not` : 'it takes what no other source matches';
}

const most = 5;
const shown = (patterns: readonly string[]): string =>
  [...patterns.slice(0, most), ...(patterns.length > most ? [`${patterns.length - most} more`] : [])].join(', ');

const patternsOf = (spec: SourceSpec): readonly { readonly kind: 'accounts' | 'registries'; readonly patterns: readonly string[] }[] =>
  (['accounts', 'registries'] as const).map(kind => ({ kind, patterns: spec[kind] ?? [] })).filter(({ patterns }) => patterns.length > 0);
