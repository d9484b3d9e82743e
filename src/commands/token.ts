import type { Config } from '../../config/load.ts';
import type { Credential } from '../contract/credential.ts';
import { Failure } from '../contract/failures.ts';
import { lookAlike } from '../contract/look-alike.ts';
import { type Address, anyRegistryOf, noAccount, parseAddress, type Registry } from '../contract/registry.ts';
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
 * `token`: prints only a fresh password, for `ecr-courier token HOST | docker login --username AWS --password-stdin
 * HOST`. With `--format`, prints the logins of all named hosts in that format.
 */
export async function token(args: string[], io: Io): Promise<number> {
  const { values, positionals } = readArgs(args, options, { allowPositionals: true });
  const { region, format, name, namespace, ...rest } = values;
  const print = printerOf(format, { name, namespace });
  if (positionals.length > 1 && !print) throw new UsageError('one registry at a time, or several with --format');
  const config = await readConfig(rest, io);
  const fallback = config.sources.find(source => source.name === 'default')?.region;
  const read = (address: string): Address | undefined => parseAddress(address, config.aliases);
  const asked = positionals.length > 0 ? onceEach(positionals.map(host => named(host, read))) : [ofRegion(region ?? fallback)];
  const fetch = await fetcherOf(config, io);
  const logins: Login[] = [];
  for (const { registry, port } of asked) {
    const credential = await fetch(registry);
    logins.push({ host: `${print ? hostOf(registry, credential) : registry.host}${port}`, credential });
  }
  io.stdout.write(print ? print(logins) : `${logins[0]?.credential.password.reveal()}\n`);
  return exit.ok;
}

/** The host; if the user named no registry, that of the identity's own account, as ECR returns it. */
function hostOf({ account, host }: Registry, { own }: Credential): string {
  if (account !== noAccount) return host;
  if (own) return own.host;
  throw new UsageError('name the registries that the logins are for, as ECR does not say whose account the token is of');
}

/** A requested registry. To clients, a host with a port is another registry than the same host without. */
type Asked = Pick<Address, 'registry' | 'port'>;
const onceEach = (all: readonly Asked[]): Asked[] => [
  ...new Map(all.map(asked => [`${asked.registry.host}${asked.port}`, asked])).values(),
];

function printerOf(format: string | undefined, { name, namespace }: { readonly [K in keyof Naming]: string | undefined }) {
  const print = format !== undefined && Object.hasOwn(formats, format) ? formats[format] : undefined;
  if (format !== undefined && !print) throw new UsageError(`there is no format ${format}; there are ${Object.keys(formats).join(', ')}`);
  if (format !== 'k8s-secret' && (name ?? namespace) !== undefined)
    throw new UsageError(`${name === undefined ? '--namespace' : '--name'} goes with --format k8s-secret`);
  if (name !== undefined && !isSecretName(name))
    throw new UsageError(
      `${name} is not a name of a Secret: lower-case letters, digits and -, in parts between dots that begin and end with a letter or digit`,
    );
  if (namespace !== undefined && !isNamespace(namespace))
    throw new UsageError(
      `${namespace} is not a name of a namespace: at most 63 lower-case letters, digits and -, a letter or digit at both ends`,
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

type Read = (address: string) => Address | undefined;

function named(host: string, read: Read): Asked {
  const address = read(host);
  const like = address ? undefined : lookAlike(host);
  if (like) throw new UsageError(`${like.host} ${like.is}. ${like.remedy}`);
  if (!address) throw new UsageError(`${shownAddress(host)} is not an ECR registry: ACCOUNT.dkr.ecr.REGION.amazonaws.com is expected`);
  return address;
}

/** A registry of the region. A token serves all of them, so the account does not matter. */
function ofRegion(region: string | undefined): Asked {
  const registry = region && anyRegistryOf(region);
  if (!registry) throw new UsageError(region ? `${region} is not an AWS region` : 'name a registry, or --region, or set AWS_REGION');
  return { registry, port: '' };
}
