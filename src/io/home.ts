import { homedir } from 'node:os';

/**
 * A user who stands in no list and whose environment names no home has none: the AWS SDK would fail as it looks for its
 * files there, before it looks at anything else.
 */
export function ensureHome(env: NodeJS.ProcessEnv): void {
  try {
    homedir();
  } catch {
    env['HOME'] = '/';
  }
}
