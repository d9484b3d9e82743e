import { parseAddress, privateRegistryHost, type Registry } from '../contract/registry.ts';

/** What a function, or a command, hears of the registry: an alias is told by the name behind it. */
export function eventFor({ host, service, region, account }: Registry): Readonly<Record<string, string>> {
  const isAlias = parseAddress(host) === undefined;
  const registry = isAlias && account !== undefined ? privateRegistryHost(account, region) : host;
  return { registry, region, ...(account !== undefined && { account }), service };
}
