import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';

export const deploy = join(import.meta.dirname, '../../deploy');
export const rulesFile = join(deploy, 'prometheus/ecr-courier.rules.yml');
export const rulesTestFile = join(deploy, 'prometheus/ecr-courier.rules.test.yml');

export interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly for?: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}
/** The alert rules that users install. */
export function alertRules(): Rule[] {
  const { groups } = parse(readFileSync(rulesFile, 'utf8')) as { groups: { rules: Rule[] }[] };
  return groups.flatMap(group => group.rules);
}

export interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title?: string;
  readonly description?: string;
  readonly datasource?: { readonly uid: string };
  readonly gridPos: { readonly h: number; readonly w: number; readonly x: number; readonly y: number };
  readonly fieldConfig?: { readonly defaults: { readonly unit?: string } };
  readonly targets?: readonly { readonly expr: string; readonly legendFormat: string }[];
}
export interface Dashboard {
  readonly editable: boolean;
  readonly templating: { readonly list: readonly { readonly name: string; readonly type: string; readonly definition?: string }[] };
  readonly links: readonly { readonly url: string }[];
  readonly panels: readonly Panel[];
}
export function dashboard(): Dashboard {
  return JSON.parse(readFileSync(join(deploy, 'grafana/ecr-courier.json'), 'utf8')) as Dashboard;
}

/** A metric that an expression reads, with the labels that select its series. */
export interface Selector {
  readonly metric: string;
  readonly labels: readonly string[];
}
const words = new Set(['and', 'or', 'unless', 'bool']);
const listed = (text: string): string[] => text.split(',').flatMap(part => part.trim() || []);

/**
 * Returns the metrics that a PromQL expression reads, and the labels that it groups or joins by. It handles what our
 * own expressions use; promtool checks whether they are valid PromQL.
 */
export function readPromql(expr: string): { readonly selectors: Selector[]; readonly grouped: string[] } {
  const bare = expr.replaceAll(/"[^"]*"/g, '').replaceAll(/\[[^\]]*\]/g, '');
  const grouping = /\b(?:by|on)\s*\(([^)]*)\)/g;
  const grouped = [...bare.matchAll(grouping)].flatMap(([, list = '']) => listed(list));
  const selectors = [...bare.replaceAll(grouping, '').matchAll(/\b([a-z_]\w*)\b(?:\{([^}]*)\})?(?!\s*\()/g)]
    .filter(([, name = '']) => !words.has(name))
    .map(([, metric = '', matchers = '']) => ({ metric, labels: listed(matchers).map(one => one.replace(/\W.*$/, '')) }));
  return { selectors, grouped };
}
