import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Credential, oncePerCredential } from '../../src/contract/credential.ts';
import { Secret } from '../../src/contract/secret.ts';

const credential = (password: string): Credential => ({
  username: 'AWS',
  password: new Secret(password),
  issuedAt: new Date(0),
  expiresAt: new Date(1),
  source: 'default',
  scope: 'default',
});

test('what follows from a credential is made once for it, and anew for another one that looks the same', () => {
  let made = 0;
  const bodyOf = oncePerCredential(({ password }) => ({ password: password.reveal(), made: ++made }));
  const one = credential('first-password');
  const another = credential('first-password');
  assert.deepEqual([one, another, one].map(bodyOf), [
    { password: 'first-password', made: 1 },
    { password: 'first-password', made: 2 },
    { password: 'first-password', made: 1 },
  ]);
});
