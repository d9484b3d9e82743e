import { label } from '../contract/text.ts';
import { type Html, html } from './html.ts';
import { tidings } from './page-parts.ts';
import type { Status } from './status-view.ts';

/** What the address of the page asks for. */
export interface View {
  /** It does not load itself anew. */
  readonly still: boolean;
  /** Names of targets that stand first and unfolded, as messages and alerts link to them. */
  readonly targets: readonly string[];
}

/** `?target=NAME`, also several times, and `?still`. A name that is empty names nothing. */
export function viewOf(query: URLSearchParams): View {
  return { still: query.has('still'), targets: [...new Set(query.getAll('target'))].filter(name => name !== '') };
}

/** The page's address for a view. */
export function addressOf({ still = false, targets = [] }: Partial<View>): string {
  const parts = [...targets.map(name => `target=${encodeURIComponent(name.toWellFormed())}`), ...(still ? ['still'] : [])];
  return parts.length === 0 ? '/' : `/?${parts.join('&')}`;
}

const namesShown = 5;
const longestName = 100;

/** Tells names that no target has: a link may be older than the configuration. */
export function unknownTargets({ targets, lease }: Status, view: View): Html | null {
  // A courier that stands by has none at all, and the page says so.
  if (lease && lease.state !== 'leading') return null;
  const unknown = view.targets.filter(name => !targets.some(target => target.name === name));
  if (unknown.length === 0) return null;
  const names = unknown.slice(0, namesShown).map(name => html`<li>There is no target <strong>${label(name, longestName)}</strong>.</li>`);
  const next =
    targets.length === 0 ? null : html`<p class="quiet">It is not configured, or has another name now. All targets are below.</p>`;
  return tidings('note', html`The link names a target that is not here.`, html`<ul>${names}</ul>${next}`);
}
