import type { Deps } from '../../src/contract/adapter.ts';
import type { Registry } from '../../src/contract/registry.ts';
import type { Finding, Slot } from '../../src/contract/target.ts';
import { label, shownAddress } from '../../src/contract/text.ts';
import { isOptedOut } from '../kubernetes/choice.ts';
import { sourceAnnotation } from '../kubernetes/names.ts';
import { textOf } from '../kubernetes/objects.ts';
import type { Code } from './findings.ts';
import { inherited, type Repository } from './repository.ts';
import { isBelow, isCovered, type Template } from './templates.ts';

/** The name of a Secret, and what to make where there is none. none: it is not ours to write. */
export interface Ref {
  readonly name: string;
  readonly made?: Template;
}
export type Means = Pick<Deps<Code>, 'registry' | 'hasSource' | 'finding' | 'clock'>;
/** Why a repository gets no login of ours. */
type Bar = Extract<Code, 'KEPT_ELSEWHERE' | 'REPOSITORY_IMMUTABLE' | 'PLAIN_TRANSPORT'>;

/** The registry of a repository. undefined: it is not ECR, is at another port, or no source gives tokens for it. */
export function registryOf({ url }: Repository, { registry, hasSource }: Pick<Means, 'registry' | 'hasSource'>): Registry | undefined {
  const address = registry(url);
  if (!address || !['', ':443'].includes(address.port)) return undefined;
  return address.registry.service === 'ecr' || hasSource(address.registry) ? address.registry : undefined;
}

export function barOf({ keeper, isImmutable, transport }: Repository): Bar | undefined {
  if (keeper !== undefined) return 'KEPT_ELSEWHERE';
  if (isImmutable) return 'REPOSITORY_IMMUTABLE';
  return transport === 'TLS' ? undefined : 'PLAIN_TRANSPORT';
}

const reasons: Readonly<Record<Bar, (one: Repository) => string>> = {
  KEPT_ELSEWHERE: ({ keeper = '' }) => `is kept by ${label(keeper, 100)}`,
  REPOSITORY_IMMUTABLE: () => 'is immutable',
  PLAIN_TRANSPORT: () => 'lets Argo CD send its login unencrypted',
};
export const whyBarred = (bar: Bar, one: Repository): string => reasons[bar](one);

/** What a person should know of a repository that is kept fresh. */
function formFindings(what: string, one: Repository, all: readonly Repository[], means: Means): Finding[] {
  const { kind, url, type, oci, unreadable } = one;
  const { finding } = means;
  if (unreadable !== undefined) return [unreadableIn(what, unreadable, means)];
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(url)?.[1]?.toLowerCase();
  if (scheme !== undefined && scheme !== 'oci')
    return [finding('NO_CHARTS_THERE', `The URL in ${what} begins with ${label(scheme, 20)}://.`)];
  const isFit = scheme === 'oci' ? type === 'oci' : type === 'helm' && oci === 'enabled';
  const said = `The URL in ${what} is one of ${scheme === 'oci' ? 'OCI' : 'Helm charts in OCI'}, and its type is ${type === '' ? 'missing' : label(type, 20)}`;
  const unfit = finding('TYPE_UNFIT', `${said}${scheme !== 'oci' && type === 'helm' ? `, with OCI ${oci}` : ''}.`);
  const isOpen = kind === 'repo-creds' && !url.replace(/^oci:\/\//i, '').includes('/');
  return [
    ...(isFit ? [] : [unfit]),
    ...urlFindings(what, one, means),
    ...(isFit && isOverlooked(one, all) ? [finding('NAME_MISSING', `${what} has no name.`)] : []),
    ...(isOpen ? [finding('OPEN_END', `The URL in ${what} ends with the host.`)] : []),
  ];
}

const unreadableIn = (what: string, key: string, { finding }: Means): Finding =>
  finding('SETTING_UNREADABLE', `Argo CD does not read the value of ${label(key, 40)} in ${what}.`);

/** A path of repositories in an OCI registry, with its first slash. */
const path = /^(\/[a-z0-9]+([._-]+[a-z0-9]+)*)+$/;

function urlFindings(what: string, { kind, url }: Repository, { finding }: Means): Finding[] {
  const [, scheme = '', rest = ''] = /^([a-z][a-z0-9+.-]*:\/\/)?[^/]*(.*)$/is.exec(url) ?? [];
  const isFit = path.test(rest) || (rest === '' && scheme === '');
  return kind === 'repo-creds' || isFit ? [] : [finding('URL_UNFIT', `From the URL in ${what} nothing can be pulled.`)];
}

/** Whether dependencies get no login for it: it has no name, and no `repo-creds` serve its URL. */
const isOverlooked = ({ kind, type, name, url }: Repository, all: readonly Repository[]): boolean =>
  kind === 'repository' &&
  type === 'helm' &&
  name === '' &&
  !all.some(one => one.kind === 'repo-creds' && one.type === 'helm' && url.startsWith(one.url));

/** What a person should know of a repository that uses the login of others. */
function heirFindings(what: string, one: Repository, means: Means): Finding[] {
  if (one.unreadable !== undefined) return [unreadableIn(what, one.unreadable, means)];
  const plain = means.finding('PLAIN_TRANSPORT', `${what} ${whyBarred('PLAIN_TRANSPORT', one)}.`);
  return [...(one.transport === 'TLS' ? [] : [plain]), ...urlFindings(what, one, means)];
}

/** The templates for the wanted registries, and which of them repositories without a login wait for. */
interface Plans {
  readonly templates: readonly Template[];
  readonly hoped: readonly Template[];
}

/** Which Secrets are kept, and which are made. */
export function survey(all: readonly Repository[], namespace: string, { templates, hoped }: Plans, means: Means) {
  const findings: Finding[] = [];
  const idOf = (name: string): string => `${namespace}/${name}`;
  const whatIs = (name: string): string => `Secret ${idOf(name)}`;

  function slotOf(one: Repository): Slot<Ref>[] {
    const { meta, url, login, isOfEcr, holds } = one;
    const address = means.registry(url);
    if (!address || isOptedOut(meta)) return [];
    const what = whatIs(meta.name);
    if (inherited(one, all) || isBelow(one, hoped)) {
      findings.push(...heirFindings(what, one, means));
      return [];
    }
    const registry = registryOf(one, means);
    if (!registry) {
      if (address.registry.service === 'ecr-public' && login === 'own')
        findings.push(means.finding('PUBLIC_REPOSITORY_LOGIN', `${what} has a login for ${address.registry.host}.`));
      return [];
    }
    const named = { id: idOf(meta.name), title: `${idOf(meta.name)} (${shownAddress(url)})`, ref: { name: meta.name } };
    const bar = barOf(one);
    if (bar) {
      const code = bar === 'KEPT_ELSEWHERE' && (holds?.expiresAt.getTime() ?? 0) <= means.clock.wall() ? 'LEFT_TO_END' : bar;
      return [{ ...named, registries: [], state: 'present', findings: [means.finding(code, `${what} ${whyBarred(bar, one)}.`)] }];
    }
    const source = textOf(meta.annotations[sourceAnnotation]).trim();
    return [
      {
        ...named,
        registries: [registry],
        state: isOfEcr ? 'present' : 'drifted',
        ...(isOfEcr && holds && { holds }),
        ...(source !== '' && { source }),
        findings: formFindings(what, one, all, means),
      },
    ];
  }

  const slots = all.flatMap(slotOf);
  const taken = new Set(all.map(({ meta }) => meta.name));
  const absent = templates
    .filter(template => !taken.has(template.name) && !isCovered(template, all))
    .map((made): Slot<Ref> => ({ id: idOf(made.name), registries: [made.registry], state: 'absent', ref: { name: made.name, made } }));
  return { slots: [...slots, ...absent], findings };
}
