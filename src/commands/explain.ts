import type { Registry } from '../contract/registry.ts';
import type { Choice } from '../ecr/choice.ts';
import { describeIdentity } from '../ecr/identity.ts';
import { explain, noImage } from '../kubelet/explain.ts';
import { providerName } from '../kubelet/generate.ts';
import { readSettings } from '../pull/settings.ts';
import { configOptions, exit, type Io, readArgs, UsageError } from './io.ts';
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
  const { 'provider-config': path, kubernetes, config: files } = values;
  const [image, ...more] = positionals;
  if (!image || more.length > 0) throw new UsageError('one image is needed');
  if (path === undefined) throw new UsageError('--provider-config is needed: what the kubelet gets as --image-credential-provider-config');
  const { providers, remarks } = await checked(path, minorOf(kubernetes));
  if (!starts(remarks)) {
    io.stderr.write(`The kubelet does not start with ${path}: \`ecr-courier kubelet check ${path}\` tells why.\n`);
    return exit.failed;
  }
  const wrong = noImage(image);
  if (wrong) throw new UsageError(wrong);
  const env = { ...io.env, ...Object.fromEntries(providers.find(({ name }) => name === providerName)?.env ?? []) };
  const { sources, aliases } = await readSettings(env, files);
  const lines = explain(image, providers, aliases, registry => identity(registry, sources, env));
  io.stdout.write(`${lines.join('\n')}\n`);
  return exit.ok;
}

/** In the environment of the provider: that of this shell, and what the file sets over it. */
function identity(registry: Registry, sources: Choice, env: Io['env']): string {
  // The provider answers for ECR Public unasked.
  const spec =
    sources.choose(registry) ?? (registry.service === 'ecr-public' ? { name: 'default', service: 'ecr-public' as const } : undefined);
  return spec ? `source ${spec.name}, ${describeIdentity(spec, env)}` : 'no source serves it';
}
