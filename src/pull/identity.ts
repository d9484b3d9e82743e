import { createHash } from 'node:crypto';
import { describeIdentity, type IdentitySpec } from '../ecr/identity.ts';
import { formOf, keyVariables, pathsOf } from '../ecr/variables.ts';
import { readText, Unreadable } from '../io/files.ts';
import type { Env } from './settings.ts';

/** Larger ones are no configuration. */
const mostBytes = 1024 * 1024;

/** Files that say whose keys are taken. */
export function identityFiles(env: Env): readonly string[] {
  const form = formOf(keyVariables.id, env);
  const keyFile = form === keyVariables.id || form === undefined ? undefined : env[form];
  return [...pathsOf(env), ...(keyFile ? [keyFile] : [])];
}

/**
 * The identity of an answer: as the source describes it, and what lies in the files that it names, so that a profile
 * that is changed is another one. Asks nobody.
 */
export async function identityOf(spec: IdentitySpec, env: Env): Promise<string> {
  const texts = await Promise.all(identityFiles(env).map(contentsOf));
  if (texts.every(text => text === '')) return describeIdentity(spec, env);
  const digest = createHash('sha256').update(JSON.stringify(texts)).digest('hex').slice(0, 16);
  return `${describeIdentity(spec, env)}, files ${digest}`;
}

/** A file that cannot be read is another thing than an empty one. */
const contentsOf = (path: string): Promise<string> =>
  readText(path, mostBytes).catch((error: unknown) => (error instanceof Unreadable && error.code !== 'ENOENT' ? error.code : ''));
