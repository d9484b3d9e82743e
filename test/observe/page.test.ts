import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Ledger } from '../../src/courier/ledger.ts';
import { html } from '../../src/observe/html.ts';
import { page, scriptHash, styleHash } from '../../src/observe/page.ts';
import { script } from '../../src/observe/page-script.ts';
import { viewOf } from '../../src/observe/page-view.ts';
import { statusOf } from '../../src/observe/status.ts';
import type { LeaseView, Status } from '../../src/observe/status-view.ts';
import {
  entry,
  epoch,
  euWest,
  hour,
  kept,
  ledgerOf,
  outcome,
  registry,
  scopeOf,
  specs,
  target,
  trouble,
  usEast,
  verification,
} from './fixture.ts';

const status = (ledger: Ledger) => statusOf(ledger, { version: '1.2.3', findings: specs });
const key = scopeOf(euWest, { kept: kept(3 * hour) });
const good = (name: string, slots = 1) =>
  target(
    name,
    Array.from({ length: slots }, (_, at) => entry(`${at}`, key, kept(3 * hour))),
  );
const shown = (ledger: Ledger) => page(status(ledger));
/** Removes the script that every page contains, whose characters are not markup. */
const withoutScript = (markup: string) => markup.replace(`${script}</script>`, '').replace(/<script data-seconds="\d+">/, '');
const verdict = (markup: string) => /<title>(.*) - ecr-courier<\/title>/.exec(markup)?.[1];

const failing = target(
  'bad',
  [entry('7', key, kept(3 * hour), { trouble: trouble('FORBIDDEN', 'Portainer refuses.'), notBefore: 60_000 })],
  {
    outcomes: [outcome('7', -60_000, 'FORBIDDEN', { message: 'Portainer refuses.' })],
  },
);

test('one healthy target: the verdict, the bar with now and half, the words, all unfolded', () => {
  const markup = shown(ledgerOf([good('portainer')], { scopes: [key] }));
  assert.equal(verdict(markup), 'All is well');
  assert.match(markup, /<details class="target" open>/);
  assert.match(markup, /<rect class="half" x="50%"/);
  assert.match(markup, /<circle class="now" cx="25%"/);
  assert.match(
    markup,
    /expires <time datetime="2026-03-01T19:00:00.000Z" title="2026-03-01T19:00:00.000Z">in 9 h<\/time>, renewal <time[^>]*>in 3 h</,
  );
  assert.match(markup, /<meta http-equiv="refresh" content="15">/);
});

test('reasons beyond the first ones are not counted: the last of them stands for thousands', () => {
  const slots = Array.from({ length: 3000 }, (_, at) => entry(`${at}`, key));
  const markup = shown(ledgerOf([target('portainer', slots)], { scopes: [key] }));
  assert.match(markup, /<li>and others: see <a href="\/readyz">/);
  assert.doesNotMatch(markup, /more reason/);
});

test('of a slot with thousands of registries thirty are listed, first those without a valid credential', () => {
  const registries = Array.from({ length: 5000 }, (_, at) => registry(`${100_000_000_000 + at}.dkr.ecr.eu-west-1.amazonaws.com`));
  const held = registries.map((_, at) => (at === 4999 ? undefined : kept(3 * hour)));
  const slot = entry('full', key, undefined, { scopes: registries.map(() => key), held, slotOf: { registries } });
  const markup = shown(ledgerOf([target('portainer', [slot])], { scopes: [key] }));
  assert.equal(markup.match(/class="holding"/g)?.length, 30);
  assert.match(markup, /and 4,970 more: see <a href="\/api\/status">/);
  assert.ok(markup.indexOf('100000004999') < markup.indexOf('100000000000'));
});

test('a credential says whose it is', () => {
  const own = kept(0);
  const identity = { from: 'profile "a<b"', account: '123456789012', arn: 'arn:aws:iam::123456789012:user/ci' };
  const scope = scopeOf(euWest, { kept: { ...own, credential: { ...own.credential, identity } } });
  assert.match(
    shown(ledgerOf([good('portainer')], { scopes: [scope] })),
    /profile &quot;a&lt;b&quot;, account 123456789012, arn:aws:iam::123456789012:user\/ci/,
  );
});

test('a failing slot: what, since when, what to do, where to read, when next', () => {
  const markup = shown(ledgerOf([failing], { scopes: [key], next: one => one.notBefore }));
  assert.equal(verdict(markup), 'Serving, with failures');
  for (const part of [
    /Portainer refuses\./,
    /\(for <time[^>]*>10 min<\/time>, 3 times in a row\)/,
    /Grant the right/,
    /next attempt <time[^>]*>in 1 min</,
    /Last 1 outcome, 1 failed/,
    /half of its life was over, 120 ms/,
  ]) {
    assert.match(markup, part);
  }
  assert.match(markup, /href="https:\/\/github\.com\/[^"]*\/docs\/errors\.md#forbidden"[^>]*>docs\/errors\.md#forbidden</);
});

test('a first failure, the failing credential above the targets, those in order below', () => {
  const broken = scopeOf(usEast, { kept: kept(0), trouble: trouble('UNREACHABLE', 'No way.', -21_000, 1) });
  const markup = shown(ledgerOf([failing], { scopes: [key, broken] }));
  assert.match(markup, /\(for <time[^>]*>21 s<\/time>, first time\)/);
  const headings = [...markup.matchAll(/<h2[^>]*>([^<]*)</g)].map(([, heading]) => heading);
  assert.deepEqual(headings, ['Credentials that cannot be renewed', 'Targets', 'Credentials']);
  assert.equal(markup.split('<article').length, 3);
});

test('information is folded away, warnings are not', () => {
  const findings = [
    { code: 'MANAGED_BY_PORTAINER', message: 'Left alone.' },
    { code: 'NO_SLOTS', message: 'Nothing there.' },
  ];
  const markup = shown(ledgerOf([target('a', [], { findings })]));
  assert.match(markup, /<li>[^\n]*NO_SLOTS/);
  assert.match(markup, /<details class="rest"><summary>1 note: MANAGED_BY_PORTAINER<\/summary><ul class="findings"><li>/);
});

const verdicts: { name: string; status: Status; word: string }[] = [
  { name: 'no target', status: status(ledgerOf([])), word: 'Idle' },
  { name: 'not looked at yet', status: status(ledgerOf([target('a', [], { discoveredAt: undefined })])), word: 'Starting' },
  { name: 'nothing held', status: status(ledgerOf([target('a', [entry('7', key)])])), word: 'Not ready' },
  {
    name: 'AWS fails, tokens still good',
    status: status(ledgerOf([good('a')], { scopes: [scopeOf(euWest, { kept: kept(0), trouble: trouble('AUTH', 'no') })] })),
    word: 'Serving, with failures',
  },
  { name: 'stalled', status: status(ledgerOf([good('a')], { sinceStepMs: hour })), word: 'Stalled' },
];
for (const { name, status, word } of verdicts) test(`verdict: ${name}`, () => assert.equal(verdict(page(status)), word));

test('a hundred targets: the failing one first and unfolded, the others folded', () => {
  const targets = [...Array.from({ length: 99 }, (_, at) => good(`t${at + 1}`, 10)), failing];
  const markup = shown(ledgerOf(targets, { scopes: [key] }));
  const cards = [...markup.matchAll(/<details class="target"( open)?>\s*<summary><h3>([^<]*)</g)].map(
    ([, open, name]) => `${name}${open ?? ''}`,
  );
  assert.deepEqual([cards.length, cards[0], cards[1], cards[2], cards[99]], [100, 'bad open', 't1', 't2', 't99']);
});

const hundred = [...Array.from({ length: 99 }, (_, at) => good(`t${at + 1}`, 30)), failing];
const openCards = (markup: string) =>
  [...markup.matchAll(/<details class="target" open>\s*<summary><h3>([^<]*)</g)].map(([, name]) => name);

test('a link to a target: it stands first and unfolded with its slots, and updating keeps it', () => {
  const of = status(ledgerOf(hundred, { scopes: [key] }));
  const view = viewOf(new URLSearchParams('target=t50'));
  const markup = page(of, view);
  assert.deepEqual(openCards(markup), ['t50', 'bad']);
  assert.equal(markup.split('<details class="target"').length, 101);
  assert.equal(markup.match(/ecr-\d+ \(row \d+\)<\/th>/g)?.length, 31, 'its slots are listed, those of others counted');
  // A refresh without an address reloads the page's own address.
  assert.match(markup, /<meta http-equiv="refresh" content="15">/);
  assert.match(markup, /<a href="\/\?target=t50&amp;still">stop</);
  assert.match(page(of, { ...view, still: true }), /<a href="\/\?target=t50">update by itself</);
  assert.deepEqual(openCards(page(of, viewOf(new URLSearchParams('target=t7&target=t5&target=')))), ['t5', 't7', 'bad']);
  assert.match(markup, /<a href="\/\?target=t99">to this target</);
});

test('among few targets the one that is linked to is unfolded alone', () => {
  const of = status(ledgerOf([good('a'), good('b')], { scopes: [key] }));
  assert.deepEqual(openCards(page(of)), ['a', 'b']);
  assert.deepEqual(openCards(page(of, { targets: ['b'] })), ['b']);
});

test('a link to a target that is not there says so, in text; so does a page without targets', () => {
  const of = status(ledgerOf([good('a')], { scopes: [key] }));
  for (const name of ['gone', '<b>&"', 'x'.repeat(5000), '\ud800']) {
    const markup = page(of, viewOf(new URLSearchParams([['target', name]])));
    assert.match(markup, /There is no target <strong>[^<]{1,110}<\/strong>\./, name.slice(0, 20));
    assert.deepEqual(openCards(markup), ['a'], 'as without a link');
  }
  assert.match(page(status(ledgerOf([])), { targets: ['a'] }), /There is no target <strong>a</);
  assert.doesNotMatch(page(of, { targets: ['a'] }), /There is no target/);
  const by: LeaseView = { name: 'Lease a/b', state: 'standing by', me: 'x', leader: 'y', message: null };
  assert.doesNotMatch(
    page(statusOf(ledgerOf([]), { version: '1', findings: specs, lease: () => by }), { targets: ['a'] }),
    /no target <strong>/,
  );
});

test('thousands of slots: those in order are counted, rows are limited', () => {
  const lost = target(
    'lost',
    Array.from({ length: 3000 }, (_, at) => entry(`${at}`, key)),
  );
  const markup = shown(ledgerOf([good('big', 2001), lost], { scopes: [key] }));
  assert.match(markup, /2,001 slots in order, too many for this page/);
  assert.match(markup, /2,800 more slots, too many/);
  assert.ok(markup.length < 500_000);
});

test('slots that wait for a renewal alone are renewing, and in order', () => {
  const renewing = target('a', [entry('7', key, kept(7 * hour))]);
  const markup = shown(ledgerOf([renewing], { scopes: [key], next: () => 0 }));
  for (const part of [/All is well\.<\/strong> 1 slot in 1 target in order\./, / renewing<\/span>/, /: all renewing;/, /badge good/])
    assert.match(markup, part);
  assert.doesNotMatch(markup, />waiting</);
});

test('the bar follows the server’s clock', () => {
  const markup = shown(ledgerOf([good('a')], { scopes: [key], clockSkewMs: 3 * hour }));
  assert.match(markup, /<circle class="now" cx="50%"/);
  assert.match(markup, /expires <time[^>]*>in 6 h</);
});

test('it has one script and no other file, works without it, and stands still when told', () => {
  const ledger = ledgerOf([good('a')]);
  const still = page(status(ledger), { still: true });
  assert.match(still, /<script data-seconds="0">/);
  assert.doesNotMatch(withoutScript(still), /<script|http-equiv|style="| on[a-z]+=|<img|<link/);
  assert.match(shown(ledger), /<noscript><meta http-equiv="refresh" content="15"><\/noscript>[^]*<script data-seconds="15">/);
  for (const hash of [styleHash, scriptHash]) assert.match(hash, /^sha256-[\w+/]{43}=$/);
});

test('targets can be searched where there are many, and only by the script', () => {
  const pageOf = (number: number) => shown(ledgerOf(Array.from({ length: number }, (_, at) => good(`t${at}`))));
  assert.match(pageOf(4), /<p id="search" role="search" hidden><label>[^<]+<input type="search" autocomplete="off"><\/label>/);
  assert.doesNotMatch(pageOf(3), /type="search"/);
});

test('it is a page for everybody: language, one h1, headings in order, table headers, no colour alone', () => {
  const markup = shown(ledgerOf([failing, good('a')], { scopes: [key] }));
  assert.match(markup, /^<!doctype html>\n<html lang="en">/);
  const levels = [...markup.matchAll(/<h([1-6])/g)].map(([, level]) => Number(level));
  assert.equal(levels.filter(level => level === 1).length, 1);
  for (const [at, level] of levels.entries()) assert.ok(at === 0 || level - (levels[at - 1] ?? 0) <= 1);
  for (const [, mark] of markup.matchAll(/<span class="badge \w+"><span aria-hidden="true">[^<]+<\/span> (\w*)/g))
    assert.notEqual(mark, '');
  for (const [svg] of markup.matchAll(/<svg[^>]*>/g)) assert.match(svg, /role="img" aria-label="\d/);
});

test('what was to come and has not is due, wherever it stands; no moment to come is told as past', () => {
  const late = target('a', [entry('7', key, kept(3 * hour), { trouble: trouble('BUSY', 'm'), notBefore: -5000 })], {
    nextDiscoveryAt: -5000,
    about: { keyExpiresAt: new Date(epoch - hour) },
  });
  const broken = scopeOf(usEast, { trouble: trouble('UNREACHABLE', 'No way.'), notBefore: -5000 });
  const markup = shown(ledgerOf([late], { scopes: [broken], next: one => one.notBefore }));
  for (const part of [/next attempt is due/, /, next is due/, /next fetch is due/, /Key ended</]) assert.match(markup, part);
  assert.doesNotMatch(markup, /next( \w+)? <time[^>]*>[^<]* ago/);
});

const headlines: { name: string; ledger: Ledger; says: RegExp }[] = [
  {
    name: 'a slot fails',
    ledger: ledgerOf([failing], { scopes: [key] }),
    says: /The first pull fails in 9 h, when the login for \S+ in bad expires\./,
  },
  {
    name: 'the source fails, the earliest counts',
    ledger: ledgerOf([target('a', [entry('7', key, kept(0)), entry('8', key, kept(10 * hour))])], {
      scopes: [{ ...key, trouble: trouble('UNREACHABLE', 'No way.') }],
    }),
    says: /The first pull fails in 2 h, /,
  },
  {
    name: 'the target fails',
    ledger: ledgerOf([target('a', [entry('7', key, kept(hour))], { trouble: trouble('AUTH', 'no') })], { scopes: [key] }),
    says: /The first pull fails in 11 h, /,
  },
  {
    name: 'it is over, at a target that is not required',
    ledger: ledgerOf([
      target('a', [entry('7', key, kept(13 * hour), { trouble: trouble('AUTH', 'no') })], { managedOf: { required: false } }),
    ]),
    says: /Pulls from \S+ through a fail: its login expired 1 h ago\./,
  },
  {
    name: 'nothing is held',
    ledger: ledgerOf([target('a', [entry('7', key)])]),
    says: /through a may fail already: no login was delivered/,
  },
];
for (const { name, ledger, says } of headlines)
  test(`the headline tells when the first pull fails: ${name}`, () => {
    const [, headline = ''] = /<p class="headline">(.*)<\/p>/.exec(shown(ledger)) ?? [];
    assert.match(headline.replaceAll(/<[^>]*>/g, ''), says);
  });

test('the legend stands before the first bar, once; without a bar there is none, nor an empty section', () => {
  const broken = scopeOf(usEast, { kept: kept(0), trouble: trouble('UNREACHABLE', 'No way.') });
  for (const scopes of [[key], [key, broken]]) {
    const markup = shown(ledgerOf([failing], { scopes }));
    assert.equal(markup.split('A bar is').length, 2);
    const before = markup.slice(0, markup.indexOf('class="life'));
    assert.equal(before.split('<section').length - before.split('</section>').length, 1);
    assert.match(before.slice(before.lastIndexOf('<section')), /A bar is/);
  }
  const bare = shown(ledgerOf([target('a', [])]));
  assert.doesNotMatch(bare, /A bar is|>Credentials</);
});

test('what is put into markup is text, in elements and attributes; only markup stays markup', () => {
  assert.equal(html`<a title="${'"<&\''}">${[html`<b>`, null, false, 1, 'x\u0000y']}`.markup, '<a title="&quot;&lt;&amp;&#39;"><b>1x y');
});

/** Replaces every text in plain data, as if a hostile manager sent `text` in every field. Texts in `keep` stay. */
function everywhere<T>(value: T, text: string, keep: ReadonlySet<string>): T {
  if (Array.isArray(value)) return value.map(item => everywhere(item as unknown, text, keep)) as T;
  if (typeof value === 'string') return (keep.has(value) ? value : text) as T;
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, everywhere(member as unknown, text, keep)])) as T;
}

test('whatever stands in any field stays text', () => {
  const full = status(
    ledgerOf(
      [
        target('a', [entry('7', key, kept(0), { trouble: trouble('AUTH', 'm'), receiptFindings: [{ code: 'C', message: 'm' }] })], {
          about: { product: 'p', principal: 'q' },
          findings: [{ code: 'C', message: 'm' }],
          trouble: trouble('BUSY', 'm'),
          outcomes: [outcome('7', 0, 'AUTH', { message: 'm', fingerprint: 'f' })],
        }),
      ],
      { scopes: [key], engineOfScope: () => [{ code: 'C', message: 'm' }] },
    ),
  );
  const times = [...JSON.stringify(full).matchAll(/"(\d{4}-\d\d-\d\dT[^"]*)"/g)].map(([, time]) => time ?? '');
  const keep = new Set([...times, 'ok', 'failing', 'warning', 'info', 'ecr']);
  const tags = (markup: string) => [...markup.matchAll(/<[^>]*>/g)].map(([tag]) => tag.replaceAll(/"[^"]*"/g, '""'));
  for (const hostile of [
    '<script>alert(1)</script>',
    '"><img src=x onerror=alert(1)>',
    'https://x" onmouseover="alert(1)',
    "' onmouseover='alert(1)",
    '</style></title>&lt;',
    'javascript:alert(1)',
    '\u202egnp.exe\u0000',
    '`<b>`',
  ]) {
    const [markup, plain] = [hostile, hostile.startsWith('https:') ? 'https://harmless' : 'harmless'].map(text =>
      withoutScript(page(everywhere(full, text, keep), { still: true })),
    );
    assert.ok(markup !== undefined && plain !== undefined);
    if (!hostile.includes('`')) assert.deepEqual(tags(markup), tags(plain), hostile);
    assert.doesNotMatch(markup, /<(script|img|b)\b|href="javascript:|[\u202a-\u202e]/, hostile);
    assert.ok(!markup.includes('\u0000'));
  }
});

test('images under verify: folded while all is well, unfolded with a word when one would not be pulled', () => {
  const well = verification('a:1', { result: { ok: true, at: -hour }, succeededAt: -hour });
  const denied = { ok: false, refused: true, read: false, stale: false, message: 'no', remedy: '' } as const;
  const bad = verification('<b>:1', { result: { ...denied, at: -hour }, succeededAt: -2 * hour });
  const of = (verified: (typeof well)[]) => shown(ledgerOf([target('p', [], { verified })]));
  assert.match(of([well]), /<details class="rest"><summary>1 image to verify<\/summary>/);
  const markup = of([well, bad]);
  assert.match(markup, /<details class="rest" open><summary>2 images to verify, 1 would not be pulled<\/summary>/);
  assert.match(markup, /amazonaws\.com\/&lt;b&gt;:1<\/th>/);
  assert.match(markup, /last well <time/);
  assert.doesNotMatch(of([]), /to verify/);
});
