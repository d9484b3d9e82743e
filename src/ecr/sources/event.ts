import { noAccount, parseAddress, privateRegistryHost, type Registry } from '../../contract/registry.ts';

/** The name of ECR: an alias is told by the name behind it. */
export function hostFor({ host, region, account }: Registry): string {
  const isAlias = parseAddress(host) === undefined;
  return isAlias && account !== undefined ? privateRegistryHost(account, region) : host;
}

/** What a function hears of the registry that the token is for. */
export function eventFor(registry: Registry): Readonly<Record<string, string>> {
  const { service, region, account } = registry;
  if (account === noAccount) return { region, service };
  return { registry: hostFor(registry), region, ...(account !== undefined && { account }), service };
}
