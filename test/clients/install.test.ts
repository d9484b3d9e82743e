import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { unreadable, withLogin } from '../../adapters/docker-config/edit.ts';
import type { Client } from '../../src/clients/client.ts';
import { fileOf } from '../../src/clients/file.ts';
import type { Outcome } from '../../src/clients/helpers.ts';
import { withHelper } from '../../src/clients/install.ts';
import { predict } from '../../src/clients/predict.ts';
import { clients } from '../../src/clients/rules.ts';
import type { Row } from './forms/words.ts';
import { host, image, textOf } from './measured.ts';

const folder = join(import.meta.dirname, 'forms');
const rows = await Promise.all(
  readdirSync(folder)
    .filter(name => !['words.ts', 'types.ts'].includes(name))
    .map(async name => ((await import(join(folder, name))) as { readonly rows: readonly Row[] }).rows),
);
const texts = [...Object.values(textOf), ...rows.flat().map(([text]) => text)].filter(text => !unreadable(text, ['auths']));
const all: readonly (readonly [string, Client])[] = Object.entries(clients);

const sent = (client: Client, text: string, ours: Outcome) =>
  predict(client, { text, image, helper: program => (program === 'ecr-courier' ? ours : 'missing'), listed: () => false });

/**
 * Forms to skip: only jib takes the last of two maps whose names differ in case, and only crane asks a helper for the
 * exact repository.
 */
const others = /CREDHELPERS|\/team\/app":"/;

test('the helper installed into any form: nobody sends an old login when it fails, and who runs helpers asks it', () => {
  assert.ok(texts.length > 200);
  for (const before of texts) {
    const { text } = withHelper(before, [host], 'ecr-courier');
    for (const [id, client] of all) {
      const old = sent(client, text, 'failing').filter(one => ['login', 'token', 'undecoded'].includes(one.kind));
      assert.deepEqual(
        old.filter(one => !('key' in one && one.key.includes('*'))),
        [],
        `${id}: ${before}`,
      );
      const file = fileOf(text, client);
      const isAsked = client.helpers.keys !== 'none' && !('stops' in file) && !(id === 'crane' && file.store) && !others.test(before);
      if (isAsked)
        assert.deepEqual(sent(client, text, 'login'), [{ kind: 'helper', program: 'ecr-courier', role: 'helper' }], `${id}: ${before}`);
    }
  }
});

test('a login written into any form is found by all who look at entries and can read the file', () => {
  for (const before of texts.filter(text => !/cred|Auths|\/te|\?|#|:443|\*/i.test(text.replaceAll('"auths"', '')))) {
    const text = withLogin(before, ['auths'], host, { username: 'AWS', password: 'new' }) ?? before;
    for (const [id, client] of all) {
      const [first] = sent(client, text, 'missing');
      const file = fileOf(text, client);
      if ('stops' in file || file.undecoded !== undefined) continue;
      assert.deepEqual(first, { kind: 'login', username: 'AWS', password: 'new', key: host }, `${id}: ${before}`);
    }
  }
});
