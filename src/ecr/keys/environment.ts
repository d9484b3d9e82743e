import { visiblyNoKey, visiblyNoKeyId } from '../../contract/keys.ts';
import { readText } from '../../io/files.ts';
import { Unreadable } from '../../io/unreadable.ts';
import { type Env, formOf, type KeyVariable, keyVariables } from '../aws/variables.ts';
import type { Keys } from './place.ts';

/** The largest file that is read, in bytes. A larger one is not a key, but a wrong path. */
const mostBytes = 64 * 1024;
/** How soon a file that is not ready is looked at again, in milliseconds. */
export const retryAfterMs = 15_000;

/**
 * Why the environment's access key is not an identity: its secret is missing. undefined: it has one. A secret without
 * an access key names no identity and is ignored.
 */
export function halfKeys(env: Env): string | undefined {
  const { id, secret } = keyVariables;
  return formOf(secret, env) ? undefined : `${formOf(id, env)} is set, but ${secret} is not`;
}

/** The static keys of the environment. Throws an error with the name of the variable when its file holds no key. */
export async function environmentKeys(env: Env): Promise<Keys> {
  const { id, secret, session } = keyVariables;
  const [accessKeyId, secretAccessKey, sessionToken] = await Promise.all([id, secret, session].map(name => valueOf(name, env)));
  return { accessKeyId: accessKeyId ?? '', secretAccessKey: secretAccessKey ?? '', ...(sessionToken && { sessionToken }) };
}

async function valueOf(variable: KeyVariable, env: Env): Promise<string | undefined> {
  const name = `${variable}_FILE`;
  const file = env[name];
  if (!file) return env[variable] || undefined;
  return await readKey(variable, file).catch((error: Error) => {
    throw new Error(`${name}: ${error.message}`, { cause: error });
  });
}

/** Reads a key from its file. Throws an Unreadable. */
export async function readKey(variable: KeyVariable, file: string): Promise<string> {
  const text = await readText(file, mostBytes);
  const value = text.replace(/^\uFEFF/, '').replace(/\r?\n$/, '');
  if (value === '') throw new Unreadable(file, 'EMPTY', 'is empty');
  const wrong = variable === keyVariables.id ? visiblyNoKeyId(value) : visiblyNoKey(value);
  if (wrong) throw new Unreadable(file, 'WRONG', wrong);
  return value;
}
