import { ecrUser } from '../contract/credential.ts';
import { parseAddress, type Registry } from '../contract/registry.ts';
import { type Asker, keyOf, placesOf } from './answer.ts';
import { readSettings } from './settings.ts';

type Question = Pick<Asker, 'env' | 'clock'>;

/**
 * Lists hosts, each with its user name: hosts that the configuration names and serves, and hosts with an unexpired
 * answer on disk for an identity that is configured now. Some clients ask for a registry only when it is listed. Asks
 * no server. Throws MISCONFIGURED.
 */
export async function hostsListed({ env, clock }: Question): Promise<readonly (readonly [host: string, username: string])[]> {
  const { sources, aliases, named } = await readSettings(env);
  const registryOf = (host: string): Registry | undefined => parseAddress(host, aliases)?.registry;
  const served = named.flatMap(host => registryOf(host) ?? []).filter(registry => sources.choose(registry));
  const found = new Map(served.map(({ host }) => [host, ecrUser]));
  const { own, shared } = await placesOf(env, () => undefined);
  const places = [own, shared].filter(place => place !== undefined);
  for (const { host, isOf } of (await Promise.all(places.map(place => place.hosts()))).flat()) {
    const registry = registryOf(host);
    const spec = registry && sources.choose(registry);
    const key = registry && spec && !found.has(host) ? await keyOf(spec, registry, env) : undefined;
    if (!key || !isOf(key)) continue;
    const answers = await Promise.all(places.map(place => place.read(key)));
    const answer = answers.find(one => one && one.expiresAt > clock.wall());
    if (answer) found.set(host, answer.username);
  }
  return [...found].sort(([a], [b]) => (a < b ? -1 : 1));
}
