import { withCommas } from '../contract/text.ts';
import { type Html, html } from './html.ts';
import { badge, coming, findings, lifeBar, lifeWords, type Now, type Tone, trouble, when } from './page-parts.ts';
import { addressOf } from './page-view.ts';
import { type HoldingView, type ImageView, isWell, type OutcomeView, type SlotView, type TargetView } from './status-view.ts';
import { causeWords, count } from './words.ts';

type SlotWord = SlotView['state'] | 'renewing';
const wordOf = ({ state, renewing }: SlotView): SlotWord => (renewing ? 'renewing' : state);
const slotTones: Readonly<Record<SlotWord, Tone>> = {
  failing: 'bad',
  unconfirmed: 'warn',
  waiting: 'note',
  absent: 'note',
  renewing: 'good',
  ok: 'good',
};
const targetTones: Readonly<Record<TargetView['state'], Tone>> = { failing: 'bad', starting: 'note', ok: 'good', paused: 'note' };
const urgency = Object.keys(slotTones) as SlotWord[];

/** The most urgent targets first: failing, not yet served, in order, paused. */
export function byUrgency(targets: readonly TargetView[]): TargetView[] {
  const rank = ({ state, slots }: TargetView) => {
    if (state !== 'ok') return { failing: 0, starting: 1, paused: 4 }[state];
    return slots.every(isWell) ? 3 : 2;
  };
  return targets.toSorted((a, b) => rank(a) - rank(b) || a.name.localeCompare(b.name, 'en', { numeric: true }));
}

export interface Unfolding {
  /** Whether the target is unfolded even when it is not failing. */
  readonly open: boolean;
  /** How slots in order are shown. counted: they are not listed, because there are too many. */
  readonly slots: 'unfolded' | 'folded' | 'counted';
  /** The maximum number of rows in one table. */
  readonly rows: number;
}

export function targetCard(target: TargetView, now: Now, how: Unfolding): Html {
  const open = how.open || target.state === 'failing';
  return html`<details class="target"${open && html` open`}>
<summary><h3>${target.name}</h3> ${badge(targetTones[target.state], target.state)} <span class="quiet">${summary(target, now)}</span></summary>
${trouble(target.trouble, now)}
${findings(target.findings)}
${about(target, now)}
${slots(target, now, how)}
${images(target.images, now)}
${outcomes(target.outcomes, now, how.rows)}
</details>`;
}

function summary(target: TargetView, now: Now): Html {
  if (target.discoveredAt === null) return html`${target.kind}, ${target.paused ? 'left alone' : 'not discovered yet'}`;
  const held = target.slots.flatMap(slot => slot.registries.flatMap(one => one.expiresAt ?? []));
  const first = held.toSorted()[0] ?? null;
  const states = urgency
    .map(state => [state, target.slots.filter(slot => wordOf(slot) === state).length] as const)
    .filter(([, some]) => some > 0);
  const counts = states.length === 1 ? `all ${states[0]?.[0]}` : states.map(([state, some]) => `${withCommas(some)} ${state}`).join(', ');
  const expiry = first !== null && html`; first ${Date.parse(first) > now.there ? 'expiry' : 'expired'} ${when(first, now.there)}`;
  return html`${target.kind}, ${count(target.slots.length, 'slot')}${states.length > 0 && `: ${counts}`}${expiry}`;
}

function about(target: TargetView, now: Now): Html {
  const facts: (readonly [string, Html | string | null])[] = [
    ['Address', target.address === null ? null : address(target.address)],
    ['Product', target.product],
    ['Signed in as', target.principal],
    [
      target.keyExpiresAt !== null && Date.parse(target.keyExpiresAt) <= now.here ? 'Key ended' : 'Key ends',
      when(target.keyExpiresAt, now.here),
    ],
    ['Discovered', discovered(target, now)],
    ['Link', html`<a href="${addressOf({ targets: [target.name] })}">to this target</a>`],
    ['Required', target.required ? null : 'no: readiness does not depend on it'],
  ];
  return html`<dl>${facts.filter(([, value]) => value !== null).map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>`;
}

function discovered({ discoveredAt, nextDiscoveryAt }: TargetView, now: Now): Html {
  const last = discoveredAt === null ? html`not yet` : when(discoveredAt, now.here);
  return html`${last}${nextDiscoveryAt !== null && html`, ${coming('next', nextDiscoveryAt, now.here)}`}`;
}

function address(text: string): Html {
  return /^https?:\/\//i.test(text) ? html`<a href="${text}" rel="noreferrer">${text}</a>` : html`${text}`;
}

function slots({ slots: all, name }: TargetView, now: Now, { slots: shown, rows }: Unfolding): Html {
  const sorted = all.toSorted((a, b) => urgency.indexOf(wordOf(a)) - urgency.indexOf(wordOf(b)));
  const attention = sorted.filter(slot => !isWell(slot));
  const fine = sorted.slice(attention.length);
  const listed = (list: readonly SlotView[]): Html => slotTable(list, now, { name, rows });
  if (shown === 'counted') return html`${listed(attention)}${fine.length > 0 && unlisted(`${count(fine.length, 'slot')} in order`, name)}`;
  if (shown === 'unfolded' || attention.length === 0 || fine.length <= 5) return listed(sorted);
  return html`${listed(attention)}<details class="rest"><summary>${count(fine.length, 'slot')} in order</summary>${listed(fine)}</details>`;
}

function unlisted(what: string, target: string): Html {
  const here = addressOf({ targets: [target] });
  return html`<p class="quiet">${what}, too many for this page: see <a href="${here}">this target</a> or <a href="/api/status">/api/status</a>.</p>`;
}

function slotTable(list: readonly SlotView[], now: Now, { name, rows }: { readonly name: string; readonly rows: number }): Html {
  if (list.length === 0) return html``;
  const shown = list.slice(0, rows).map(slot => slotRow(slot, now));
  const more = list.length - shown.length;
  return html`${table(['Slot', 'Holds', 'State'], shown)}${more > 0 && unlisted(count(more, 'more slot'), name)}`;
}

/** The roles preserve the table for screen readers when a narrow window stacks its cells. */
function table(heads: readonly string[], rows: readonly Html[]): Html {
  return html`<table role="table"><thead role="rowgroup"><tr role="row">${heads.map(head => html`<th role="columnheader" scope="col">${head}</th>`)}</tr></thead>
<tbody role="rowgroup">${rows}</tbody></table>`;
}

function slotRow(slot: SlotView, now: Now): Html {
  const notes = [trouble(slot.trouble, now), findings(slot.findings)].filter(note => note !== null);
  return html`<tr role="row"><th role="rowheader" scope="row">${slot.title}</th>
<td role="cell">${holdings(slot, now)}</td>
<td role="cell">${badge(slotTones[wordOf(slot)], wordOf(slot))}${attempts(slot, now)}</td></tr>
${notes.length > 0 && html`<tr role="row" class="notes"><td role="cell" colspan="3">${notes}</td></tr>`}`;
}

/** How many registries of one slot are listed. */
const mostHoldings = 30;

/** The registries of a slot. Of many, those without a valid credential come first. */
function holdings({ registries }: SlotView, now: Now): Html {
  if (registries.length <= mostHoldings) return html`${registries.map(one => holding(one, now))}`;
  const urgent = registries.toSorted((a, b) => Number(a.valid) - Number(b.valid)).slice(0, mostHoldings);
  const rest = count(registries.length - mostHoldings, 'more', 'more');
  return html`${urgent.map(one => holding(one, now))}<p class="quiet">and ${rest}: see <a href="/api/status">/api/status</a>.</p>`;
}

function holding(view: HoldingView, now: Now): Html {
  const proven = view.proven === null ? null : view.proven ? html`, proven` : html`, <strong>refused by the registry</strong>`;
  const source = view.source === null ? html`no source serves it` : html`from ${view.source}`;
  return html`<div class="holding"><div class="host">${view.host}</div>${lifeBar(view, now)}
<div class="quiet">${lifeWords(view, now)}${proven}; ${source}</div></div>`;
}

function attempts(slot: SlotView, now: Now): Html {
  const last = slot.lastAttemptAt !== null && html`<div class="quiet">last attempt ${when(slot.lastAttemptAt, now.here)}</div>`;
  // For a slot in order, the bar shows when it is renewed.
  const next =
    !isWell(slot) && slot.nextAttemptAt !== null && html`<div class="quiet">${coming('next attempt', slot.nextAttemptAt, now.here)}</div>`;
  return html`${last}${next}`;
}

const imageTones: Readonly<Record<ImageView['state'], Tone>> = { refused: 'bad', unproven: 'warn', waiting: 'note', ok: 'good' };
const imageWords: Readonly<Record<ImageView['state'], string>> = {
  refused: 'would not be pulled',
  unproven: 'not known',
  waiting: 'not asked yet',
  ok: 'would be pulled',
};

/** Unfolded when an image would not be pulled; a finding above says why. */
function images(list: readonly ImageView[], now: Now): Html | null {
  if (list.length === 0) return null;
  const bad = list.filter(({ state }) => state === 'refused').length;
  const rows = list.map(({ image, state, askedAt, succeededAt, nextAt }) => {
    const asked = askedAt !== null && html`<div class="quiet">asked ${when(askedAt, now.here)}</div>`;
    const before = state !== 'ok' && succeededAt !== null && html`<div class="quiet">last well ${when(succeededAt, now.here)}</div>`;
    const next = nextAt !== null && html`<div class="quiet">${coming('next', nextAt, now.here)}</div>`;
    return html`<tr role="row"><th role="rowheader" scope="row" class="host">${image}</th>
<td role="cell">${badge(imageTones[state], imageWords[state])}</td><td role="cell">${asked}${before}${next}</td></tr>`;
  });
  return html`<details class="rest"${bad > 0 && html` open`}><summary>${count(list.length, 'image')} to verify${bad > 0 && `, ${withCommas(bad)} would not be pulled`}</summary>${table(['Image', 'Pull', 'Asked'], rows)}</details>`;
}

function outcomes(all: readonly OutcomeView[], now: Now, most: number): Html | null {
  if (all.length === 0) return null;
  const list = all.slice(0, most);
  const failed = list.filter(outcome => !outcome.ok).length;
  const rows = list.map(outcome => outcomeRow(outcome, now));
  return html`<details class="rest"><summary>Last ${count(list.length, 'outcome')}${failed > 0 && `, ${withCommas(failed)} failed`}</summary>${table(['When', 'Slot', 'Result'], rows)}</details>`;
}

function outcomeRow(outcome: OutcomeView, now: Now): Html {
  const { ok, result, reason, ms, message } = outcome;
  return html`<tr role="row"><td role="cell">${when(outcome.at, now.here)}</td><td role="cell">${outcome.title}</td>
<td role="cell">${badge(ok ? 'good' : 'bad', result)} <span class="quiet">${causeWords[reason] ?? reason}, ${withCommas(ms)} ms</span>
${message !== undefined && html`<div>${message}</div>`}</td></tr>`;
}
