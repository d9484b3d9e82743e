import { privateRegistryHost } from './registry.ts';

/** A host that looks like one of ECR's registries and is none. */
export interface LookAlike {
  readonly host: string;
  /** What it is, as the rest of a sentence that begins with the host. */
  readonly is: string;
  /** What to do about it. */
  readonly remedy: string;
}

const region = String.raw`(?<region>[a-z]{2,5}(?:-[a-z0-9]+)+)`;
/**
 * Of PrivateLink, of a region or of one zone of it; recorded names carry no account, but somebody may put one in front.
 */
const endpoint = new RegExp(
  String.raw`^(?:(?<account>\d{12})\.)?vpce-[a-z0-9-]+\.dkr[.-]ecr(?:-fips)?\.${region}\.vpce\.amazonaws\.com(?:\.cn)?$`,
);
const registryLike = /(^|\.)dkr[.-]ecr(-fips)?\./;

/** A host of the form of a registry that `parseAddress` does not take for one; undefined for all other hosts. */
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
      is: 'looks like a registry of ECR and is none',
      remedy: `Correct it to ACCOUNT.dkr.ecr.REGION.amazonaws.com. ${orAlias(host)}`,
    };
  return {
    host,
    is: 'is the name of a VPC endpoint, which does not say the account',
    remedy: `Add to a configuration file${account ? '' : ', with the 12 digits of the account'}: ${aliasLine(host, privateRegistryHost(account ?? 'ACCOUNT', of))}`,
  };
}

/** As it is pasted into a file. */
const aliasLine = (host: string, registry: string): string => `aliases: [{ host: ${host}, registry: ${registry} }]`;
const orAlias = (host: string): string =>
  `Or, if it leads to a registry of ECR, add to a configuration file: ${aliasLine(host, 'ACCOUNT.dkr.ecr.REGION.amazonaws.com')}`;

/** Of one look at a manager so many are told. */
const most = 20;

/** Reads addresses, and keeps the look-alikes among those that were no registries. */
export function lookAlikeWatch<T>(read: (address: string) => T | undefined) {
  let seen = new Map<string, LookAlike>();
  return {
    read(address: string): T | undefined {
      const found = read(address);
      const like = found === undefined && seen.size < most ? lookAlike(address) : undefined;
      if (like) seen.set(like.host, like);
      return found;
    },
    /** Those since the last call. */
    take(): readonly LookAlike[] {
      const taken = [...seen.values()];
      seen = new Map();
      return taken;
    },
  };
}
