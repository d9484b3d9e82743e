import type { Deps, Finding, Slot } from '../../src/contract/adapter.ts';
import { fingerprint } from '../../src/contract/credential.ts';
import { expirationIn } from '../../src/contract/expiry.ts';
import type { Registry } from '../../src/contract/registry.ts';
import { Secret } from '../../src/contract/secret.ts';
import { label } from '../../src/contract/text.ts';
import { isEmpty, withoutMark } from './edit.ts';
import { type Entry, entriesIn, helpersIn, isBest, readEntry, readKey, relationOf } from './entries.ts';
import type { Code } from './findings.ts';

/** Nothing more is known of an entry than its host. */
export type Ref = null;
type Means = Pick<Deps<Code>, 'registry' | 'finding' | 'wanted'>;

/** The helper of the courier itself: what it answers is as fresh as the entry. */
const own = 'ecr-courier';

/** What the text of a file comes to. It must be readable. */
export function survey(whole: string | undefined, path: readonly string[], deps: Means) {
  const text = withoutMark(whole ?? '');
  const entries = isEmpty(text) ? [] : entriesIn(text, path);
  const helpers = isEmpty(text) || path.length === 0 ? { byHost: new Map<string, string>(), store: undefined } : helpersIn(text);
  const registries = new Map(entries.flatMap(({ key }) => registryOf(key, deps)).map(registry => [registry.host, registry]));
  const marked = whole !== undefined && whole !== text;
  const slots: Slot<Ref>[] = [];
  for (const registry of registries.values()) {
    const own = entries.filter(({ key }) => relationOf(key, registry.host) !== undefined);
    slots.push(slotOf(registry, own, marked, [...helperFindings(registry, helpers, deps), ...pathFindings(own, registry, deps)]));
  }
  for (const registry of deps.wanted.filter(({ host }) => !registries.has(host)))
    slots.push({
      id: registry.host,
      registries: [registry],
      state: 'absent',
      findings: helperFindings(registry, helpers, deps),
      ref: null,
    });
  const served = new Set(slots.map(({ id }) => id));
  return { slots, findings: brokenFindings(entries, served, deps) };
}

/** None for an address with a port that is not ECR's: something else listens there. */
function registryOf(key: string, { registry }: Means): Registry[] {
  const found = registry(key)?.registry;
  return found && relationOf(key, found.host) !== undefined ? [found] : [];
}

function slotOf(registry: Registry, entries: readonly Entry[], marked: boolean, findings: readonly Finding[]): Slot<Ref> {
  const logins = entries.filter(({ key }) => relationOf(key, registry.host) !== 'path');
  const [only, ...others] = logins;
  const isSound = !marked && others.length === 0 && only?.key === registry.host && isBest(only.value);
  return {
    id: registry.host,
    registries: [registry],
    state: isSound ? 'present' : 'drifted',
    ...(isSound && held(only.value)),
    findings,
    ref: null,
  };
}

/** What a sound entry holds, if its password says when it ends. */
function held(value: unknown): Pick<Slot, 'holds'> {
  const { login } = readEntry(value);
  const expiresAt = login && expirationIn(login.password);
  return expiresAt ? { holds: { fingerprint: fingerprint({ password: new Secret(login.password) }), expiresAt } } : {};
}

type Helpers = ReturnType<typeof helpersIn>;

function helperFindings({ host }: Registry, { byHost, store }: Helpers, { finding }: Means): Finding[] {
  const helper = byHost.get(host);
  if (helper === own) return [];
  if (helper)
    return [
      finding(
        'HELPER_FIRST',
        `docker-credential-${label(helper)} is the credential helper of ${host}: most clients ask it, and not the file.`,
      ),
    ];
  const exempt =
    helper === ''
      ? ' The empty helper of this host does not help: crane, oras, nerdctl and docker-py ask the store nevertheless, podman and skopeo fail.'
      : '';
  if (store === undefined || store === own) return [];
  return [
    finding('STORE_FIRST', `The credsStore docker-credential-${label(store)} comes before the entry of ${host} in most clients.${exempt}`),
  ];
}

const pathFindings = (entries: readonly Entry[], { host }: Registry, { finding }: Means): Finding[] =>
  entries
    .filter(({ key }) => relationOf(key, host) === 'path')
    .map(({ key }) => finding('PATH_ENTRY', `The entry ${label(key)} stands beside that of ${host}.`));

/** So many are told. */
const most = 20;

/** Entries that stop others at the whole file. Those that the courier writes it mends itself. */
function brokenFindings(entries: readonly Entry[], served: ReadonlySet<string>, { finding }: Means): Finding[] {
  const broken = entries.flatMap(({ key, value }) => {
    const { broken: why } = readEntry(value);
    const isOurs = [...served].some(host => ['bare', 'spelling'].includes(relationOf(key, host) ?? ''));
    return why === undefined || isOurs ? [] : [finding('FILE_BROKEN', `The entry of ${label(readKey(key).host) || 'no host'} ${why}.`)];
  });
  return broken.slice(0, most);
}
