import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startReceiver } from '../fakes/receivers.ts';
import { command } from './cli.ts';

test('notify test: one message to each, what each answered, and the exit code says whether all took it', async () => {
  await using slack = await startReceiver('slack');
  await using gotify = await startReceiver('gotify');
  const env = {
    ECR_COURIER_NOTIFY_SLACK_URL: slack.address,
    ECR_COURIER_NOTIFY_GOTIFY_URL: gotify.address.replace('A7', 'Awr0ng'),
    ECR_COURIER_PUBLIC_URL: 'https://courier.example.com/',
  };

  const some = await command(['notify', 'test'], env);
  assert.equal(some.code, 3, some.stderr);
  assert.match(some.stdout, new RegExp(`^slack \\(127\\.0\\.0\\.1:${slack.port}\\): taken, answered 200 ok$`, 'm'));
  assert.match(
    some.stdout,
    /^gotify \(127\.0\.0\.1:\d+\): MISCONFIGURED POST at .* 401: .*valid access token.*\n {2}-> Make the address anew/m,
  );
  assert.match(JSON.stringify(slack.taken), /a test message for the receiver slack.*<https:\/\/courier\.example\.com\/\|status page>/);
  assert.equal(slack.taken.length, 1);
  for (const part of ['k3yOfSl4ck', 'B0000BBBB', 'Awr0ng']) assert.ok(!`${some.stdout}${some.stderr}`.includes(part), part);

  assert.equal((await command(['notify', 'test', 'slack'], env)).code, 0);
  const none = await command(['notify', 'test', 'gotify', '--json'], env);
  assert.equal(none.code, 1);
  const [told] = JSON.parse(none.stdout) as { name: string; taken: boolean; failure: { code: string } }[];
  assert.deepEqual([told?.name, told?.taken, told?.failure.code], ['gotify', false, 'MISCONFIGURED']);
});

test('notify test: nothing configured, a name that is not there, a mistake', async () => {
  const nothing = await command(['notify', 'test'], {});
  assert.equal(nothing.code, 78);
  assert.match(nothing.stderr, /No receiver is configured\.\n.*ECR_COURIER_NOTIFY_SLACK_URL/);

  const env = { ECR_COURIER_NOTIFY_WEBHOOK_URL: 'https://127.0.0.1:9/h00k' };
  const unknown = await command(['notify', 'test', 'pager'], env);
  assert.equal(unknown.code, 2);
  assert.match(unknown.stderr, /there is no receiver pager; there are webhook/);
  const near = await command(['notify', 'test', 'webhok'], env);
  assert.match(near.stderr, /there is no receiver webhok: did you mean webhook\?/);
  const later = await command(['notify', 'test'], { ECR_COURIER_NOTIFY_SLACK_URL_FILE: '/nowhere/slack' });
  assert.match(
    later.stdout,
    /^slack: MISCONFIGURED ECR_COURIER_NOTIFY_SLACK_URL_FILE: \/nowhere\/slack \(the address of slack\) does not exist\.\n/,
  );

  const wrong = await command(['notify', 'test'], { ECR_COURIER_NOTIFY_NTFY_URL: 's3cr3t' });
  assert.equal(wrong.code, 78);
  assert.match(wrong.stderr, /^ {2}ECR_COURIER_NOTIFY_NTFY_URL: holds no URL that begins with https:\/\/ or http:\/\/$/m);
  assert.ok(!wrong.stderr.includes('s3cr3t'));
});

test('config show and config check name format and host of a receiver, and nothing else of its address', async () => {
  const env = {
    PORTAINER_URL: 'https://portainer:9443',
    PORTAINER_API_KEY: 'ptr_key-of-nobody',
    ECR_COURIER_NOTIFY_DISCORD_URL: 'https://discord.com/api/webhooks/314159265358979323/d1sc0rd-t0ken',
    ECR_COURIER_HEARTBEAT_URL: 'https://hc-ping.com/5bf66975-d4c7-4bf5-bcc8-b8d8a82ea278',
  };
  const { stdout } = await command(['config', 'show'], env);

  assert.match(stdout, /^notify\.discord\.url = \[secret\] at discord\.com +# ECR_COURIER_NOTIFY_DISCORD_URL$/m);
  assert.match(stdout, /^heartbeat\.url = \[secret\] at hc-ping\.com /m);
  for (const part of ['314159265358979323', 'd1sc0rd', '5bf66975']) assert.ok(!stdout.includes(part), part);
});

test('a variable that compose left empty is named where nobody would be told', async () => {
  const { code, stderr } = await command(['notify', 'test'], { ECR_COURIER_NOTIFY_SLACK_URL: '' });
  assert.equal(code, 78);
  assert.match(stderr, /No receiver is configured\. ECR_COURIER_NOTIFY_SLACK_URL is empty\.$/m);
});

test('config check reads the files with addresses: one that holds something else is a mistake, an absent one a warning', async () => {
  const env = {
    PORTAINER_URL: 'https://portainer:9443',
    PORTAINER_API_KEY: 'ptr_key-of-nobody',
    ECR_COURIER_NOTIFY_SLACK_URL_FILE: '/etc/hostname',
    ECR_COURIER_HEARTBEAT_URL_FILE: '/nowhere/at/all',
  };
  const { code, stderr } = await command(['config', 'check'], env);

  assert.equal(code, 78);
  assert.match(stderr, /ECR_COURIER_NOTIFY_SLACK_URL_FILE: \/etc\/hostname holds no URL/);
  assert.match(stderr, /ECR_COURIER_HEARTBEAT_URL_FILE: \/nowhere\/at\/all \(the address of the heartbeat\) does not exist/);
});
