import { ecrUser } from '../contract/credential.ts';
import { parseAddress, type Registry } from '../contract/registry.ts';
import { hostsIn } from '../ecr/sources/choice.ts';
import { type Asker, keyOf, openOrSay } from './answer.ts';
import { readSettings } from './settings.ts';

type Question = Pick<Asker, 'env' | 'clock'>;

/**
 * Hosts for which an answer is there, of the identities that are configured now and not expired, and hosts that a
 * source names, which are answered when they are asked for; each with its user name. Some clients ask for a registry
 * only when it is listed. Asks nobody. Throws MISCONFIGURED.
 */
export async function hostsListed({ env, clock }: Question): Promise<readonly (readonly [host: string, username: string])[]> {
  const { sources, aliases } = await readSettings(env);
  const registryOf = (host: string): Registry | undefined => parseAddress(host, aliases)?.registry;
  const named = sources.all.flatMap(hostsIn).flatMap(host => registryOf(host) ?? []);
  const found = new Map(named.filter(registry => sources.choose(registry)).map(({ host }) => [host, ecrUser]));
  const answers = await openOrSay(env, () => undefined);
  for (const { host, isOf } of (await answers?.hosts()) ?? []) {
    const registry = registryOf(host);
    const spec = registry && sources.choose(registry);
    const key = registry && spec && (await keyOf(spec, registry, env));
    const answer = key && isOf(key) ? await answers?.read(key) : undefined;
    if (answer && answer.expiresAt > clock.wall()) found.set(host, answer.username);
  }
  return [...found].sort(([a], [b]) => (a < b ? -1 : 1));
}
