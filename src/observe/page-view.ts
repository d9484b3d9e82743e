import { label } from '../contract/text.ts';
import { type Html, html } from './html.ts';
import { tidings } from './page-parts.ts';
import type { Status } from './status-view.ts';

/** The parameters of the page's URL. */
export interface View {
  /** Whether automatic updates are off. */
  readonly still: boolean;
  /** Targets that are shown first and unfolded, as links in messages and alerts request them. */
  readonly targets: readonly string[];
}

/** Parses `?target=NAME`, which may be repeated, and `?still`. Empty names are ignored. */
export function viewOf(query: URLSearchParams): View {
  return { still: query.has('still'), targets: [...new Set(query.getAll('target'))].filter(name => name !== '') };
}

/** The URL of the page for a view. */
export function addressOf({ still = false, targets = [] }: Partial<View>): string {
  const parts = [...targets.map(name => `target=${encodeURIComponent(name.toWellFormed())}`), ...(still ? ['still'] : [])];
  return parts.length === 0 ? '/' : `/?${parts.join('&')}`;
}

const namesShown = 5;
const longestName = 100;

/** Lists the names that no target has: a link may be older than the configuration. */
export function unknownTargets({ targets, lease }: Status, view: View): Html | null {
  // A courier that stands by has no targets at all, and the page says so.
  if (lease && lease.state !== 'leading') return null;
  const unknown = view.targets.filter(name => !targets.some(target => target.name === name));
  if (unknown.length === 0) return null;
  const names = unknown.slice(0, namesShown).map(name => html`<li>There is no target <strong>${label(name, longestName)}</strong>.</li>`);
  const next =
    targets.length === 0 ? null : html`<p class="quiet">It is not configured, or has another name now. All targets are below.</p>`;
  return tidings('note', html`The link names a target that is not here.`, html`<ul>${names}</ul>${next}`);
}
