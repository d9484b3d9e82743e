import type { Config } from '../../config/load.ts';
import type { Credential } from '../contract/credential.ts';
import { Failure } from '../contract/failures.ts';
import { lookAlike } from '../contract/look-alike.ts';
import { anyRegistryOf, parseAddress, type Registry } from '../contract/registry.ts';
import { shownAddress } from '../contract/text.ts';
import { makeSources } from '../ecr/sources/source.ts';
import { awsDeps, oneFetchEach } from './asking.ts';
import { configOptions, exit, type Io, readArgs, readConfig, UsageError } from './io.ts';
import { formats, isNamespace, isSecretName, type Login, type Naming } from './token-formats.ts';

const options = {
  ...configOptions,
  region: { type: 'string' },
  format: { type: 'string' },
  name: { type: 'string' },
  namespace: { type: 'string' },
} as const;

/**
 * Prints a fresh password, and nothing else: `ecr-courier token HOST | docker login --username AWS --password-stdin
 * HOST`. With a format: the logins of all hosts that are named, as others read them.
 */
export async function token(args: string[], io: Io): Promise<number> {
  const { values, positionals } = readArgs(args, options, { allowPositionals: true });
  const { region, format, name, namespace, ...rest } = values;
  const print = printerOf(format, { name, namespace });
  if (positionals.length > 1 && !print) throw new UsageError('one registry at a time, or several with --format');
  if (positionals.length === 0 && print) throw new UsageError('name the registries that the logins are for');
  const config = await readConfig(rest, io);
  const fallback = config.sources.find(source => source.name === 'default')?.region;
  const read = (address: string): Registry | undefined => parseAddress(address, config.aliases)?.registry;
  const registries = positionals.length > 0 ? onceEach(positionals.map(host => named(host, read))) : [ofRegion(region ?? fallback)];
  const fetch = await fetcherOf(config, io);
  const logins: Login[] = [];
  for (const registry of registries) logins.push({ host: registry.host, credential: await fetch(registry) });
  io.stdout.write(print ? print(logins) : `${logins[0]?.credential.password.reveal()}\n`);
  return exit.ok;
}

const onceEach = (registries: readonly Registry[]): Registry[] => [
  ...new Map(registries.map(registry => [registry.host, registry])).values(),
];

function printerOf(format: string | undefined, { name, namespace }: { readonly [K in keyof Naming]: string | undefined }) {
  const print = format !== undefined && Object.hasOwn(formats, format) ? formats[format] : undefined;
  if (format !== undefined && !print) throw new UsageError(`there is no format ${format}; there are ${Object.keys(formats).join(', ')}`);
  if (format !== 'k8s-secret' && (name ?? namespace) !== undefined)
    throw new UsageError(`${name === undefined ? '--namespace' : '--name'} goes with --format k8s-secret`);
  if (name !== undefined && !isSecretName(name))
    throw new UsageError(
      `${name} is no name of a Secret: lower-case letters, digits and -, in parts between dots that begin and end with a letter or digit`,
    );
  if (namespace !== undefined && !isNamespace(namespace))
    throw new UsageError(
      `${namespace} is no name of a namespace: at most 63 lower-case letters, digits and -, a letter or digit at both ends`,
    );
  return print && ((logins: readonly Login[]) => print(logins, { name: name ?? 'ecr-courier', namespace }));
}

async function fetcherOf(config: Config, io: Io) {
  const sources = makeSources(config.sources, await awsDeps(io));
  const fetch = oneFetchEach(io.signal);
  return async (registry: Registry): Promise<Credential> => {
    const source = sources.choose(registry);
    if (!source) throw unserved(registry);
    return await fetch(source, registry);
  };
}

const unserved = ({ host, service }: Registry): Failure =>
  new Failure('MISCONFIGURED', `No source serves ${host}.`, {
    remedy:
      service === 'ecr-public'
        ? 'Add to a configuration file: `sources: [{ name: public, service: ecr-public }]`.'
        : 'Add a source whose `accounts` or `registries` match it.',
  });

type Read = (address: string) => Registry | undefined;

function named(host: string, read: Read): Registry {
  const registry = read(host);
  const like = registry ? undefined : lookAlike(host);
  if (like) throw new UsageError(`${like.host} ${like.is}. ${like.remedy}`);
  if (!registry) throw new UsageError(`${shownAddress(host)} is no ECR registry: ACCOUNT.dkr.ecr.REGION.amazonaws.com is expected`);
  return registry;
}

/** A token serves every registry of its region, so the account in the name does not matter. */
function ofRegion(region: string | undefined): Registry {
  const registry = region && anyRegistryOf(region);
  if (!registry) throw new UsageError(region ? `${region} is no AWS region` : 'name a registry, or --region, or set AWS_REGION');
  return registry;
}
