import type { Adapter } from '../src/contract/adapter.ts';
import { type Aliases, parseAddress } from '../src/contract/registry.ts';
import { Secret } from '../src/contract/secret.ts';
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
import { type Item, readFiles, topKeys } from './files.ts';
import { parseListen } from './formats.ts';
import type { Mistake } from './origin.ts';
import { type Report, readMap, type Setting, unknownKey } from './read.ts';
import { alias, groups, type Table, trigger, type Values, withFiles } from './schema.ts';
import { exposure, type SecretRef } from './secrets.ts';
import { readSources, type SourceConfig } from './sources.ts';
import { readTargets, type TargetConfig } from './targets.ts';

export type { Mistake } from './origin.ts';
export type { Setting } from './read.ts';
export type { SourceConfig } from './sources.ts';
export type { TargetConfig } from './targets.ts';

/** The whole configuration, checked and frozen. */
export interface Config {
  /** In file order; `default` is always among them. */
  readonly sources: readonly SourceConfig[];
  readonly targets: readonly TargetConfig[];
  readonly server: {
    readonly listen: { readonly host: string; readonly port: number };
    readonly socket?: string | undefined;
    readonly adminToken?: SecretRef | undefined;
  };
  readonly log: Values<typeof groups.log>;
  readonly discovery: Values<typeof groups.discovery>;
  readonly engine: Values<typeof groups.engine>;
  /** Host as images spell it to the ECR host behind it. */
  readonly aliases: Aliases;
  /** Sentences for the log, or for `config check`. */
  readonly warnings: readonly string[];
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

  constructor({ mistakes, warnings, settings }: Report) {
    const lines = mistakes.map(({ path, origin, message }) => `  ${path ? `${path}: ` : ''}${message} (${origin})`);
    const notes = warnings.map(warning => `  Note: ${warning}`);
    super([`The configuration has ${mistakes.length === 1 ? 'a mistake' : `${mistakes.length} mistakes`}:`, ...lines, ...notes].join('\n'));
    this.mistakes = mistakes;
    this.settings = settings;
  }
}

/** Reads files, environment and flags; the later wins over the earlier, all over the defaults. Throws a ConfigError with all mistakes. */
export async function load(given: Given): Promise<Config> {
  const { env, adapters } = given;
  const report: Report = { mistakes: [], warnings: [], settings: [] };
  const named = env[adaptersVariable];
  if (named) report.settings.push({ path: 'adapters', value: named, origin: adaptersVariable });
  const paths = given.files?.length ? given.files : env[configVariable] ? [env[configVariable]] : [];
  const files = await readFiles(paths, report);
  for (const [key, placed] of files.others)
    report.mistakes.push({
      path: '',
      origin: placed.origin.text,
      message: unknownKey(key, placed, topKeys),
    });
  const credentials = await credentialFiles(env);

  const group = <T extends Table>(name: keyof typeof groups, table: T): Values<T> & Rest => {
    const whole = withFiles(table);
    const layers = [
      fromCredentials(whole, credentials),
      files.groups.get(name) ?? new Map(),
      fromEnv(whole, env),
      fromFlags(whole, given.flags ?? {}),
    ];
    return readMap(whole, overlay(...layers), { path: name, origin: { text: 'default' } }, report) as Values<T> & Rest;
  };
  const server = group('server', groups.server);
  const log = group('log', groups.log);
  const discovery = group('discovery', groups.discovery);
  const engine = group('engine', groups.engine);
  const never = given.checkCron?.(discovery.cron);
  if (never)
    report.mistakes.push({
      path: 'discovery.cron',
      origin: settingOf(report, 'discovery.cron'),
      message: `must be a cron pattern: ${never}`,
    });

  const aliases = readAliases(files.aliases, report);
  const sources = readSources(files.sources, env, report);
  const targets = await readTargets(files.targets, aliases, { adapters, env, credentials }, report);
  if (targets.length === 0 && report.mistakes.length === 0) report.warnings.push(`No target is configured: ${waysToTargets(adapters)}.`);
  if (report.mistakes.length > 0) throw new ConfigError(report);
  return freeze({
    sources,
    targets,
    server: await serverOf(server, report),
    log,
    discovery,
    engine,
    aliases,
    warnings: report.warnings,
    settings: report.settings,
  });
}

const settingOf = (report: Report, path: string): string => report.settings.find(setting => setting.path === path)?.origin ?? 'default';

function waysToTargets(adapters: readonly Adapter[]): string {
  const variables = adapters.flatMap(adapter => trigger(adapter)?.env ?? []);
  return [...variables.map(name => `set ${name}`), 'write `targets:` into a file and name it with --config'].join(', or ');
}

/** Freezes plain data as deep as it goes; what has a class of its own (a Secret) or belongs to others (an adapter) is left as it is. */
function freeze<T>(value: T): T {
  if (!Array.isArray(value) && Object.getPrototypeOf(value ?? 0) !== Object.prototype) return value;
  for (const [key, member] of Object.entries(value as object)) if (key !== 'adapter') freeze(member);
  return Object.freeze(value);
}

async function serverOf(
  { listen, port, socket, adminToken, adminTokenFile }: Values<typeof groups.server> & Rest,
  report: Report,
): Promise<Config['server']> {
  // The table's rule has seen to it that the text can be parsed.
  const parsed = parseListen(listen) ?? { host: '127.0.0.1', port: 8080 };
  const file = typeof adminTokenFile === 'string' ? adminTokenFile : undefined;
  const warning = file && (await exposure(file));
  if (warning) report.warnings.push(`server: ${warning}`);
  return {
    listen: { ...parsed, port: port ?? parsed.port },
    socket,
    adminToken: file ? { file } : adminToken ? { secret: new Secret(adminToken) } : undefined,
  };
}

function readAliases(items: readonly Item[], report: Report): Aliases {
  const aliases = new Map<string, string>();
  const origins = new Map<string, string>();
  for (const [at, { entries, origin }] of items.entries()) {
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
