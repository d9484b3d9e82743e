import type { Placed } from '../../config/origin.ts';
import type { Decoded } from './decode.ts';
import { parseGoDuration } from './duration.ts';
import { protocolVersions, spoken } from './fields.ts';
import { providerName } from './generate.ts';
import { verdictsOn } from './patterns.ts';
import type { Remark } from './remark.ts';
import { entriesOf, listOf, textsOf, wordOf } from './shape.ts';
import { tokenMistakes, unforwarded } from './token-attributes.ts';

/** The parts of a provider that are used outside this check. */
export interface Provider {
  readonly name: string;
  readonly where: string;
  /** The protocol version in which the kubelet asks it. */
  readonly apiVersion: string;
  readonly matchImages: readonly string[];
  /** The text as it is written. */
  readonly defaultCacheDuration: string;
  readonly tokenMode: boolean;
  /** The provider is not asked for a pod whose service account lacks them. */
  readonly requiredAnnotations: readonly string[];
  /** The annotations that are passed on to the provider, as far as a service account has them; no others are. */
  readonly forwardedAnnotations: readonly string[];
  readonly env: readonly (readonly [name: string, value: string])[];
}

/** Everything that the kubelet of Kubernetes 1.`minor` would say of the files, and what it would not say. */
export function lint(files: readonly Decoded[], minor: number): Remark[] {
  const providers = files.flatMap(({ file, providers }) =>
    providers.map((placed, index) => ({ file, placed, path: `providers[${index}]` })),
  );
  const decoded = files.flatMap(({ remarks }) => remarks);
  const none: Remark = { level: 'stops', where: files[0]?.file ?? '', path: 'providers', text: 'at least one provider is needed' };
  const isDecoded = !decoded.some(({ level }) => level === 'stops');
  return [
    ...decoded,
    ...(isDecoded && providers.length === 0 ? [none] : []),
    ...repeated(providers.map(({ placed }) => placed)),
    ...providers.flatMap(({ placed, path }) => mistakesOf(placed, path, minor)),
  ];
}

/** The providers of all files, in the order in which the kubelet asks them. */
export const providersOf = (files: readonly Decoded[]): Provider[] =>
  files.flatMap(({ providers }) =>
    providers.map(placed => {
      const entries = entriesOf(placed);
      const token = entriesOf(entries.get('tokenAttributes'));
      const required = textsOf(token.get('requiredServiceAccountAnnotationKeys'));
      return {
        name: wordOf(entries.get('name')),
        where: placed.origin.text,
        apiVersion: wordOf(entries.get('apiVersion')),
        matchImages: textsOf(entries.get('matchImages')),
        defaultCacheDuration: wordOf(entries.get('defaultCacheDuration')),
        requiredAnnotations: required,
        forwardedAnnotations: [...required, ...textsOf(token.get('optionalServiceAccountAnnotationKeys'))],
        tokenMode: token.size > 0,
        env: listOf(entries.get('env')).map(one => [wordOf(entriesOf(one).get('name')), wordOf(entriesOf(one).get('value'))] as const),
      };
    }),
  );

function repeated(providers: readonly Placed[]): Remark[] {
  const first = new Map<string, string>();
  return providers.flatMap(({ value, origin }) => {
    const placed = value instanceof Map ? value.get('name') : undefined;
    const name = wordOf(placed);
    const before = first.get(name);
    if (before === undefined) first.set(name, placed?.origin.text ?? origin.text);
    return before === undefined
      ? []
      : [
          {
            level: 'stops',
            where: placed?.origin.text ?? origin.text,
            path: 'name',
            text: `${name} is the name of a provider at ${before} already`,
          },
        ];
  });
}

function mistakesOf(placed: Placed, path: string, minor: number): Remark[] {
  const entries = entriesOf(placed);
  const at = (name: string): Placed | undefined => entries.get(name);
  const remark = (level: Remark['level'], name: string, text: string): Remark => ({
    level,
    where: (at(name) ?? placed).origin.text,
    path: `${path}.${name}`,
    text,
  });
  const stop = (name: string, text: string): Remark => remark('stops', name, text);
  const [name, version, duration] = [wordOf(at('name')), wordOf(at('apiVersion')), wordOf(at('defaultCacheDuration'))];
  return [
    ...nameMistakes(name).map(text => stop('name', text)),
    ...versionMistake(version, minor).map(text => stop('apiVersion', text)),
    ...unspoken({ name, apiVersion: version }).map(text => remark('never', 'apiVersion', text)),
    ...(listOf(at('matchImages')).length === 0 ? [stop('matchImages', 'at least one pattern is needed')] : []),
    ...listOf(at('matchImages')).flatMap((item, index) =>
      verdictsOn(wordOf(item)).map(
        ({ level, text }): Remark => ({ level, where: item.origin.text, path: `${path}.matchImages[${index}]`, text }),
      ),
    ),
    ...(duration === '' ? [stop('defaultCacheDuration', 'is missing: write 0s, which leaves it to the provider')] : []),
    ...((parseGoDuration(duration) ?? 0) < 0 ? [stop('defaultCacheDuration', `must not be negative, and is ${duration}`)] : []),
    ...tokenMistakes(at('tokenAttributes'), `${path}.tokenAttributes`, version, minor),
    ...(name === providerName ? unforwarded(at('tokenAttributes'), `${path}.tokenAttributes`) : []),
  ];
}

function nameMistakes(name: string): string[] {
  if (name === '') return ['is missing: it is the name of an executable in the folder of --image-credential-provider-bin-dir'];
  if (name === '.' || name === '..') return [`must be the name of an executable, and is ${name}`];
  return [
    ...(name.includes('/') ? [`must be a name without a path, and is ${name}`] : []),
    ...(name.includes(' ') ? [`must have no blanks, and is ${JSON.stringify(name)}`] : []),
  ];
}

/** Why our own program would refuse every request. */
export const unspoken = ({ name, apiVersion }: Pick<Provider, 'name' | 'apiVersion'>): string[] =>
  name !== providerName || apiVersion === spoken || !Object.hasOwn(protocolVersions, apiVersion)
    ? []
    : [`${providerName} speaks ${spoken} alone: asked in ${apiVersion} it fails, and gives no login`];

function versionMistake(version: string, minor: number): string[] {
  if (version === '') return ['is missing: write credentialprovider.kubelet.k8s.io/v1'];
  const since = Object.hasOwn(protocolVersions, version) ? protocolVersions[version] : undefined;
  if (since === undefined) return [`is ${version}, and credentialprovider.kubelet.k8s.io/v1 is expected`];
  return since > minor ? [`is ${version}, which the kubelet knows since Kubernetes 1.${since}`] : [];
}
