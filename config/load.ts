import type { Adapter } from '../src/contract/adapter.ts';
import { type Aliases, parseAddress } from '../src/contract/registry.ts';
import { Secret } from '../src/contract/secret.ts';
import { checkAws } from './aws.ts';
import { checkLease, reportMissing } from './beside.ts';
import { variables as formerVariables, labels, logOf, maker } from './cattle.ts';
import {
  adaptersVariable,
  configVariable,
  credentialFiles,
  type Env,
  type Flags,
  fromCredentials,
  fromEnv,
  fromFlags,
  overlay,
} from './env.ts';
import { type Merged, type Paths, readFiles, topKeys } from './files.ts';
import { parseListen } from './formats.ts';
import { type Entries, lineOf, type Mistake } from './origin.ts';
import { readProxies } from './proxies.ts';
import { type Listed, type Report, readMap, type Setting, settingOf, subjectOf, unknownKey } from './read.ts';
import { addressOf, type HeartbeatConfig, type ReceiverConfig, readReceivers } from './receivers.ts';
import { alias, groups, type Table, trigger, type Values, withFiles } from './schema.ts';
import { exposure, fileRef, type SecretRef, wrongSecret } from './secrets.ts';
import { shownModules } from './showable.ts';
import { homeOf, readSources, type SourceConfig } from './sources.ts';
import { readTargets, type TargetConfig } from './targets.ts';

export type { Mistake } from './origin.ts';
export type { Setting } from './read.ts';
export type { HeartbeatConfig, ReceiverConfig } from './receivers.ts';
export type { SourceConfig } from './sources.ts';
export type { TargetConfig } from './targets.ts';

/** Where a daemon listens. */
export interface Doors {
  readonly listen: { readonly host: string; readonly port: number };
  readonly socket?: string | undefined;
}

/** The whole configuration, checked and frozen. */
export interface Config {
  /** In file order; `default` is always among them. */
  readonly sources: readonly SourceConfig[];
  readonly targets: readonly TargetConfig[];
  readonly server: Doors & { readonly adminToken?: SecretRef | undefined; readonly publicUrl?: string | undefined };
  /** Who is told when something threatens. */
  readonly notify: readonly ReceiverConfig[];
  readonly heartbeat: HeartbeatConfig | undefined;
  readonly log: Values<typeof groups.log>;
  readonly discovery: Values<typeof groups.discovery>;
  readonly engine: Values<typeof groups.engine>;
  /** Who works, of several couriers. */
  readonly lease: Values<typeof groups.lease>;
  /** Host as images spell it to the ECR host behind it. */
  readonly aliases: Aliases;
  /** Sentences for the log, or for `config check`. */
  readonly warnings: readonly string[];
  /** Those of `warnings` that concern whoever asks for a token or an image: none of targets and of the daemon. */
  readonly ofAsking: readonly string[];
  /** Those of `warnings` that a finding says as well while the program runs. */
  readonly dangers: readonly string[];
  /** Every value in force and where it comes from; secrets are masked. */
  readonly settings: readonly Setting[];
}

export interface Given {
  /** Of --config: files or directories. Instead of ECR_COURIER_CONFIG. */
  readonly files?: readonly string[] | undefined;
  readonly env: Env;
  readonly flags?: Flags | undefined;
  readonly adapters: readonly Adapter[];
  /** Why a cron pattern cannot be used; undefined when it can. */
  readonly checkCron?: (pattern: string) => string | undefined;
}

/** Options that a table gets beside its own: the files of its secrets. */
type Rest = Readonly<Record<string, unknown>>;

/** Everything that is wrong with the configuration, at once. The message is for printing. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly mistakes: readonly Mistake[];
  /** What could be read nevertheless, for showing: a wrong value's place is taken by its default. */
  readonly settings: readonly Setting[];

  constructor({ mistakes, warnings, settings }: { readonly [K in 'mistakes' | 'warnings' | 'settings']: Readonly<Report[K]> }) {
    const lines = mistakes.map(mistake => `  ${lineOf(mistake)}`);
    const notes = warnings.map(warning => `  Note: ${warning}`);
    super([`The configuration has ${mistakes.length === 1 ? 'a mistake' : `${mistakes.length} mistakes`}:`, ...lines, ...notes].join('\n'));
    this.mistakes = mistakes;
    this.settings = settings;
  }
}

/**
 * Reads files, environment and flags; the later wins over the earlier, all over the defaults. Throws a ConfigError with
 * all mistakes.
 */
export async function load(given: Given): Promise<Config> {
  const { env, adapters } = given;
  const report: Report = { mistakes: [], warnings: [], dangers: [], settings: [] };
  const named = env[adaptersVariable];
  if (named) report.settings.push({ path: 'adapters', value: shownModules(named), origin: adaptersVariable });
  const files = await readFiles(pathsOf(given), report);
  for (const [key, placed] of files.others)
    report.mistakes.push({
      path: '',
      origin: (placed.key ?? placed.origin).text,
      message: unknownKey(key, placed, topKeys),
    });
  const credentials = await credentialFiles(env);

  const group = <T extends Table>(name: keyof typeof groups, table: T): Values<T> & Rest => {
    const whole = withFiles(table);
    const layers = layersOf(name, whole, files, given);
    // Above the files, as a variable is, and below ours of the same meaning.
    if (name === 'log') layers.splice(1, 0, logOf(env, report));
    return readGroup(name, whole, [fromCredentials(whole, credentials), ...layers], report) as Values<T> & Rest;
  };
  const server = group('server', groups.server);
  const log = group('log', groups.log);
  const discovery = group('discovery', groups.discovery);
  const engine = group('engine', groups.engine);
  const lease = group('lease', groups.lease);
  checkLease(lease, env, report);
  const heartbeat = group('heartbeat', groups.heartbeat);
  const never = given.checkCron?.(discovery.cron);
  if (never)
    report.mistakes.push({
      path: 'discovery.cron',
      origin: settingOf(report, 'discovery.cron'),
      message: `must be a cron pattern: ${never}`,
    });

  const aliases = readAliases(files.aliases, report);
  checkAws(env, report);
  const sources = readSources(files.sources, env, report);
  const proxies = readProxies(env, report);
  const ofAsking = [...report.warnings];
  const around = { adapters, env, credentials, checkCron: given.checkCron };
  const targets = await readTargets(files.targets, aliases, { ...around, home: homeOf(sources), proxies }, report);
  const served = await serverOf(server, report);
  const notify = await readReceivers(files.notify, around, report);
  const beat = await heartbeatOf(heartbeat, env, report);
  if (targets.length === 0 && report.mistakes.length === 0)
    report.warnings.push(`No target is configured: ${waysToTargets(adapters, env)}.`);
  if (report.mistakes.length > 0) throw new ConfigError(report);
  return freeze({
    sources,
    targets,
    server: served,
    notify,
    heartbeat: beat,
    log,
    discovery,
    engine,
    lease,
    aliases,
    warnings: report.warnings,
    ofAsking,
    dangers: report.dangers,
    settings: report.settings,
  });
}

/** The options that say where a daemon listens. */
const { listen, port, socket } = groups.server;
const doors = { listen, port, socket };

/**
 * Where the daemon of this configuration listens, as far as its files can be read: mistakes elsewhere do not matter.
 * `chosen`: somebody has said on which port. `unread`: what may have hidden another answer. Throws a ConfigError when
 * one of these options itself is wrong, for then it could be any daemon.
 */
export async function loadDoors(
  given: Pick<Given, 'files' | 'env' | 'flags'>,
): Promise<{ readonly doors: Doors; readonly chosen: boolean; readonly unread: readonly Mistake[] }> {
  const hidden: Report = { mistakes: [], warnings: [], dangers: [], settings: [] };
  const files = await readFiles(pathsOf(given), hidden, 'kept');
  const report: Report = { mistakes: [], warnings: [], dangers: [], settings: [] };
  const layers = layersOf('server', doors, files, given).map(layer => new Map([...layer].filter(([key]) => Object.hasOwn(doors, key))));
  const read = readGroup('server', doors, layers, report);
  if (report.mistakes.length > 0) throw new ConfigError(report);
  const chosen = ['server.listen', 'server.port'].some(path => settingOf(report, path) !== 'default');
  return { doors: doorsOf(read), chosen, unread: hidden.mistakes };
}

export const pathsOf = ({ files, env }: Pick<Given, 'files' | 'env'>): Paths =>
  files?.length ? { paths: files } : { paths: env[configVariable] ? [env[configVariable]] : [], variable: configVariable };

/** What files, variables and flags say of a group; the later wins. */
const layersOf = (name: string, table: Table, files: Merged, { env, flags = {} }: Pick<Given, 'env' | 'flags'>): Entries[] => [
  files.groups.get(name) ?? new Map(),
  fromEnv(table, env),
  fromFlags(table, flags),
];

const readGroup = <T extends Table>(name: string, table: T, layers: readonly Entries[], report: Report): Values<T> =>
  readMap(table, overlay(...layers), { path: name, origin: { text: 'default' } }, report);

/** The table's rule has seen to it that the text can be parsed. */
function doorsOf({ listen, port, socket }: Values<typeof doors>): Doors {
  const parsed = parseListen(listen) as Doors['listen'];
  return { listen: { ...parsed, port: port ?? parsed.port }, socket };
}

const either = new Intl.ListFormat('en-GB', { type: 'disjunction' });

/** Whoever comes from the former updater for Rancher 1.6 has never written the address: labels bring it. */
function waysToTargets(adapters: readonly Adapter[], env: Env): string {
  const isFormer = formerVariables.some(({ name }) => env[name]);
  const by = (name: string): string => {
    if (env[name] === '') return ' (which is empty)';
    return name === maker && isFormer ? ` (in Rancher 1.6 the labels ${labels} do)` : '';
  };
  const variables = adapters.flatMap(adapter => trigger(adapter)?.env ?? []).map(name => `${name}${by(name)}`);
  const set = variables.length > 0 ? [`set ${either.format(variables)}`] : [];
  const file = `name a file that has \`targets:\` with --config${env[configVariable] === '' ? ` or ${configVariable} (which is empty)` : ''}`;
  return [...set, file].join(', or ');
}

/**
 * Freezes plain data as deep as it goes; what has a class of its own (a Secret) or belongs to others (an adapter) is
 * left as it is.
 */
function freeze<T>(value: T): T {
  if (!Array.isArray(value) && Object.getPrototypeOf(value ?? 0) !== Object.prototype) return value;
  for (const [key, member] of Object.entries(value as object)) if (key !== 'adapter') freeze(member);
  return Object.freeze(value);
}

async function serverOf(
  { adminToken, adminTokenFile, ...rest }: Values<typeof groups.server> & Rest,
  report: Report,
): Promise<Config['server']> {
  const file = typeof adminTokenFile === 'string' ? adminTokenFile : undefined;
  const wrong = adminToken ? wrongSecret('adminToken', adminToken) : undefined;
  if (wrong && 'mistake' in wrong)
    report.mistakes.push({ path: 'server.adminToken', origin: settingOf(report, 'server.adminToken'), message: wrong.mistake });
  const warning = file && (await exposure(file));
  if (warning) report.warnings.push(`${subjectOf(report, 'server.adminTokenFile')}: ${warning}`);
  return {
    ...doorsOf(rest),
    publicUrl: rest.publicUrl?.replace(/\/+$/, ''),
    adminToken: file
      ? fileRef(file, settingOf(report, 'server.adminTokenFile'))
      : adminToken
        ? { secret: new Secret(adminToken) }
        : undefined,
  };
}

async function heartbeatOf(
  { url, urlFile, ...rest }: Values<typeof groups.heartbeat> & Rest,
  env: Env,
  report: Report,
): Promise<HeartbeatConfig | undefined> {
  const file = typeof urlFile === 'string' ? urlFile : undefined;
  const address = await addressOf({ url, urlFile: file, path: 'heartbeat' }, report);
  if (address) return { ...rest, url: address };
  // Without an address its other options are of no use, and their defaults nothing to show.
  const mine = report.settings.filter(({ path }) => path.startsWith('heartbeat.'));
  const given = mine.find(({ origin }) => origin !== 'default')?.path.replace(/^heartbeat\./, '');
  if (given !== undefined && !report.mistakes.some(({ path }) => path.startsWith('heartbeat.')))
    reportMissing({ group: 'heartbeat', given, missing: 'url' }, env, report);
  for (const setting of mine) report.settings.splice(report.settings.indexOf(setting), 1);
  return undefined;
}

export function readAliases(items: readonly Listed[], report: Report): Aliases {
  const aliases = new Map<string, string>();
  const origins = new Map<string, string>();
  for (const { entries, origin, at } of items) {
    const read = readMap(alias, entries, { path: `aliases[${at}]`, origin }, report);
    if (!read.host || !read.registry) continue;
    const first = origins.get(read.host);
    if (first)
      report.mistakes.push({ path: `aliases[${at}].host`, origin: origin.text, message: `this host has an alias already at ${first}` });
    origins.set(read.host, origin.text);
    aliases.set(read.host, parseAddress(read.registry)?.registry.host ?? read.registry);
  }
  return aliases;
}
