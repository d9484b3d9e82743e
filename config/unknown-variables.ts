import type { Adapter } from '../src/contract/adapter.ts';
import { configVariable, type Env, ours, variables } from './env.ts';
import { hint, nearest } from './nearest.ts';
import type { Report } from './read.ts';
import { prefix, targetTable, trigger } from './target-options.ts';

/**
 * Whether other programs set a variable of this name. Kubernetes sets ECR_COURIER_SERVICE_HOST and
 * PORTAINER_PORT_9443_TCP_ADDR for Services of such names in the namespace. Links of Docker set PORTAINER_NAME,
 * PORTAINER_ENV_PATH and ports. Agents of Rancher 1.6 and 2 have CATTLE_CONFIG_URL and many more that begin with
 * CATTLE_.
 */
const isSetByOthers = (name: string, start: string): boolean =>
  /^(SERVICE_(HOST|PORT)|PORT|NAME$|ENV)(_|$)/.test(name.slice(start.length)) || start === 'CATTLE_';

/** Words that mean the same in other programs. A word of each group is the end of one of our variables. */
const meanTheSame: readonly (readonly string[])[] = [
  ['API_KEY', 'TOKEN', 'API_TOKEN', 'ACCESS_TOKEN', 'BEARER_TOKEN', 'AUTH_TOKEN', 'KEY', 'SECRET', 'APIKEY'],
  ['USERNAME', 'USER', 'LOGIN', 'USER_NAME'],
  ['PASSWORD', 'PASS', 'PASSWD', 'PWD', 'SECRET', 'TOKEN'],
  ['URL', 'HOST', 'ADDRESS', 'ADDR', 'ENDPOINT', 'SERVER', 'URI', 'BASE_URL', 'API_URL', 'DOCKER_HOST'],
  ['INSECURE_SKIP_VERIFY', 'INSECURE', 'SKIP_VERIFY', 'TLS_INSECURE', 'TLS_SKIP_VERIFY', 'SKIP_TLS_VERIFY', 'INSECURE_SKIP_TLS_VERIFY'],
  ['CA_FILE', 'CA', 'CA_CERT', 'CACERT', 'CA_BUNDLE', 'CA_PATH', 'TLS_CA', 'TLS_CA_FILE', 'CERT_FILE'],
  ['CLIENT_CERT_FILE', 'CLIENT_CERT', 'TLS_CERT', 'TLS_CERT_FILE'],
  ['CLIENT_KEY_FILE', 'CLIENT_KEY', 'TLS_KEY', 'TLS_KEY_FILE'],
];

/** The variable of the kind that means the same as this one: PORTAINER_API_KEY for PORTAINER_TOKEN. */
function sameMeaning(name: string, start: string, known: readonly string[]): string | undefined {
  const word = name.slice(start.length);
  const bare = word.replace(/_FILE$/, '');
  const meant = [word, bare].flatMap(said => meanTheSame.filter(group => group.includes(said)).flat());
  const endings = word === bare ? [''] : ['_FILE', ''];
  const candidates = meant.flatMap(other => endings.map(ending => `${start}${other}${ending}`));
  return candidates.find(candidate => known.includes(candidate));
}

/** Options without a variable, by the name that their variable would have. */
function optionsOfFiles(adapters: readonly Adapter[]): ReadonlyMap<string, string> {
  const ofKind = (adapter: Adapter) => {
    const spelled = (key: string): string => `${prefix(adapter)}_${key.replaceAll(/[A-Z]/g, letter => `_${letter}`).toUpperCase()}`;
    const keys = Object.entries(targetTable(adapter)).flatMap(([key, { env }]) => (env === undefined ? [key] : []));
    return keys.map(key => [spelled(key), key] as const);
  };
  return new Map(adapters.flatMap(ofKind));
}

/** What is compared with each variable. */
interface Known {
  /** Variables that are read. */
  readonly names: readonly string[];
  /** The result of `optionsOfFiles`. */
  readonly inFiles: ReadonlyMap<string, string>;
  /** Kinds of targets that variables make, with the prefix of these variables. isUsed: a variable makes one. */
  readonly kinds: readonly { readonly kind: string; readonly start: string; readonly isUsed: boolean }[];
}

function knownBy(adapters: readonly Adapter[], env: Env): Known {
  const kinds = adapters.flatMap(adapter => {
    const maker = trigger(adapter);
    return maker ? [{ kind: adapter.kind, start: `${prefix(adapter)}_`, isUsed: Boolean(env[maker.env]) }] : [];
  });
  return { names: variables(adapters).map(({ name }) => name), inFiles: optionsOfFiles(adapters), kinds };
}

/** The warning about a variable that is not read. undefined: the variable belongs to another program. */
function warningOf(name: string, { names: known, inFiles, kinds }: Known): string | undefined {
  const option = inFiles.get(name);
  if (option) return `${name} is not read: ${option} of a target can only be set in a file (${configVariable}).`;
  const mine = kinds.find(({ start }) => name.startsWith(start));
  const beginAs = (starts: readonly string[]) => known.filter(other => starts.some(start => other.startsWith(start)));
  const near = mine
    ? nearest(name, beginAs([mine.start]))
    : nearest(name, beginAs([ours, ...kinds.map(({ start }) => start)]), slipsInPrefix);
  if (!mine || near || isSetByOthers(name, mine.start)) return near && `${name} is not read: did you mean ${near}?`;
  const meant = sameMeaning(name, mine.start, known);
  if (meant) return `${name} is not read: did you mean ${meant}?`;
  // If variables make no target, this one may well belong to another program.
  return mine.isUsed ? `${name} is not read: there is no such variable. config/reference.md lists those of ${mine.kind}.` : undefined;
}

const where = '. config/reference.md lists those that are';

/** The most edits in a name without a known prefix. A name with more belongs to another program. */
const slipsInPrefix = 1;

/**
 * Reports variables that look like ours and are not: as a mistake where the prefix is ours, as a warning where it is a
 * product's.
 */
export function checkNames(env: Env, adapters: readonly Adapter[], report: Report): void {
  const known = knownBy(adapters, env);
  const names = new Set(known.names);
  const unknown = Object.keys(env).filter(name => env[name] && !names.has(name));
  for (const name of unknown.sort()) {
    const isOurs = name.startsWith(ours);
    if (isOurs && !isSetByOthers(name, ours))
      report.mistakes.push({ path: '', origin: name, message: `this variable is not known${hint(name, known.names) || where}` });
    const warning = isOurs ? undefined : warningOf(name, known);
    if (warning) report.warnings.push(warning);
  }
}
