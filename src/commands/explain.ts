import type { Registry } from '../contract/registry.ts';
import { choiceOf } from '../ecr/choice.ts';
import { describeIdentity } from '../ecr/identity.ts';
import { explain } from '../kubelet/explain.ts';
import type { Provider } from '../kubelet/lint.ts';
import { configOptions, exit, type Io, readArgs, readConfig, UsageError } from './io.ts';
import { checked, minorOf, starts } from './kubelet/check.ts';

/**
 * `explain IMAGE --provider-config PATH`: which pattern matches or why none does, and who answers with what. Asks
 * nobody.
 */
export async function explainImage(args: string[], io: Io): Promise<number> {
  const { values, positionals } = readArgs(
    args,
    { ...configOptions, 'provider-config': { type: 'string' }, kubernetes: { type: 'string' } },
    { allowPositionals: true },
  );
  const { 'provider-config': path, kubernetes, ...rest } = values;
  const [image, ...more] = positionals;
  if (!image || more.length > 0) throw new UsageError('one image is needed');
  if (path === undefined) throw new UsageError('--provider-config is needed: what the kubelet gets as --image-credential-provider-config');
  const { providers, remarks } = await checked(path, minorOf(kubernetes));
  const config = await readConfig(rest, io);
  if (!starts(remarks)) {
    io.stderr.write(`The kubelet does not start with ${path}: \`ecr-courier kubelet check ${path}\` tells why.\n`);
    return exit.failed;
  }
  const lines = explain(image, providers, config.aliases, (registry, asked) => identity(registry, asked, config.sources, io.env));
  io.stdout.write(`${lines.join('\n')}\n`);
  return exit.ok;
}

type Specs = Awaited<ReturnType<typeof readConfig>>['sources'];

/** In the environment of the provider: that of this shell, and what the file sets over it. */
function identity(registry: Registry, provider: Provider | undefined, specs: Specs, shell: Io['env']): string {
  const env = { ...shell, ...Object.fromEntries(provider?.env ?? []) };
  const chosen = choiceOf(specs).choose(registry);
  // The provider answers for ECR Public unasked.
  const spec = chosen ?? (registry.service === 'ecr-public' ? { name: 'default', service: 'ecr-public' as const } : undefined);
  return spec ? `source ${spec.name}, ${describeIdentity(spec, env)}` : 'no source serves it';
}
