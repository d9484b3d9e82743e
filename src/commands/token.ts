import { withoutOurs } from '../../config/env.ts';
import { clock } from '../contract/clock.ts';
import { Failure } from '../contract/failures.ts';
import { lookAlike } from '../contract/look-alike.ts';
import { parseAddress, privateRegistryHost, type Registry } from '../contract/registry.ts';
import { makeSources } from '../ecr/source.ts';
import { openOnce } from '../io/once.ts';
import { reachAws } from '../io/reach.ts';
import { knownAdapters } from './adapters.ts';
import { configOptions, exit, type Io, readArgs, readConfig, UsageError } from './io.ts';

/**
 * Prints a fresh password, and nothing else: `ecr-courier token HOST | docker login --username AWS --password-stdin
 * HOST`.
 */
export async function token(args: string[], io: Io): Promise<number> {
  const { values, positionals } = readArgs(args, { ...configOptions, region: { type: 'string' } }, { allowPositionals: true });
  const { region, ...rest } = values;
  const config = await readConfig(rest, io);
  const fallback = config.sources.find(source => source.name === 'default')?.region;
  const registry = registryOf(positionals, region ?? fallback, address => parseAddress(address, config.aliases)?.registry);
  const commandEnv = withoutOurs(io.env, await knownAdapters(io.env));
  const sources = makeSources(config.sources, { once: openOnce(reachAws({ env: io.env })), clock, env: io.env, commandEnv });
  const source = sources.choose(registry, { target: '', id: '' });
  if (!source) throw new Failure('MISCONFIGURED', `No source serves ${registry.host}.`);
  const credential = await source.fetch(registry, io.signal);
  io.stdout.write(`${credential.password.reveal()}\n`);
  return exit.ok;
}

function registryOf(hosts: readonly string[], region: string | undefined, read: (address: string) => Registry | undefined): Registry {
  const [host, ...more] = hosts;
  if (more.length > 0) throw new UsageError('one registry at a time');
  if (host !== undefined) {
    const registry = read(host);
    const like = registry ? undefined : lookAlike(host);
    if (like) throw new UsageError(`${like.host} ${like.is}. ${like.remedy}`);
    if (!registry) throw new UsageError(`${host} is no ECR registry: ACCOUNT.dkr.ecr.REGION.amazonaws.com is expected`);
    return registry;
  }
  // A token serves every registry of its region, so the account in the name does not matter.
  const registry = region && read(privateRegistryHost('000000000000', region));
  if (!registry) throw new UsageError(region ? `${region} is no AWS region` : 'name a registry, or --region, or set AWS_REGION');
  return registry;
}
