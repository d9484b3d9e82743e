import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { clock } from '../../src/contract/clock.ts';
import { Failure } from '../../src/contract/failures.ts';
import { type ReceiverFormat, receiverFormats, secretAddress, wrongAddress } from '../../src/contract/receiver.ts';
import { redact } from '../../src/contract/secret.ts';
import { forms } from '../../src/notify/formats/forms.ts';
import type { Message, Section } from '../../src/notify/message.ts';
import { send } from '../../src/notify/send.ts';
import { startReceiver } from '../fakes/receivers.ts';

const section = (more: Partial<Section> = {}): Section => ({
  topic: 'logins',
  sentence: 'portainer: 2 logins end, the next at 2026-03-01 14:05 UTC (in 3 h 12 min), and are not renewed.',
  details: [
    'Portainer answered 403: <!channel> *you* may [not](x) | &c',
    'ecr_prod (row 7), 123456789012.dkr.ecr.eu-west-1.amazonaws.com: ends soon.',
  ],
  more: 0,
  remedy: 'Grant the right that the message names.',
  help: 'docs/errors.md#forbidden',
  ...more,
});
const message = (more: Partial<Message> = {}): Message => ({
  event: 'threat',
  subject: 'portainer',
  target: 'portainer',
  title: section().sentence,
  sections: [section()],
  link: 'https://courier.example.com/?target=portainer',
  at: '2026-03-01T10:53:00.000Z',
  ...more,
});
/** A message longer than any receiver accepts, with characters that grow when they are escaped. */
const huge = message({
  title: `portainer: ${'"<&*_ä\u{1F534}'.repeat(60)}`.slice(0, 200),
  sections: Array.from({ length: 30 }, (_, at) =>
    section({
      sentence: `place ${at}: ${'"<&*_\\'.repeat(150)}`,
      details: Array.from({ length: 12 }, () => '\u{1F534}"<&_*'.repeat(100)),
      more: 88,
    }),
  ),
});

const way = { clock, env: {}, caFile: undefined, caFileNamed: 'caFile' };
const { signal } = new AbortController();
const bring = async (format: ReceiverFormat, address: string, told: Message) =>
  await send(forms[format](told, secretAddress(address).reveal()), way, signal);

/** The addresses of real receivers, which replace the doubles where the variables name them. */
const real: Partial<Record<ReceiverFormat, string | undefined>> = {
  ntfy: process.env['TEST_NTFY_ADDRESS'],
  gotify: process.env['TEST_GOTIFY_ADDRESS'],
};

for (const format of receiverFormats) {
  test(`${format}: takes a message of each kind, however long it is`, async () => {
    await using receiver = await startReceiver(format);
    const address = real[format] ?? receiver.address;
    assert.equal(wrongAddress(address, format), undefined);

    for (const told of [message(), huge, message({ event: 'over', sections: [section({ details: [], remedy: '' })], link: null })])
      assert.match(String((await bring(format, address, told)).status), /^20[024]$/);

    if (real[format]) return;
    assert.equal(receiver.taken.length, 3);
    const [first = {}] = receiver.taken;
    const text = JSON.stringify(first);
    for (const words of ['in 3 h 12 min', 'Grant the right', 'courier.example.com/?target=portainer'])
      assert.ok(text.includes(words), `${words}: ${text}`);
    assert.ok(text.indexOf('portainer:') < text.indexOf('Grant the right'), 'the subject comes first');
    assert.notEqual(first['mentions'], true, 'nobody is called by what a manager said');
  });

  test(`${format}: takes a message of every length, and keeps what to do`, async () => {
    await using receiver = await startReceiver(format);
    const address = real[format] ?? receiver.address;
    for (const letter of ['x', '"', 'ä'])
      for (let length = 3500; length <= 4200; length += 20) {
        const details = Array.from({ length: Math.floor(length / 100) }, (_, at) => letter.repeat(at === 0 ? 97 + (length % 100) : 97));
        const told = message({ title: `portainer: ${letter.repeat(180)}`, sections: [section({ details })], link: null });
        assert.match(String((await bring(format, address, told)).status), /^20[024]$/, `${length} times ${letter}`);
      }
    for (const body of receiver.taken) {
      assert.ok(JSON.stringify(body).includes('Grant the right'));
      if (format === 'slack') assert.ok(String(body['text']).length <= 4000);
    }
  });

  test(`${format}: an address that is no more is a failure that says what to do, and quotes nothing of it`, async () => {
    await using receiver = await startReceiver(format);
    const address = receiver.address.replace(/[\w-]{7,}\.?\w*$/, 'wr0ng-address-7');

    const failure = await bring(format, address, message()).then(
      () => undefined,
      (error: unknown) => error,
    );

    assert.ok(failure instanceof Failure, `${address} was taken`);
    assert.match(failure.message, new RegExp(`^POST( /)? at http://127.0.0.1:${receiver.port} was answered with 40\\d`));
    assert.match(failure.remedy, /Make the address anew/);
    assert.ok(!`${failure.message} ${failure.remedy}`.includes('wr0ng'), failure.message);
  });
}

test('the guide shows what a webhook gets', async () => {
  await using hook = await startReceiver('webhook');
  await bring('webhook', hook.address, message());
  const guide = readFileSync(new URL('../../docs/notify.md', import.meta.url), 'utf8');
  const shown = JSON.parse(/```json\n(.*?)```/s.exec(guide)?.[1] ?? '') as { threats: object[] };
  const [sent = {}] = hook.taken;

  assert.deepEqual(Object.keys(shown), Object.keys(sent));
  assert.deepEqual(Object.keys(shown.threats[0] ?? {}), Object.keys((sent['threats'] as object[])[0] ?? {}));
});

test('discord shows names as they are written, and leads where an address leads', () => {
  const said = 'No connection to https://my_portainer:9443/a_b_c: *nothing* listens at ecr_prod.';
  const { body } = forms.discord(message({ title: said, sections: [section({ details: [said] })] }), new URL('https://discord.com/x'));
  const [embed] = (body as { embeds: { title: string; description: string }[] }).embeds;
  const shown = 'No connection to https://my_portainer:9443/a_b_c: \\*nothing\\* listens at ecr\\_prod.';
  assert.equal(embed?.title, shown);
  assert.ok(embed?.description.includes(shown));
});

test('what is secret in an address is taken out of texts, and what is a word is not', () => {
  const known = secretAddress('https://me:p4ssw0rd-7@hooks.slack.com/services/T0000AAAA/B0000BBBB/k3yOfSl4ckk3yOfSl4ck?sig=s1gn4ture');

  assert.equal(known.host, 'hooks.slack.com');
  for (const part of ['p4ssw0rd-7', 'k3yOfSl4ckk3yOfSl4ck', 's1gn4ture']) assert.ok(!redact(`<${part}>`).includes(part));
  assert.equal(redact('https://example.com/services'), 'https://example.com/services');
  assert.ok(!JSON.stringify(known).includes('services'));
});

for (const [format, address, why] of [
  ['slack', 'hooks.slack.com/services/x', /no URL/],
  ['slack', 'https://hooks.slack.com/a b', /a blank/],
  ['slack', '\uFEFFhttps://hooks.slack.com/services/T/B/k', /a byte order mark/],
  ['slack', '\uFFFD\uFFFDh\0t\0t\0p\0s\0', /not text in UTF-8/],
  ['slack', 'https://hooks.slack.com/services/${SLACK_PATH}', /a placeholder/],
  ['slack', 'https://hooks.slack.com/services/T.../B.../...', /a placeholder/],
  ['gotify', 'https://gotify.example.com/message?token=<TOKEN>', /a placeholder/],
  ['webhook', '${WEBHOOK}', /a placeholder/],
  ['webhook', 'ftp://example.com/x', /no URL/],
  ['teams', 'https://contoso.webhook.office.com/webhookb2/abc', /retired: make a workflow/],
  ['ntfy', 'https://ntfy.sh/', /no topic/],
  ['ntfy', 'https://ntfy.sh/a.b', /no topic/],
  ['gotify', 'https://gotify.example.com/message', /no token/],
  ['discord', 'https://discord.com/api/webhooks/314159265358979323', /no whole webhook/],
  ['discord', 'https://discord.com/api/webhooks/314159265358979323/t0ken-/slack', /no whole webhook/],
  [undefined, 'https://hc-ping.com/', /no check/],
] as const)
  test(`${address} is not an address of ${format}`, () => {
    assert.match(wrongAddress(address, format) ?? '', why);
  });

test('whole addresses of Discord and healthchecks.io are taken, and those of servers in front of them', () => {
  const webhook = '/webhooks/314159265358979323/t0ken-_of7';
  for (const address of [
    `https://discord.com/api${webhook}?thread_id=7`,
    `https://ptb.discord.com/api/v10${webhook}`,
    `https://discordapp.com/api${webhook}/`,
    'https://relay.example.com/discord',
  ])
    assert.equal(wrongAddress(address, 'discord'), undefined, address);
  for (const address of [
    'https://hc-ping.com/5bf66975-d4c7-4bf5-bcc8-b8d8a82ea278',
    'https://hc-ping.com/key/slug',
    'https://up.example.com/',
  ])
    assert.equal(wrongAddress(address), undefined, address);
});

test('a login in an address goes into a header, and a token of Gotify does', async () => {
  await using hook = await startReceiver('webhook');
  await using gotify = await startReceiver('gotify');

  await bring('webhook', hook.address.replace('//', '//me:p%40ss@'), message());
  await bring('gotify', gotify.address, message());

  assert.equal(hook.requests[0]?.headers.authorization, `Basic ${Buffer.from('me:p@ss').toString('base64')}`);
  assert.equal(gotify.requests[0]?.path, '/message');
});

test('a page of something in between is not an answer of a receiver, and neither is a redirect', async () => {
  await using slack = await startReceiver('slack');
  for (const fault of [
    { status: 200, headers: { 'content-type': 'text/html' }, text: '<html><title>Sign in</title></html>' },
    { status: 302, headers: { location: 'https://login.example.com/' } },
  ]) {
    slack.fault = () => fault;
    await assert.rejects(bring('slack', slack.address, message()), Failure);
  }
});
