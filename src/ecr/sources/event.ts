import { noAccount, parseAddress, privateRegistryHost, type Registry } from '../../contract/registry.ts';

/** The host of the registry as ECR names it. For an alias it is the host behind it. */
export function hostFor({ host, region, account }: Registry): string {
  const isAlias = parseAddress(host) === undefined;
  return isAlias && account !== undefined ? privateRegistryHost(account, region) : host;
}

/** The event that tells a function which registry the token is for. */
export function eventFor(registry: Registry): Readonly<Record<string, string>> {
  const { service, region, account } = registry;
  if (account === noAccount) return { region, service };
  return { registry: hostFor(registry), region, ...(account !== undefined && { account }), service };
}
