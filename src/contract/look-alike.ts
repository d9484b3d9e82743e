import { privateRegistryHost } from './registry.ts';

/** A host that looks like an ECR registry but is not one. */
export interface LookAlike {
  readonly host: string;
  /** What the host is, as the rest of a sentence that begins with the host. */
  readonly is: string;
  /** What to do about it. */
  readonly remedy: string;
}

const region = String.raw`(?<region>[a-z]{2,5}(?:-[a-z0-9]+)+)`;
/**
 * The name of a PrivateLink endpoint, for a region or for one zone of it. Recorded names carry no account, but an
 * operator may have added one in front.
 */
const endpoint = new RegExp(
  String.raw`^(?:(?<account>\d{12})\.)?vpce-[a-z0-9-]+\.dkr[.-]ecr(?:-fips)?\.${region}\.vpce\.amazonaws\.com(?:\.cn)?$`,
);
const registryLike = /(^|\.)dkr[.-]ecr(-fips)?\./;

/**
 * Recognizes a host that has the form of a registry but is rejected by `parseAddress`; undefined for all other hosts.
 */
export function lookAlike(address: string): LookAlike | undefined {
  const host = address
    .trim()
    .toLowerCase()
    .replace(/^[a-z][a-z0-9+.-]*:\/\//, '')
    .replace(/[/?#].*$/s, '')
    .replace(/:\d+$/, '')
    .replace(/\.$/, '');
  if (!registryLike.test(host) || !/^[a-z0-9.-]{1,253}$/.test(host)) return undefined;
  const { account, region: of } = endpoint.exec(host)?.groups ?? {};
  if (of === undefined)
    return {
      host,
      is: 'looks like an ECR registry and is not one',
      remedy: `Correct it to ACCOUNT.dkr.ecr.REGION.amazonaws.com. ${orAlias(host)}`,
    };
  return {
    host,
    is: 'is the name of a VPC endpoint, which does not say the account',
    remedy: `Add to a configuration file${account ? '' : ', with the 12 digits of the account'}: ${aliasLine(host, privateRegistryHost(account ?? 'ACCOUNT', of))}`,
  };
}

/** The line to paste into a configuration file. */
const aliasLine = (host: string, registry: string): string => `aliases: [{ host: ${host}, registry: ${registry} }]`;
const orAlias = (host: string): string =>
  `Or, if it leads to an ECR registry, add to a configuration file: ${aliasLine(host, 'ACCOUNT.dkr.ecr.REGION.amazonaws.com')}`;

/** The maximum number of look-alikes that are reported for one discovery. */
const most = 20;

/** Wraps an address parser and collects the look-alikes among the addresses that it rejects. */
export function lookAlikeWatch<T>(read: (address: string) => T | undefined) {
  let seen = new Map<string, LookAlike>();
  return {
    read(address: string): T | undefined {
      const found = read(address);
      const like = found === undefined && seen.size < most ? lookAlike(address) : undefined;
      if (like) seen.set(like.host, like);
      return found;
    },
    /** Returns the look-alikes since the last call, and forgets them. */
    take(): readonly LookAlike[] {
      const taken = [...seen.values()];
      seen = new Map();
      return taken;
    },
  };
}
