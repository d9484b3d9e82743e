import { homedir } from 'node:os';

/**
 * Sets HOME when the user has no passwd entry and no home in the environment. The AWS SDK would otherwise fail when it
 * looks for its files there, before it tries any other source.
 */
export function ensureHome(env: NodeJS.ProcessEnv): void {
  try {
    homedir();
  } catch {
    env['HOME'] = '/';
  }
}
