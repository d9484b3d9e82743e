import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inspect } from 'node:util';
import { readAddress } from '../../config/receivers.ts';
import { folder, mistakesOf, plainTarget, read, readText } from './support.ts';

const slack = 'https://hooks.slack.com/services/T0000AAAA/B0000BBBB/k3yOfSl4ckk3yOfSl4ck';
const target = { DEPOT_URL: 'https://depot', DEPOT_API_KEY: 'k3y-k3y-k3y' };
const yaml = (rest: string): string => `targets: [${plainTarget}]\n${rest}`;

test('a variable makes a receiver that is named after its format, and only its host is shown', async () => {
  const config = await read({ env: { ...target, ECR_COURIER_NOTIFY_SLACK_URL: slack } });

  const [receiver] = config.notify;
  assert.ok(receiver);
  assert.deepEqual([receiver.name, receiver.format], ['slack', 'slack']);
  assert.equal((await readAddress(receiver.url, 'slack', 'slack')).reveal().href, slack);
  assert.deepEqual(
    config.settings.filter(({ path }) => path.startsWith('notify.')),
    [
      { path: 'notify.slack.name', value: 'slack', origin: 'ECR_COURIER_NOTIFY_SLACK_URL' },
      { path: 'notify.slack.format', value: 'slack', origin: 'ECR_COURIER_NOTIFY_SLACK_URL' },
      { path: 'notify.slack.url', value: '[secret] at hooks.slack.com', origin: 'ECR_COURIER_NOTIFY_SLACK_URL' },
    ],
  );
  assert.ok(!`${inspect(config, { depth: 9 })}${JSON.stringify(config)}`.includes('k3yOfSl4ck'));
});

test('several of a kind in a file, each with a name; a variable sets the address of the one of that name', async () => {
  const text = yaml(
    `notify: [{format: slack, url: "${slack}"}, {format: slack, url: "${slack}"}, {format: ntfy, name: phone, url: "https://ntfy.sh/t"}]`,
  );
  const { notify } = await readText(text, { env: { ECR_COURIER_NOTIFY_SLACK_URL: 'https://chat.example.com/hooks/x' } });

  assert.deepEqual(
    notify.map(({ name }) => name),
    ['slack', 'slack-2', 'phone'],
  );
  assert.ok(notify[0] && 'address' in notify[0].url);
  assert.equal(notify[0].url.address.host, 'chat.example.com');
});

test('an address in a file is read anew before each use; while it is absent or something else it is waited for', async () => {
  await using files = await folder({ slack: `${slack}\n` });
  const config = await read({ env: { ...target, ECR_COURIER_NOTIFY_SLACK_URL_FILE: files.at('slack'), CREDENTIALS_DIRECTORY: '' } });
  const [receiver] = config.notify;
  assert.ok(receiver);

  assert.equal((await readAddress(receiver.url, 'slack', 'slack')).host, 'hooks.slack.com');
  await using wrong = await folder({ slack: 'no address' });
  await assert.rejects(readAddress({ file: wrong.at('slack') }, 'slack', 'slack'), / \(the address of slack\) holds no URL/);
  await assert.rejects(readAddress({ file: wrong.at('absent') }, 'slack', 'slack'), / \(the address of slack\) does not exist/);
});

test("what systemd's LoadCredential brings makes a receiver", async () => {
  await using files = await folder({ 'ecr-courier-notify-slack-url': slack, 'ecr-courier-heartbeat-url': 'https://hc-ping.com/x' });
  const { notify, heartbeat } = await read({ env: { ...target, CREDENTIALS_DIRECTORY: files.path } });

  assert.deepEqual(
    notify.map(({ name, url }) => [name, url]),
    [['slack', { file: files.at('ecr-courier-notify-slack-url') }]],
  );
  assert.deepEqual(heartbeat?.url, { file: files.at('ecr-courier-heartbeat-url') });
});

test('mistakes are told with their place, and quote nothing of an address', async () => {
  const text = yaml(`notify:
  - {format: slack, url: s3cr3t-s3cr3t}
  - {format: teams, url: "https://contoso.webhook.office.com/s3cr3t"}
  - {format: pager, url: "${slack}"}
  - {format: slack}
  - {format: slack, name: heartbeat, url: "https://hooks.slack.com/s3cr3t"}
  - {format: gotify, name: phone, url: "https://g/message?token=s3cr3t"}
  - {format: gotify, name: phone, url: "https://g/message?token=s3cr3t"}
heartbeat: {everySeconds: 5}`);
  const mistakes = await mistakesOf(readText(text));

  assert.ok(!mistakes.join().includes('s3cr3t'));
  const words = [
    /^notify\.slack\.url: holds no URL/,
    /^notify\.teams\.url: holds .* retired/,
    /^notify\.pager\.format: is pager and must be one of webhook, /,
    /^notify\.slack-2\.url: must be set, or urlFile/,
    /^notify\.heartbeat\.name: is the name of the heartbeat/,
    /^notify\.phone: this name is taken/,
    /^heartbeat\.everySeconds: must be a whole number from 30/,
  ];
  for (const word of words)
    assert.ok(
      mistakes.some(one => word.test(one)),
      `${word}: ${mistakes.join('\n')}`,
    );
});

test('plain http is told where somebody is in between', async () => {
  const warned = async (url: string) => (await read({ env: { ...target, ECR_COURIER_NOTIFY_WEBHOOK_URL: url } })).warnings;

  assert.deepEqual(await warned('http://hooks:8080/x'), [
    'ECR_COURIER_NOTIFY_WEBHOOK_URL: its address is plain http: whoever is in between can read it.',
  ]);
  for (const near of ['http://127.0.0.1:8080/x', 'http://[::1]/x', 'http://localhost/x', 'https://hooks/x'])
    assert.deepEqual(await warned(near), []);
});

test('a heartbeat without an address is a mistake; without any option of it there is none', async () => {
  assert.deepEqual(await mistakesOf(readText(yaml('heartbeat: {everySeconds: 90}'))), [
    'heartbeat.url: must be set, or urlFile: `everySeconds` has no effect alone (courier.yaml:2:27)',
  ]);
  assert.deepEqual(await mistakesOf(read({ env: { ...target, ECR_COURIER_HEARTBEAT_SECONDS: '90' } })), [
    'ECR_COURIER_HEARTBEAT_URL_FILE: must be set, or ECR_COURIER_HEARTBEAT_URL: ECR_COURIER_HEARTBEAT_SECONDS has no effect alone',
  ]);
  assert.deepEqual(await mistakesOf(read({ env: { ...target, ECR_COURIER_HEARTBEAT_SECONDS: '90', ECR_COURIER_HEARTBEAT_URL: '' } })), [
    'ECR_COURIER_HEARTBEAT_URL: is empty; set it, or ECR_COURIER_HEARTBEAT_URL_FILE: ECR_COURIER_HEARTBEAT_SECONDS has no effect alone',
  ]);
  const config = await readText(yaml(''));
  assert.equal(config.heartbeat, undefined);
  assert.ok(!config.settings.some(({ path }) => path.startsWith('heartbeat')));
});
