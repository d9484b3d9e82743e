import { createHash } from 'node:crypto';
import { type Html, html } from './html.ts';
import { firstFailure } from './page-outlook.ts';
import { badge, coming, findings, hasBar, lifeBar, lifeWords, type Now, nowOf, type Tone, tidings, trouble, when } from './page-parts.ts';
import { receivers } from './page-receivers.ts';
import { script } from './page-script.ts';
import { style } from './page-style.ts';
import { byUrgency, targetCard, type Unfolding } from './page-target.ts';
import { addressOf, unknownTargets, type View } from './page-view.ts';
import { type CredentialView, isWell, type Status, type TargetView } from './status-view.ts';
import { count, identityWords, leaseWords } from './words.ts';

const refreshSeconds = 15;
/** Up to this number of targets, all of them are unfolded. */
const fewTargets = 3;
/** Beyond this number of slots, those in order are only counted. */
const manySlots = 2000;
/** The maximum number of rows in one table. */
const rowsShown = 200;
/** The maximum number of rows in the tables of one kind, for all targets together. */
const rowsOfAll = 1000;
const reasonsShown = 5;

const hashOf = (text: string): string => `sha256-${createHash('sha256').update(text).digest('base64')}`;
/** Hashes for the Content-Security-Policy, which permits only this style sheet and this script. */
export const [styleHash, scriptHash] = [hashOf(style), hashOf(script)];

/** Renders the status as a self-contained page, which also works without its script. */
export function page(status: Status, { still = false, targets: named = [] }: Partial<View> = {}): string {
  const view: View = { still, targets: named };
  const now = nowOf(status);
  const verdict = verdictOf(status, now);
  const explained = status.credentials.some(one => fails(one) && hasBar(one));
  const explainBars = !explained && status.targets.some(({ slots }) => slots.some(slot => slot.registries.some(hasBar)));
  const body = html`<header><h1>ecr-courier</h1><p class="quiet">${updates(view)}</p></header>
${status.targets.length > fewTargets && searchField}
<p id="silent" class="tidings bad" role="alert" hidden>The courier does not answer. This is what it said before.</p>
<main>
${tidings(verdict.tone, html`<strong>${verdict.word}.</strong> ${verdict.sentence}`, reasons(status.unready))}
${unknownTargets(status, view)}
${failingCredentials(status, now)}
<section aria-labelledby="targets"><h2 id="targets">Targets</h2>${explainBars && legend}${targets(status, view, now)}</section>
${credentials(status, now)}
${receivers(status.receivers, now)}
</main>
<footer class="quiet">version ${status.version}, started ${when(status.startedAt, now.here)}, seen <time datetime="${status.now}">${status.now}</time>${status.lease && html`; ${status.lease.name}: ${leaseWords(status.lease)}, as ${status.lease.me}`}.
<a href="/api/status">/api/status</a> <a href="/metrics">/metrics</a> <a href="/readyz">/readyz</a></footer>`;
  const refresh = !still && html`<noscript><meta http-equiv="refresh" content="${refreshSeconds}"></noscript>`;
  return html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">${refresh}<title>${verdict.word} - ecr-courier</title><style>${{ markup: style }}</style></head>
<body>${body}
<script data-seconds="${still ? 0 : refreshSeconds}">${{ markup: script }}</script></body></html>
`.markup;
}

const searchField = html`<p id="search" role="search" hidden><label>Find a target or a slot <input type="search" autocomplete="off"></label> <output class="quiet"></output></p>`;

function updates(view: View): Html {
  const other = addressOf({ ...view, still: !view.still });
  return view.still ? html`<a href="${other}">update by itself</a>` : html`updated every ${refreshSeconds} s, <a href="${other}">stop</a>`;
}

interface Verdict {
  readonly tone: Tone;
  readonly word: string;
  readonly sentence: Html | string;
}

function verdictOf(status: Status, now: Now): Verdict {
  const { live, ready, lease, targets, credentials } = status;
  const slots = targets.flatMap(target => target.slots);
  if (!live)
    return { tone: 'bad', word: 'Stalled', sentence: 'The courier has not looked at its work for more than a minute; restart it.' };
  if (lease?.state === 'standing by')
    return { tone: 'good', word: 'Standing by', sentence: `${lease.leader} leads. This courier does nothing meanwhile.` };
  if (lease?.state === 'asking')
    return {
      tone: lease.message === null ? 'note' : 'bad',
      word: 'Not leading',
      sentence: lease.message ?? 'Nobody is known to lead yet.',
    };
  if (targets.length === 0) return { tone: 'note', word: 'Idle', sentence: 'No target is configured.' };
  const failing = [
    ...some(targets.filter(target => target.state === 'failing').length, 'target'),
    ...some(slots.filter(slot => slot.state === 'failing').length, 'slot'),
    ...some(credentials.filter(fails).length, 'credential'),
  ];
  const what = failing.length > 0 ? `Failing: ${failing.join(', ')}.` : '';
  if (!ready && targets.some(target => target.state === 'starting') && what === '')
    return { tone: 'note', word: 'Starting', sentence: 'Not every target was looked at yet.' };
  const first = firstFailure(status, now);
  if (!ready) return { tone: 'bad', word: 'Not ready', sentence: html`${what || 'Not every slot holds a valid credential.'} ${first}` };
  if (what !== '') return { tone: 'warn', word: 'Serving, with failures', sentence: html`${what} ${first}` };
  const served = slots.filter(isWell).length;
  return { tone: 'good', word: 'All is well', sentence: `${count(served, 'slot')} in ${count(targets.length, 'target')} in order.` };
}

function some(number: number, noun: string): string[] {
  return number > 0 ? [count(number, noun)] : [];
}

function reasons(unready: readonly string[]): Html | null {
  if (unready.length === 0) return null;
  return html`<ul>${unready.slice(0, reasonsShown).map(reason => html`<li>${reason}</li>`)}
${unready.length > reasonsShown && html`<li>and others: see <a href="/readyz">/readyz</a></li>`}</ul>`;
}

function targets(status: Status, view: View, now: Now): Html {
  if (status.lease && status.lease.state !== 'leading')
    return html`<p class="quiet">${status.lease.name}: ${leaseWords(status.lease)}.</p>`;
  if (status.targets.length === 0)
    return html`<p>No target is configured: set <code>PORTAINER_URL</code> and <code>PORTAINER_API_KEY</code>, or give a configuration file.</p>`;
  const named = status.targets.filter(({ name }) => view.targets.includes(name));
  const others = status.targets.filter(target => !named.includes(target));
  const open = named.length === 0 && status.targets.length <= fewTargets;
  const counted = status.targets.reduce((sum, target) => sum + target.slots.length, 0) > manySlots;
  const rows = Math.min(rowsShown, Math.ceil(rowsOfAll / status.targets.length));
  const cards = (targets: readonly TargetView[], how: Unfolding) => byUrgency(targets).map(target => targetCard(target, now, how));
  return html`${cards(named, { open: true, slots: 'unfolded', rows: rowsShown })}${cards(others, { open, slots: counted ? 'counted' : 'folded', rows })}`;
}

/** Shown next to the first bar. */
const legend = html`<p class="quiet">A bar is the life of a login: ● is now, and the upright line is its renewal, after about half of its life.</p>`;

const fails = ({ trouble, state }: CredentialView): boolean => trouble !== null || state === 'expired';

/** Shown above the targets, because these are the reason why targets will fail. */
function failingCredentials(status: Status, now: Now): Html | null {
  const failing = status.credentials.filter(fails);
  if (failing.length === 0) return null;
  return html`<section aria-labelledby="failing"><h2 id="failing">Credentials that cannot be renewed</h2>${failing.some(hasBar) && legend}<div class="cards">${failing.map(one => credentialCard(one, now))}</div></section>`;
}

function credentials(status: Status, now: Now): Html | null {
  const fine = status.credentials.filter(one => !fails(one));
  if (fine.length === 0) return null;
  return html`<section aria-labelledby="credentials"><h2 id="credentials">Credentials</h2><div class="cards">${fine.map(one => credentialCard(one, now))}</div></section>`;
}

const credentialTones: Readonly<Record<CredentialView['state'], Tone>> = { ok: 'good', waiting: 'note', failing: 'bad', expired: 'bad' };

function credentialCard(view: CredentialView, now: Now): Html {
  const place = view.service === 'ecr-public' ? `${view.region}, public` : view.region;
  const proven = view.proofs.filter(proof => proof.ok).length;
  const proofs = proven > 0 && html`; proven at ${proven} of ${count(view.proofs.length, 'registry', 'registries')}`;
  const who = view.identity && html`<p class="quiet">${identityWords(view.identity)}</p>`;
  // Full sentences need the full width.
  const wide = view.trouble !== null || view.findings.length > 0;
  return html`<article class="card${wide && ' wide'}"><h3>${view.source} <span class="quiet">${place}</span></h3> ${badge(credentialTones[view.state], view.state)}
${lifeBar(view, now)}
<p class="quiet">${view.expiresAt === null ? html`no token was fetched yet` : lifeWords(view, now)}${proofs}</p>
${who}
${view.state !== 'ok' && view.nextFetchAt !== null && html`<p class="quiet">${coming('next fetch', view.nextFetchAt, now.here)}</p>`}
${trouble(view.trouble, now)}${findings(view.findings)}</article>`;
}
