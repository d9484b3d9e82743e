import { type Html, html } from './html.ts';
import { badge, coming, type Now, type Tone, trouble, when } from './page-parts.ts';
import type { ReceiverView } from './status-view.ts';

const tones: Readonly<Record<ReceiverView['state'], Tone>> = { ok: 'good', waiting: 'note', failing: 'bad' };

/** The section on receivers; null when none is configured. */
export function receivers(views: readonly ReceiverView[], now: Now): Html | null {
  if (views.length === 0) return null;
  return html`<section aria-labelledby="receivers"><h2 id="receivers">Who is told</h2><div class="cards">${views.map(one => card(one, now))}</div></section>`;
}

function card(view: ReceiverView, now: Now): Html {
  const { name, format, host, state, succeededAt, nextAttemptAt } = view;
  const where = [format === name ? null : format, host].filter(part => part !== null).join(', ');
  const last = succeededAt === null ? 'has taken nothing yet' : html`last took something ${when(succeededAt, now.here)}`;
  const next = nextAttemptAt !== null && html`, ${coming('next attempt', nextAttemptAt, now.here)}`;
  return html`<article class="card${view.trouble !== null && ' wide'}"><h3>${name} <span class="quiet">${where}</span></h3> ${badge(tones[state], state)}
<p class="quiet">${last}${next}</p>
${trouble(view.trouble, now)}</article>`;
}
