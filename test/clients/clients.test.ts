import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Client } from '../../src/clients/client.ts';
import type { Sent } from '../../src/clients/entry.ts';
import type { Outcome } from '../../src/clients/helpers.ts';
import { predict } from '../../src/clients/predict.ts';
import { type ClientId, clients } from '../../src/clients/rules.ts';
import { failingHelper, forms, host, image, measured, textOf, withPlus } from './measured.ts';

const outcomes: Readonly<Record<string, Outcome>> = { help: 'login', store: 'login', missing: 'missing', '': 'missing', none: 'notFound' };
const predicted = (id: ClientId, text: string, helper = (program: string): Outcome => outcomes[program] ?? 'failing'): string =>
  predict(clients[id], { text, image, helper, listed: () => false })
    .map(inShort)
    .join(' then ');

/** Renders a prediction in the words of `measured.ts`. */
function inShort(sent: Sent): string {
  if (sent.kind === 'login') {
    const { password, token, plainHttp } = sent;
    const name = { good: 'y', '': 'empty', [withPlus]: 'y' }[password] ?? password.replace('\n', '+LF').replace('\0', '+NUL');
    return plainHttp ? 'PLAINHTTP' : `${name}${token ? '+idt' : ''}`;
  }
  if (sent.kind === 'token') return sent.token === 'identity token' ? 'idt' : 'rgt';
  if (sent.kind === 'helper') return `from-${sent.program}`;
  return { nothing: '-', 'empty login': '":"', undecoded: 'undecoded', fails: 'FAIL', 'not predicted': '?' }[sent.kind];
}

/** Maps the cells that the table words differently. */
const asMeasured = (cell: string): string => ({ good: 'y', 'Bearer rgt': 'rgt' })[cell] ?? cell;

for (const form of forms)
  test(`${form}: every client is predicted as it was measured`, () => {
    const cells = measured(form);
    assert.deepEqual(
      cells.map(([id]) => [id, predicted(id, textOf[form])]),
      cells.map(([id, cell]) => [id, asMeasured(cell)]),
    );
  });

test('a helper that fails: every client is predicted as it was measured', () => {
  const auth = Buffer.from('AWS:stale').toString('base64');
  const text = JSON.stringify({ auths: { [host]: { auth } }, credHelpers: { [host]: 'broken' } });
  for (const [id, cell] of Object.entries(failingHelper)) assert.equal(predicted(id as ClientId, text), cell, id);
});

test('without a file nobody is logged in', () => {
  for (const client of Object.values(clients) as Client[]) {
    const [sent] = predict(client, { text: undefined, image, helper: () => 'login', listed: () => false });
    assert.equal(sent?.kind, client.nothing);
  }
});
