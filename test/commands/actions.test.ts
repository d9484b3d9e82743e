import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Config } from '../../config/load.ts';
import type { App } from '../../src/app.ts';
import { adminTokenReader, refreshBy } from '../../src/commands/actions.ts';

test('why the file of the admin token gives none is logged once, and again when that changes', async t => {
  const folder = await mkdtemp(join(tmpdir(), 'admin-token-'));
  t.after(() => rm(folder, { recursive: true }));
  const file = join(folder, 'token');
  const logged: string[] = [];
  const heard = (message: string, data?: object): void => void logged.push(`${message} ${JSON.stringify(data ?? {})}`);
  const log = { debug: heard, info: heard, warn: heard, error: heard };
  let adminToken: Config['server']['adminToken'] | undefined = { file };
  const read = adminTokenReader(() => ({ server: { adminToken } }) as Config, log);
  const knock = async (): Promise<string | undefined> => (await read())?.reveal();
  const news = (): string[] => logged.splice(0);

  assert.deepEqual([await knock(), await knock()], [undefined, undefined]);
  assert.match(news().join(), /^no admin token \{"error":"[^,]*does not exist[^,]*","remedy":"[^"]*"\}$/);
  await writeFile(file, '');
  assert.deepEqual([await knock(), await knock()], [undefined, undefined]);
  assert.match(news().join(), /^no admin token [^,]*is empty[^,]*,[^,]*$/);
  await writeFile(file, 'secret-of-the-admin\nsecond line\n');
  assert.equal(await knock(), undefined);
  assert.match(news().join(), /^no admin token .*more than one line/);
  await writeFile(file, 'secret-of-the-admin\n');
  assert.deepEqual([await knock(), await knock()], ['secret-of-the-admin', 'secret-of-the-admin']);
  assert.deepEqual(news(), ['admin token read again {}']);
  adminToken = undefined;
  assert.equal(await knock(), undefined);
  assert.deepEqual(news(), []);
});

test('what a refresh has to wait for is told in one sentence', async () => {
  const postponed = [{ what: 'portainer', why: 'The key does not exist.', until: undefined }];
  const ledger = { targets: new Map([['portainer', { managed: { paused: false } }]]), date: () => new Date(0) };
  const app = { courier: { ledger, refresh: () => postponed }, overview: () => ({ lease: undefined }) } as unknown as App;
  assert.match((await refreshBy(app)()).message, / Left alone: portainer \(The key does not exist\)\. `status` shows/);
});
