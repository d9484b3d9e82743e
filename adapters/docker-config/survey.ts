import type { Deps } from '../../src/contract/adapter.ts';
import { fingerprintOf } from '../../src/contract/credential.ts';
import { expirationIn, untoldEnd } from '../../src/contract/expiry.ts';
import type { Registry } from '../../src/contract/registry.ts';
import type { Finding, Slot } from '../../src/contract/target.ts';
import { label, shownAddress } from '../../src/contract/text.ts';
import { homeOf, isEmpty, withoutMark } from './edit.ts';
import { type Entry, entriesIn, helpersIn, isBest, isMatch, readEntry, readKey, relationOf } from './entries.ts';
import type { Code } from './findings.ts';
import { docker, misfitIn } from './types.ts';

/** Slots need no reference, because the id has the host. */
export type Ref = null;
type Means = Pick<Deps<Code>, 'registry' | 'hasSource' | 'finding' | 'wanted'>;

/** The courier's own helper, whose answers are as fresh as the entries. */
const own = 'ecr-courier';

/** The entries of one host. */
interface Group {
  readonly registry: Registry;
  readonly logins: Entry[];
  readonly paths: Entry[];
}

/** Finds slots and findings in the text of a file, which must be readable. */
export function survey(whole: string | undefined, path: readonly string[], deps: Means) {
  const text = withoutMark(whole ?? '');
  const entries = isEmpty(text) ? [] : entriesIn(text, path);
  const helpers = isEmpty(text) || path.length === 0 ? { byHost: new Map<string, string>(), store: undefined } : helpersIn(text);
  const { groups, others } = groupsOf(entries, deps);
  const patterns = others.map(({ key }) => key).filter(key => readKey(key).host.includes('*'));
  const home = homeOf(text, path);
  const isHome = ({ map }: Entry): boolean => whole === text && map === home;
  const there = [...groups.values()]
    .filter(({ registry }) => isServed(registry, deps))
    .map(group =>
      slotOf(group, isHome, [
        ...helperFindings(group.registry, helpers, deps),
        ...pathFindings(group, deps),
        ...patternFindings(group.registry, patterns, deps),
      ]),
    );
  const absent = deps.wanted.filter(({ host }) => !groups.has(host));
  const slots = absent.map(
    (registry): Slot<Ref> => ({
      id: registry.host,
      registries: [registry],
      state: 'absent',
      findings: [...helperFindings(registry, helpers, deps), ...patternFindings(registry, patterns, deps)],
      ref: null,
    }),
  );
  return {
    slots: [...there, ...slots],
    findings: [...typeFindings(text, path, deps), ...brokenFindings(others, deps), ...publicFindings(groups, deps)],
  };
}

/** Whether entries for the registry are written. ECR Public needs no login, so it also needs a configured source. */
const isServed = (registry: Registry, { hasSource }: Means): boolean => registry.service === 'ecr' || hasSource(registry);

const publicFindings = (groups: ReadonlyMap<string, Group>, deps: Means): Finding[] =>
  [...groups.values()]
    .filter(({ registry, logins }) => !isServed(registry, deps) && logins.some(({ value }) => readEntry(value).login))
    .map(({ registry: { host } }) =>
      deps.finding('PUBLIC_ENTRY', `The file has a login for ${host}, which refuses it once it has expired.`),
    );

/** Groups entries by host. others: entries that the courier does not write. */
function groupsOf(entries: readonly Entry[], deps: Means) {
  const groups = new Map<string, Group>();
  const others: Entry[] = [];
  for (const entry of entries) {
    const registry = deps.registry(readKey(entry.key).host)?.registry;
    // An address with another port than ECR's has no relation, because another server listens there.
    const relation = registry && relationOf(entry.key, registry.host);
    if (!registry || relation === undefined || relation === 'path' || !isServed(registry, deps)) others.push(entry);
    if (!registry || relation === undefined) continue;
    const group = groups.get(registry.host) ?? { registry, logins: [], paths: [] };
    groups.set(registry.host, group);
    (relation === 'path' ? group.paths : group.logins).push(entry);
  }
  return { groups, others };
}

function slotOf({ registry, logins }: Group, isHome: (entry: Entry) => boolean, findings: readonly Finding[]): Slot<Ref> {
  const [only, ...others] = logins;
  const isSound = others.length === 0 && only?.key === registry.host && isOfEcr(only.value) && isHome(only);
  return {
    id: registry.host,
    registries: [registry],
    state: isSound ? 'present' : 'drifted',
    ...(isSound && held(only.value)),
    findings,
    ref: null,
  };
}

/** Whether an entry has the form that every client reads, and the user name of ECR. */
const isOfEcr = (value: unknown): boolean => isBest(value) && readEntry(value).login?.username === 'AWS';

/**
 * What a valid entry holds. A password without a readable end is not known to be one of ECR, so it counts as expired
 * and as foreign. If it is ours, the engine knows its end.
 */
function held(value: unknown): Pick<Slot, 'holds'> {
  const { login } = readEntry(value);
  if (!login) return {};
  const expiresAt = expirationIn(login.password) ?? untoldEnd;
  return { holds: { fingerprint: fingerprintOf(login.password), expiresAt } };
}

type Helpers = ReturnType<typeof helpersIn>;

function helperFindings({ host }: Registry, { byHost, store }: Helpers, { finding }: Means): Finding[] {
  const helper = byHost.get(host);
  const spelled = [...byHost].find(([key, program]) => program !== own && program !== '' && relationOf(key, host) === 'spelling');
  if (spelled && (!helper || helper === own))
    return [
      finding(
        'HELPER_FIRST',
        `docker-credential-${label(spelled[1])} is the credential helper of ${shownAddress(spelled[0])}: some clients ask it for ${host}, and not the file.`,
      ),
    ];
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

const pathFindings = ({ registry: { host }, paths }: Group, { finding }: Means): Finding[] =>
  paths.slice(0, most).map(({ key }) => finding('PATH_ENTRY', `The entry ${shownAddress(key)} stands beside that of ${host}.`));

const patternFindings = ({ host }: Registry, patterns: readonly string[], { finding }: Means): Finding[] =>
  patterns
    .filter(key => isMatch(readKey(key).host, host))
    .slice(0, most)
    .map(key => finding('PATTERN_ENTRY', `The entry ${shownAddress(key)} is for ${host}, too.`));

/** The maximum number of findings of one kind. */
const most = 20;

/** Findings about members beside `auths` that make other clients reject the whole file. */
function typeFindings(text: string, path: readonly string[], { finding }: Means): Finding[] {
  const wrong = isEmpty(text) || path.length === 0 ? undefined : misfitIn(text, docker);
  return wrong === undefined ? [] : [finding('FILE_BROKEN', `The file ${wrong}.`)];
}

/** Findings about entries that make other clients reject the whole file. The courier repairs its own entries itself. */
const brokenFindings = (others: readonly Entry[], { finding }: Means): Finding[] =>
  others
    .flatMap(({ key, value }) => {
      const { broken } = readEntry(value);
      return broken === undefined ? [] : [finding('FILE_BROKEN', `The entry of ${label(readKey(key).host) || 'no host'} ${broken}.`)];
    })
    .slice(0, most);
