import { docsUrl } from '../version.ts';
import { type Html, html } from './html.ts';
import type { FindingView, HoldingView, Status, TroubleView } from './status-view.ts';
import { count, relative, span } from './words.ts';

/**
 * The time of the page, in milliseconds since the epoch: by this machine's clock, and by the clock of the server that
 * issues credentials.
 */
export interface Now {
  readonly here: number;
  readonly there: number;
}
export function nowOf(status: Status): Now {
  const here = Date.parse(status.now);
  return { here, there: here + (status.clockSkewSeconds ?? 0) * 1000 };
}

/** A relative time such as `in 5 h 12 min`, with the exact time as its title. Null when there is no such time. */
export function when(time: string | null, now: number): Html | null {
  if (time === null) return null;
  return html`<time datetime="${time}" title="${time}">${relative(Date.parse(time), now)}</time>`;
}

/** The time of a next attempt: `next attempt in 3 min`, or `next attempt is due`. Null when there is none. */
export function coming(what: string, time: string | null, now: number): Html | null {
  if (time === null) return null;
  return html`${what} ${Date.parse(time) > now ? when(time, now) : 'is due'}`;
}

export type Tone = 'good' | 'note' | 'warn' | 'bad';
const signs: Readonly<Record<Tone, string>> = { good: '✓', note: '•', warn: '!', bad: '✕' };

/** A word with a sign and a colour, so that meaning never depends on colour alone. */
export function badge(tone: Tone, word: string): Html {
  return html`<span class="badge ${tone}"><span aria-hidden="true">${signs[tone]}</span> ${word}</span>`;
}

export function tidings(tone: Tone, headline: Html, more: Html | null): Html {
  return html`<div class="tidings ${tone}"><p class="headline"><span class="sign" aria-hidden="true">${signs[tone]}</span> ${headline}</p>${more}</div>`;
}

/** A sentence of ours or of a manager, with `code` rendered as such. */
export function prose(text: string): Html {
  return html`${text.split(/`([^`]+)`/).map((part, at) => (at % 2 === 1 ? html`<code>${part}</code>` : part))}`;
}

function helpLink(help: string): Html {
  return html`<a href="${docsUrl(help)}" rel="noreferrer">${help}</a>`;
}

export function trouble(view: TroubleView | null, now: Now): Html | null {
  if (!view) return null;
  const lasted = html`for <time datetime="${view.since}" title="since ${view.since}">${span(now.here - Date.parse(view.since))}</time>`;
  const often = view.count === 1 ? 'first time' : `${count(view.count, 'time')} in a row`;
  return html`<div class="trouble">
<p><strong class="code">${view.code}</strong> ${prose(view.message)} <span class="quiet">(${lasted}, ${often})</span></p>
<p><strong>What to do:</strong> ${prose(view.remedy)} ${helpLink(view.help)}</p>
</div>`;
}

const severityTones = { info: 'note', warning: 'warn', error: 'bad' } as const;

/** Warnings and errors are listed; informational findings are collapsed. */
export function findings(views: readonly FindingView[]): Html | null {
  if (views.length === 0) return null;
  const notes = views.filter(view => view.severity === 'info');
  const folded =
    notes.length > 0 &&
    html`<details class="rest"><summary>${count(notes.length, 'note')}: ${codes(notes)}</summary>${list(notes)}</details>`;
  return html`${list(views.filter(view => view.severity !== 'info'))}${folded}`;
}

function codes(views: readonly FindingView[]): string {
  return [...new Set(views.map(view => view.code))].join(', ');
}

/** The number of findings that are listed; the others are only counted, as a manager may have thousands of odd rows. */
const findingsShown = 50;

function list(views: readonly FindingView[]): Html | null {
  if (views.length === 0) return null;
  const more = views.length - findingsShown;
  return html`<ul class="findings">${views.slice(0, findingsShown).map(
    view => html`<li>${badge(severityTones[view.severity], view.severity)} <strong class="code">${view.code}</strong> ${prose(view.message)}
<span class="quiet">${prose(view.remedy)} ${helpLink(view.help)}</span></li>`,
  )}${more > 0 && html`<li class="quiet">${count(more, 'more finding')}: see <a href="/api/status">/api/status</a>.</li>`}</ul>`;
}

type Life = Pick<HoldingView, 'issuedAt' | 'agesAt' | 'expiresAt'>;

export const hasBar = (life: Life): boolean => life.agesAt !== null && life.expiresAt !== null;

/**
 * A bar with the life of a credential: the rest of it, the middle, and the present. Null when no credential is held.
 */
export function lifeBar(life: Life, now: Now): Html | null {
  if (life.agesAt === null || life.expiresAt === null) return null;
  const [ages, ends] = [Date.parse(life.agesAt), Date.parse(life.expiresAt)];
  // The start of a credential that only the manager reported is unknown. It is derived from `agesAt`, on the assumption
  // that the credential ages after half of its life.
  const began = life.issuedAt === null ? ages - (ends - ages) : Date.parse(life.issuedAt);
  const part = (time: number) => Math.min(100, Math.max(0, ((time - began) / Math.max(1, ends - began)) * 100));
  const [lived, half] = [percent(part(now.there)), percent(part(ages))];
  const tone: Tone = now.there >= ends ? 'bad' : now.there >= ages ? 'warn' : 'good';
  return html`<svg class="life ${tone}" role="img" aria-label="${lived} of its life is over, a newer one is wanted from ${half}">
<rect class="whole" y="5" width="100%" height="6" rx="3"/><rect class="rest" x="${lived}" y="5" width="${percent(100 - part(now.there))}" height="6" rx="3"/>
<rect class="half" x="${half}" y="1" width="2" height="14"/><circle class="now" cx="${lived}" cy="8" r="5"/></svg>`;
}

function percent(part: number): string {
  return `${Math.round(part * 10) / 10}%`;
}

/** The content of the bar, in words. */
export function lifeWords(life: Life, now: Now): Html {
  if (life.expiresAt === null) return html`holds no credential that the courier knows of`;
  const over = Date.parse(life.expiresAt) <= now.there;
  const renewed = life.agesAt !== null && Date.parse(life.agesAt) > now.there && html`, renewal ${when(life.agesAt, now.there)}`;
  return over
    ? html`<strong>expired ${when(life.expiresAt, now.there)}</strong>`
    : html`expires ${when(life.expiresAt, now.there)}${renewed}`;
}
