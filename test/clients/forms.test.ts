import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Sent } from '../../src/clients/entry.ts';
import type { Outcome } from '../../src/clients/helpers.ts';
import { predict } from '../../src/clients/predict.ts';
import { type ClientId, clients } from '../../src/clients/rules.ts';
import { base64, H, type Row } from './forms/words.ts';
import { image, measured } from './measured.ts';

/**
 * Further forms of a config.json, as seen running in November 2026 with the programs docker 28.2.2, crane 0.22.1, oras
 * 1.3.6, regctl 0.11.7 and skopeo 1.9.3 and the libraries of the others (`measured.ts` has their versions, but for the
 * kubelet's, which was 1.36.0). The words are those of `measured.ts`, and: y, the password "good"; nobody:PASSWORD, an
 * empty user name; ?, not predicted; a|b, at random one or the other; a>b, one after the other.
 */
const ids = measured('k-host').map(([id]) => id);
const outcomes: Readonly<Record<string, Outcome>> = { help: 'login', store: 'login', lists: 'login', none: 'notFound' };

function inShort(sent: Sent): string {
  if (sent.kind === 'login') {
    const { username, password, token, plainHttp } = sent;
    const word = password === '' ? 'empty' : password === 'good' && username !== '' ? 'y' : password.replace(/^good(?=\0)/, 'y');
    return `${plainHttp ? 'http:' : ''}${username === '' ? 'nobody:' : ''}${word}${token ? '+idt' : ''}`;
  }
  if (sent.kind === 'token') return sent.token === 'identity token' ? 'idt' : 'rgt';
  if (sent.kind === 'helper') return `${sent.plainHttp ? 'http:' : ''}${sent.program}`;
  return { nothing: '-', 'empty login': ':', undecoded: 'undecoded', fails: 'FAIL', 'not predicted': '?' }[sent.kind];
}

const predicted = (id: ClientId, text: string): string =>
  predict(clients[id], { text, image, helper: program => outcomes[program] ?? 'missing', listed: program => program === 'lists' })
    .map(inShort)
    .join('>');

const folder = join(import.meta.dirname, 'forms');
for (const file of readdirSync(folder).filter(name => name !== 'words.ts')) {
  const { rows } = (await import(join(folder, file))) as { readonly rows: readonly Row[] };
  test(`${file}: every client is predicted as it was measured`, () => {
    for (const [form, seen] of rows) {
      const text = form.replaceAll(/(?<=["@]|:\/\/)H(?=["#/:])/g, H).replaceAll('GOOD', base64('AWS:good'));
      const cells = seen.includes(' ') ? seen.split(' ') : ids.map(() => seen);
      assert.equal(cells.length, ids.length, form);
      const wrong = ids.flatMap((id, at) => {
        const told = predicted(id, text);
        return cells[at]?.split('|').includes(told) ? [] : [`${id}: seen ${cells[at]}, predicted ${told}`];
      });
      assert.deepEqual(wrong, [], form.replaceAll(H, 'H'));
    }
  });
}
