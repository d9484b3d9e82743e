import { type Aliases, parseAddress } from '../src/contract/registry.ts';
import { type Listed, type Report, readMap } from './read.ts';
import { alias } from './schema.ts';

/** Reads other names of registries. A repeated name is a mistake. */
export function readAliases(items: readonly Listed[], report: Report): Aliases {
  const aliases = new Map<string, string>();
  const origins = new Map<string, string>();
  for (const { entries, origin, at } of items) {
    const read = readMap(alias, entries, { path: `aliases[${at}]`, origin }, report);
    if (!read.host || !read.registry) continue;
    const first = origins.get(read.host);
    if (first)
      report.mistakes.push({ path: `aliases[${at}].host`, origin: origin.text, message: `this host has an alias already at ${first}` });
    origins.set(read.host, origin.text);
    aliases.set(read.host, parseAddress(read.registry)?.registry.host ?? read.registry);
  }
  return aliases;
}
