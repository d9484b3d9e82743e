import { parseAddress, type Registry } from '../../contract/registry.ts';
import { describeIdentity } from '../../ecr/keys/identity.ts';
import type { Choice } from '../../ecr/sources/choice.ts';
import { explain, isServed, noImage } from '../../kubelet/explain.ts';
import { providerName } from '../../kubelet/generate.ts';
import { readSettings } from '../../pull/settings.ts';
import type { Io } from '../io.ts';
import { checked, starts } from '../kubelet/check.ts';

/** What the kubelet would do for an image, as lines. `fine`: it starts, and a provider serves a private ECR image. */
export interface KubeletPart {
  readonly fine: boolean;
  readonly lines: readonly string[];
}

/**
 * Tells which pattern matches, or why none does, and which provider would return what. `files` replaces the provider's
 * own configuration files. Sends no requests.
 */
export async function kubeletPart(
  image: string,
  { path, minor, files }: { readonly path: string; readonly minor: number; readonly files: readonly string[] | undefined },
  io: Pick<Io, 'env'>,
): Promise<KubeletPart> {
  const { providers, remarks } = await checked(path, minor);
  if (!starts(remarks)) return { fine: false, lines: [`it does not start with ${path}: \`ecr-courier kubelet check ${path}\` tells why`] };
  const wrong = noImage(image);
  if (wrong) return { fine: true, lines: [wrong] };
  const env = { ...io.env, ...Object.fromEntries(providers.find(({ name }) => name === providerName)?.env ?? []) };
  const { sources, aliases } = await readSettings(env, files);
  const isPrivate = parseAddress(image.replace(/\/.*$/s, ''), aliases)?.registry.service === 'ecr';
  const fine = !isPrivate || isServed(image, providers);
  return { fine, lines: explain(image, providers, aliases, registry => identity(registry, sources, env)) };
}

/** The identity in the environment of the provider: this shell's variables, overridden by those of the file. */
function identity(registry: Registry, sources: Choice, env: Io['env']): string {
  // The provider serves ECR Public without a configured source.
  const spec =
    sources.choose(registry) ?? (registry.service === 'ecr-public' ? { name: 'default', service: 'ecr-public' as const } : undefined);
  return spec ? `source ${spec.name}, ${describeIdentity(spec, env)}` : 'no source serves it';
}
