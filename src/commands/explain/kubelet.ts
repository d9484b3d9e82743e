import { parseAddress, type Registry } from '../../contract/registry.ts';
import { describeIdentity } from '../../ecr/keys/identity.ts';
import type { Choice } from '../../ecr/sources/choice.ts';
import { explain, isServed, noImage } from '../../kubelet/explain.ts';
import { providerName } from '../../kubelet/generate.ts';
import { readSettings } from '../../pull/settings.ts';
import type { Io } from '../io.ts';
import { checked, starts } from '../kubelet/check.ts';

/**
 * What the kubelet would do for an image, as lines. `fine`: it starts, and a provider serves a private image of ECR.
 */
export interface KubeletPart {
  readonly fine: boolean;
  readonly lines: readonly string[];
}

/**
 * Which pattern matches or why none does, and who answers with what. `files`: in place of the provider's own. Asks
 * nobody.
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

/** In the environment of the provider: that of this shell, and what the file sets over it. */
function identity(registry: Registry, sources: Choice, env: Io['env']): string {
  // The provider answers for ECR Public unasked.
  const spec =
    sources.choose(registry) ?? (registry.service === 'ecr-public' ? { name: 'default', service: 'ecr-public' as const } : undefined);
  return spec ? `source ${spec.name}, ${describeIdentity(spec, env)}` : 'no source serves it';
}
