import { jsonText } from '../../contract/text.ts';
import { spokenSince, tokensSince } from '../../kubelet/fields.ts';
import { partitionOf, partitions, providerConfig, providerName, spellings, type Wish, yamlOf } from '../../kubelet/generate.ts';
import { listed, oneOf } from '../given.ts';
import { exit, type Io, readArgs, UsageError } from '../io.ts';
import { regionNotes } from '../regions.ts';
import { minorOf } from './check.ts';

/** Options that describe the wanted configuration. */
export const wishOptions = {
  account: { type: 'string', multiple: true },
  region: { type: 'string', multiple: true },
  partition: { type: 'string', multiple: true },
  spelling: { type: 'string', multiple: true },
  'no-public': { type: 'boolean' },
  'token-mode': { type: 'string' },
  name: { type: 'string' },
  env: { type: 'string', multiple: true },
  kubernetes: { type: 'string' },
} as const;

/** `kubelet config`: prints a CredentialProviderConfig that the kubelet accepts. */
export function kubeletConfig(args: string[], io: Pick<Io, 'stdout' | 'stderr'>): Promise<number> {
  const { values } = readArgs(args, { ...wishOptions, json: { type: 'boolean' } });
  const wish = wishOf(values);
  const config = providerConfig(wish);
  io.stdout.write(values.json ? jsonText(config) : yamlOf(config));
  for (const note of [...regionNotes(wish.regions), ...sharedSuffix(wish)]) io.stderr.write(`Note: ${note}\n`);
  return Promise.resolve(exit.ok);
}

/** A note if partitions share a DNS suffix, because a pattern cannot tell them apart then. */
function sharedSuffix({ partitions: wanted, regions }: Wish): string[] {
  const [gov, commercial] = [wanted.includes('aws-us-gov'), wanted.includes('aws')];
  if (gov === commercial || regions.length > 0) return [];
  const shared = 'the hosts of aws-us-gov end in amazonaws.com and on.aws, as those of aws do';
  return [gov ? `${shared}: the patterns tell them apart by their regions, us-gov-*.` : `${shared}: the patterns match them, too.`];
}

type Given = ReturnType<typeof readArgs<typeof wishOptions>>['values'];

export function wishOf(given: Given): Wish {
  const minor = minorOf(given.kubernetes);
  if (minor < spokenSince)
    throw new UsageError(
      `--kubernetes says 1.${minor}, and the version of the protocol that ${providerName} speaks is known since Kubernetes 1.${spokenSince}: an older kubelet does not start with it`,
    );
  const tokenMode = oneOf(given['token-mode'] ?? 'off', ['off', 'optional', 'required'], 'mode');
  if (tokenMode !== 'off' && minor < tokensSince)
    throw new UsageError(`--token-mode is for Kubernetes 1.${tokensSince} and newer, and --kubernetes says 1.${minor}`);
  const regions = listed(given.region, /^[a-z][a-z0-9]*(-[a-z0-9]+)+$/, 'no region: eu-west-1 is one');
  regionNotes(regions);
  const wanted = listed(given.partition).map(text => oneOf(text, partitions, 'partition'));
  const apart = regions.find(region => wanted.length > 0 && !wanted.includes(partitionOf(region)));
  if (apart)
    throw new UsageError(`the region ${apart} is of the partition ${partitionOf(apart)}, and --partition says ${wanted.join(', ')}`);
  return {
    minor,
    accounts: listed(given.account, /^\d{12}$/, 'no account: twelve digits are expected'),
    regions,
    partitions: wanted,
    spellings: given.spelling
      ? listed(given.spelling)
          .map(text => oneOf(text, ['plain', ...spellings] as const, 'spelling'))
          .filter(text => text !== 'plain')
      : spellings,
    publicHosts: given['no-public'] ? 'without' : 'with',
    tokenMode,
    name: nameOf(given.name),
    env: (given.env ?? []).map(pairOf),
  };
}

function nameOf(name = providerName): string {
  if (!/^[^/\s]+$/.test(name) || name === '.' || name === '..') throw new UsageError(`${name} is not a name of an executable`);
  return name;
}

function pairOf(text: string): readonly [string, string] {
  const [, name, value] = /^([^=]+)=(.*)$/s.exec(text) ?? [];
  if (name === undefined || value === undefined)
    throw new UsageError(
      text.startsWith('=') ? '--env has no name: NAME=VALUE is expected' : `${text.split('=')[0]} has no value: NAME=VALUE is expected`,
    );
  return [name, value];
}
