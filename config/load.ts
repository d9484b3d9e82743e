import type { Adapter } from '../src/contract/adapter.ts';
import type { Aliases } from '../src/contract/registry.ts';
import { alternatives } from '../src/contract/text.ts';
import { readAliases } from './aliases.ts';
import { checkAws } from './aws.ts';
import { checkLease, reportMissing } from './beside.ts';
import { variables as formerVariables, labels, logOf, maker } from './cattle.ts';
import { ConfigError } from './config-error.ts';
import { type Server, serverOf } from './doors.ts';
import { adaptersVariable, configVariable, credentialFiles, type Env, fromCredentials } from './env.ts';
import { type Table, type Values, withFiles } from './field.ts';
import { readFiles, topKeys } from './files.ts';
import { layersOf, type Places, pathsOf, type Rest, readGroup } from './groups.ts';
import { readProxies } from './proxies.ts';
import { type Report, type Setting, settingOf, unknownKey } from './read.ts';
import { addressOf, type HeartbeatConfig, type ReceiverConfig, readReceivers } from './receivers.ts';
import { groups } from './schema.ts';
import { shownModules } from './showable.ts';
import { homeOf, readSources, type SourceConfig } from './sources.ts';
import type { TargetConfig } from './target-config.ts';
import { trigger } from './target-options.ts';
import { readTargets } from './targets.ts';

export type { Mistake } from './origin.ts';
export type { Setting } from './read.ts';
export type { HeartbeatConfig, ReceiverConfig } from './receivers.ts';
export type { SourceConfig } from './sources.ts';
export type { TargetConfig } from './target-config.ts';

/** The whole configuration, checked and frozen. */
export interface Config {
  /** The sources in file order. `default` is always among them. */
  readonly sources: readonly SourceConfig[];
  readonly targets: readonly TargetConfig[];
  readonly server: Server;
  /** Receivers of messages when something threatens. */
  readonly notify: readonly ReceiverConfig[];
  readonly heartbeat: HeartbeatConfig | undefined;
  readonly log: Values<typeof groups.log>;
  readonly discovery: Values<typeof groups.discovery>;
  readonly engine: Values<typeof groups.engine>;
  /** Decides which of several couriers works. */
  readonly lease: Values<typeof groups.lease>;
  /** ECR hosts by the host names that images use for them. */
  readonly aliases: Aliases;
  /** Sentences for the log, or for `config check`. */
  readonly warnings: readonly string[];
  /** The `warnings` that concern requests for a token or an image, and not targets or the daemon. */
  readonly ofAsking: readonly string[];
  /** The `warnings` that a finding repeats while the program runs. */
  readonly dangers: readonly string[];
  /** Every value in force and where it comes from; secrets are masked. */
  readonly settings: readonly Setting[];
}

export interface Given extends Places {
  readonly adapters: readonly Adapter[];
  /** Why a cron pattern cannot be used. undefined: it can. */
  readonly checkCron?: (pattern: string) => string | undefined;
}

/**
 * Reads files, environment and flags. The later wins over the earlier, and all win over the defaults. Throws a
 * ConfigError with all mistakes.
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
    // These variables win over files, and our own variables of the same meaning win over them.
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

/**
 * The ways to configure a target. Users of the former updater for Rancher 1.6 have never set the address, as labels
 * bring it.
 */
function waysToTargets(adapters: readonly Adapter[], env: Env): string {
  const isFormer = formerVariables.some(({ name }) => env[name]);
  const by = (name: string): string => {
    if (env[name] === '') return ' (which is empty)';
    return name === maker && isFormer ? ` (in Rancher 1.6 the labels ${labels} do)` : '';
  };
  const variables = adapters.flatMap(adapter => trigger(adapter)?.env ?? []).map(name => `${name}${by(name)}`);
  const set = variables.length > 0 ? [`set ${alternatives(variables)}`] : [];
  const file = `name a file that has \`targets:\` with --config${env[configVariable] === '' ? ` or ${configVariable} (which is empty)` : ''}`;
  return [...set, file].join(', or ');
}

/**
 * Freezes plain data deeply. Instances of a class (a Secret) and adapters, which belong to other code, are left as they
 * are.
 */
function freeze<T>(value: T): T {
  if (!Array.isArray(value) && Object.getPrototypeOf(value ?? 0) !== Object.prototype) return value;
  for (const [key, member] of Object.entries(value as object)) if (key !== 'adapter') freeze(member);
  return Object.freeze(value);
}

async function heartbeatOf(
  { url, urlFile, ...rest }: Values<typeof groups.heartbeat> & Rest,
  env: Env,
  report: Report,
): Promise<HeartbeatConfig | undefined> {
  const file = typeof urlFile === 'string' ? urlFile : undefined;
  const address = await addressOf({ url, urlFile: file, path: 'heartbeat' }, report);
  if (address) return { ...rest, url: address };
  // Without an address the other options have no effect, and their defaults are not worth showing.
  const mine = report.settings.filter(({ path }) => path.startsWith('heartbeat.'));
  const given = mine.find(({ origin }) => origin !== 'default')?.path.replace(/^heartbeat\./, '');
  if (given !== undefined && !report.mistakes.some(({ path }) => path.startsWith('heartbeat.')))
    reportMissing({ group: 'heartbeat', given, missing: 'url' }, env, report);
  for (const setting of mine) report.settings.splice(report.settings.indexOf(setting), 1);
  return undefined;
}
