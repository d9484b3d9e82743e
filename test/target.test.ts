import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { adapters } from '../adapters/index.ts';
import { clock } from '../src/contract/clock.ts';
import { addressReader } from '../src/contract/registry.ts';
import { redact } from '../src/contract/secret.ts';
import { createLog } from '../src/io/log.ts';
import { manageTarget } from '../src/target.ts';
import { folder, read } from './config/support.ts';

test('the key of an open target is filtered out of texts, although its adapter made a header of it and dropped it', async () => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const portainer = 'targets: [{kind: portainer, url: "https://portainer.test", apiKeyFile: key}]';
  await using files = await folder({ 'courier.yaml': portainer, key: 'the-key-in-a-file' });
  const config = await read({ files: [files.at('courier.yaml')], adapters });
  const log = createLog({ to: { write: () => undefined } });
  const [target] = config.targets.map(one =>
    manageTarget(one, { clock, log, registry: addressReader(config.aliases), env: {}, readonly: false }),
  );
  await using _ = { [Symbol.asyncDispose]: async () => (await target?.open())?.[Symbol.asyncDispose]?.() };

  await target?.open();
  for (let times = 0; times < 3; times++) {
    collect();
    await turn();
  }

  assert.equal(redact('it said the-key-in-a-file'), 'it said [secret]');
});
