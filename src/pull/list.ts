import { parseAddress, type Registry } from '../contract/registry.ts';
import type { SourceSpec } from '../ecr/choice.ts';
import { type Asker, keyOf, openOrSay } from './answer.ts';
import { readSettings } from './settings.ts';

type Question = Pick<Asker, 'env' | 'clock'>;

/**
 * Hosts for which an answer is there, with its user name: of the identities that are configured now, and not expired.
 * Asks nobody. Throws MISCONFIGURED.
 */
export async function hostsAnswered({ env, clock }: Question): Promise<readonly (readonly [host: string, username: string])[]> {
  const { sources, aliases } = await readSettings(env);
  const answers = await openOrSay(env, () => undefined);
  const found: [host: string, username: string][] = [];
  for (const { host, isOf } of (await answers?.hosts()) ?? []) {
    const registry: Registry | undefined = parseAddress(host, aliases)?.registry;
    const spec: SourceSpec | undefined = registry && sources.choose(registry);
    const key = registry && spec && (await keyOf(spec, registry, env));
    const answer = key && isOf(key) ? await answers?.read(key) : undefined;
    if (answer && answer.expiresAt > clock.wall()) found.push([host, answer.username]);
  }
  return found.sort(([a], [b]) => (a < b ? -1 : 1));
}
