import type { Adapter, Limits, OptionSpec } from '../src/contract/adapter.ts';
import { type Image, nameOfImage, readImage } from '../src/contract/image.ts';
import { type Aliases, parseAddress, type Registry } from '../src/contract/registry.ts';
import { Secret } from '../src/contract/secret.ts';
import { type Draft, draftTargets, type Surroundings } from './drafts.ts';
import type { Env } from './env.ts';
import { requireUnique } from './files.ts';
import { wrapped } from './formats.ts';
import { imageInWords, registryInWords } from './forms.ts';
import { type HeadersRef, headersFrom } from './headers.ts';
import { isByVariables, lacking, type Spelling, spelledVariables, spellingOf } from './naming.ts';
import { type Entries, isBlank } from './origin.ts';
import { changedWay } from './proxies.ts';
import { type Listed, type Report, readMap, subjectOf, warnOfDanger } from './read.ts';
import { type Common, hasFile, ownWord, prefix, targetTable } from './schema.ts';
import { exposure, fileRef, isSecretRef, type OptionValue, oddPassword, wrongSecret } from './secrets.ts';
import { checkNames } from './unknown-variables.ts';

/** One target as configured. */
export interface TargetConfig {
  readonly name: string;
  readonly kind: string;
  readonly adapter: Adapter;
  readonly required: boolean;
  readonly create: boolean;
  readonly paused: boolean;
  /** `registries:`, each host once. */
  readonly registries: readonly Registry[];
  /** `own` was among them: any registry of the region where the courier's own one is. */
  readonly own?: Registry | undefined;
  /** Images that it should be able to pull, each once. */
  readonly verify: readonly Image[];
  /** Cron pattern for when deliveries that disturb may begin. */
  readonly window?: string | undefined;
  /** The adapter's, with what the configuration says instead. */
  readonly limits: Limits;
  readonly tls: {
    readonly caFile?: string | undefined;
    readonly serverName?: string | undefined;
    /** Pairs of upper-case hex digits with colons. */
    readonly fingerprint?: string | undefined;
    readonly insecureSkipVerify: boolean;
    readonly clientCertFile?: string | undefined;
    readonly clientKeyFile?: string | undefined;
  };
  /** For every request. */
  readonly headers: HeadersRef;
  readonly allowHttp: boolean;
  readonly spelling: Spelling;
  /** Where it was written, for people. */
  readonly origin: string;
  /** The adapter's own options. Those that are not set are missing. */
  readonly options: Readonly<Record<string, OptionValue>>;
}

type Read = Common & Readonly<Record<string, unknown>>;

/** All targets of files and environment; those with mistakes are missing. */
export async function readTargets(
  items: readonly Listed[],
  aliases: Aliases,
  around: Surroundings,
  report: Report,
): Promise<TargetConfig[]> {
  checkNames(around.env, around.adapters, report);
  const drafts = draftTargets(items, around, report);
  requireUnique('targets', drafts, report);
  const targets: TargetConfig[] = [];
  const reached = new Map<string, string>();
  for (const draft of drafts) {
    checkAlternatives(draft, around.env, report);
    const byVariables = isByVariables(draft) && { lacking: (key: string) => lacking([key], draft.adapter, around.env) };
    const read = readMap(targetTable(draft.adapter), draft.entries, { ...draft, ...byVariables }, report) as Read;
    const target = configure(draft, read, aliases, around, report);
    checkPlainHttp(draft, target, report);
    checkSecrets(draft, read, report);
    checkCertificate(draft, target, report);
    const identity = identityOf(target, read);
    const twin = reached.get(identity);
    reached.set(identity, draft.path);
    if (target.tls.insecureSkipVerify)
      warnOfDanger(
        report,
        `${subjectOf(report, `${draft.path}.insecureSkipVerify`)} is on: whoever is in between can read key and tokens.`,
      );
    report.warnings.push(
      ...(twin ? [`${draft.path} and ${twin} reach the same manager with the same key: one of them is enough.`] : []),
      ...(await exposures(target, option => subjectOf(report, `${draft.path}.${option}`))),
      ...idle(draft, target, report),
      ...idleAtSocket(draft.path, target),
      ...addressesOf(target).flatMap(address => changedWay(draft.path, address, around.proxies) ?? []),
    );
    targets.push(target);
  }
  return targets;
}

function configure(
  { adapter, entries, path, ...draft }: Draft,
  read: Read,
  aliases: Aliases,
  { home, checkCron }: Surroundings,
  report: Report,
): TargetConfig {
  const mistaken = (option: string, message: string): void =>
    void report.mistakes.push({ path: `${path}.${option}`, origin: (entries.get(option) ?? draft).origin.text, message });
  const wrong = (message: string): void => mistaken('registries', message);
  const never = read.window === undefined ? undefined : checkCron?.(read.window);
  if (never) mistaken('window', `must be a cron pattern: ${never}`);
  const { name, required, create, paused, allowHttp = false } = read;
  const own = read.registries.includes(ownWord);
  if (own && !home) wrong("needs AWS_REGION: the region of the courier's own registry, such as eu-west-1");
  return {
    name,
    kind: adapter.kind,
    adapter,
    required,
    create,
    paused,
    registries: registriesOf(read.registries, aliases, wrong),
    own: own ? home : undefined,
    verify: imagesOf(read.verify, aliases, message => mistaken('verify', message)),
    window: read.window,
    limits: {
      ...adapter.limits,
      concurrency: read.concurrency,
      discoverMs: read.discoverSeconds * 1000,
      deliverMs: read.deliverSeconds * 1000,
    },
    tls: {
      caFile: read.caFile,
      serverName: read.tlsServerName,
      fingerprint: read.tlsFingerprint,
      insecureSkipVerify: read.insecureSkipVerify ?? false,
      clientCertFile: read.clientCertFile,
      clientKeyFile: read.clientKeyFile,
    },
    headers:
      read.headersFile === undefined ? headersFrom(read.headers ?? []) : fileRef(read.headersFile, entries.get('headersFile')?.origin.text),
    allowHttp,
    spelling: spellingOf({ name, adapter, origin: draft.origin }),
    origin: draft.origin.text,
    options: optionsOf(adapter, entries, read),
  };
}

function registriesOf(addresses: readonly string[], aliases: Aliases, wrong: (message: string) => void): Registry[] {
  const hosts = new Map<string, Registry>();
  for (const [at, text] of addresses.entries()) {
    if (text === ownWord) continue;
    const registry = parseAddress(text, aliases)?.registry;
    if (registry) hosts.set(registry.host, registry);
    else wrong(wrapped(addresses) ?? `entry ${at + 1} must be ${registryInWords(ownWord)}`);
  }
  return [...hosts.values()];
}

/** No sentence quotes what is wrong: it may be a secret in the wrong place. */
function imagesOf(texts: readonly string[], aliases: Aliases, wrong: (message: string) => void): Image[] {
  const images = new Map<string, Image>();
  for (const [at, text] of texts.entries()) {
    const image = readImage(text, aliases);
    if ('wrong' in image) wrong(wrapped(texts) ?? `entry ${at + 1} must be ${imageInWords}`);
    else images.set(nameOfImage(image), image);
  }
  return [...images.values()];
}

/** Secrets become references here: convict copies values, and a copy of a Secret would be broken. */
function optionsOf(adapter: Adapter, entries: Entries, read: Read): TargetConfig['options'] {
  const option = (key: string): OptionValue | undefined => {
    const file = read[`${key}File`];
    const value = read[key];
    const spec = adapter.options[key];
    if (spec && hasFile(spec) && typeof file === 'string') return fileRef(file, entries.get(`${key}File`)?.origin.text);
    if (spec?.format !== 'secret') return value as OptionValue | undefined;
    return typeof value === 'string' ? { secret: new Secret(value) } : undefined;
  };
  const all = Object.keys(adapter.options).map(key => [key, option(key)] as const);
  return Object.fromEntries(all.filter((entry): entry is readonly [string, OptionValue] => entry[1] !== undefined));
}

/** A certificate is of no use without its key. */
function checkCertificate({ path, entries, origin }: Draft, { tls, spelling }: TargetConfig, report: Report): void {
  const [cert, key] = ['clientCertFile', 'clientKeyFile'] as const;
  if ((tls[cert] === undefined) === (tls[key] === undefined)) return;
  const [given, missing] = tls[cert] === undefined ? [key, cert] : [cert, key];
  report.mistakes.push({
    path: `${path}.${given}`,
    origin: (entries.get(given)?.origin ?? origin).text,
    message: `needs ${spelling[missing]}, too`,
  });
}

/** At least one of the adapter's alternatives, whole. */
function checkAlternatives(draft: Draft, env: Env, report: Report): void {
  const { adapter, entries, path, origin } = draft;
  const sets = adapter.anyOf ?? [];
  const has = (key: string): boolean => !isBlank(entries.get(key)) || !isBlank(entries.get(`${key}File`));
  if (sets.length === 0 || sets.some(set => set.every(has))) return;
  const begun = sets.find(set => set.some(has));
  const missing = begun?.filter(key => !has(key));
  if (isByVariables(draft)) return void report.mistakes.push({ path, ...lackingOf(draft, missing, env) });
  const needs = sets.map(set => set.join(' and ')).join(', or ');
  const lacks = missing ? `: ${missing.join(' and ')} is missing` : '';
  report.mistakes.push({ path, origin: origin.text, message: `needs ${needs}${lacks}` });
}

/** `missing`: of the alternative that somebody has begun with. */
function lackingOf({ adapter }: Draft, missing: readonly string[] | undefined, env: Env): ReturnType<typeof lacking> {
  const [first = [], ...others] = adapter.anyOf ?? [];
  const { origin, message } = lacking((missing ?? first) as [string, ...string[]], adapter, env);
  if (missing) return { origin, message };
  const or = others.map(set => `, or ${set.map(key => spelledVariables(key, adapter)).join(' and ')}`);
  return { origin, message: `${message}${or.join('')}${adapter.keyHint ? `; ${adapter.keyHint}` : ''}` };
}

function checkPlainHttp({ name, adapter, entries, path, origin }: Draft, { options, allowHttp }: TargetConfig, report: Report): void {
  const ways = [...(name === adapter.kind ? [`${prefix(adapter)}_ALLOW_HTTP=true`] : []), '`allowHttp: true` in a file'].join(' or ');
  for (const [key, { format }] of Object.entries(adapter.options)) {
    const value = options[key];
    if (allowHttp || !isAddress({ format }) || typeof value !== 'string' || !/^http:/i.test(value)) continue;
    const message = `is plain http: whoever is in between can read key and tokens. Use https, or allow it with ${ways}`;
    report.mistakes.push({ path: `${path}.${key}`, origin: (entries.get(key)?.origin ?? origin).text, message });
  }
}

const isAddress = ({ format }: Pick<OptionSpec, 'format'>): boolean => format === 'url' || format === 'address';

function addressesOf({ adapter, options }: TargetConfig): string[] {
  const keys = Object.entries(adapter.options).flatMap(([key, spec]) => (isAddress(spec) ? key : []));
  return keys.flatMap(key => (typeof options[key] === 'string' ? options[key] : []));
}

/** Equal for two targets that reach the same manager with the same key. */
function identityOf({ kind, adapter }: TargetConfig, read: Read): string {
  const telling = Object.entries(adapter.options).filter(([, { format }]) =>
    ['url', 'address', 'path', 'secret', 'login', 'string'].includes(format),
  );
  return JSON.stringify([kind, ...telling.flatMap(([key]) => [read[key] ?? null, read[`${key}File`] ?? null])]);
}

/** Key files that everybody can read. */
async function exposures({ adapter, options, headers, tls }: TargetConfig, subject: (option: string) => string): Promise<string[]> {
  const keys = Object.entries(options).flatMap(([key, value]) =>
    adapter.options[key]?.format === 'secret' && isSecretRef(value) && 'file' in value ? { key, file: value.file } : [],
  );
  const told = async (option: string, look: Promise<string | undefined>): Promise<string[]> => {
    const warning = await look;
    return warning ? [`${subject(option)}: ${warning}`] : [];
  };
  const all = await Promise.all([
    ...keys.flatMap(({ key, file }) => [told(`${key}File`, exposure(file)), told(`${key}File`, oddPassword(key, file))]),
    ...('file' in headers ? [told('headersFile', exposure(headers.file))] : []),
    ...(tls.clientKeyFile ? [told('clientKeyFile', exposure(tls.clientKeyFile))] : []),
  ]);
  return all.flat();
}

/** Secrets and logins that stand in the configuration itself and are visibly none. */
function checkSecrets({ adapter, entries, path, origin }: Draft, read: Read, report: Report): void {
  for (const [key, { format }] of Object.entries(adapter.options)) {
    const value = read[key];
    const wrong = (format === 'secret' || format === 'login') && typeof value === 'string' ? wrongSecret(key, value) : undefined;
    if (!wrong) continue;
    const from = (entries.get(key)?.origin ?? origin).text;
    if ('mistake' in wrong) report.mistakes.push({ path: `${path}.${key}`, origin: from, message: wrong.mistake });
    else report.warnings.push(`${path}.${key} (${from}) ${wrong.odd}`);
  }
}

/** What the configuration says of certificates, where all addresses are sockets. */
function idleAtSocket(path: string, target: TargetConfig): string[] {
  const addresses = addressesOf(target);
  if (addresses.length === 0 || !addresses.every(address => /^unix:/i.test(address))) return [];
  const { tls, spelling } = target;
  const set = Object.entries(tls).flatMap(([key, value]) => (value === undefined || value === false ? [] : key));
  const names = set.map(key => spelling[key as keyof Spelling] ?? key);
  return names.length === 0 ? [] : [`${path}: a socket needs no certificate, so this has no effect: ${names.join(', ')}.`];
}

/** `create` where there is nothing to create. With a mistake nobody knows: it may have taken the registries away. */
function idle({ path, entries }: Draft, { create, registries, own, spelling }: TargetConfig, report: Report): string[] {
  const asked = create && !isBlank(entries.get('create'));
  if (!asked || registries.length > 0 || own || report.mistakes.length > 0) return [];
  const where = spelling.registries === 'registries' ? 'under registries' : `in ${spelling.registries}`;
  return [`${subjectOf(report, `${path}.create`)} has nothing to create: name hosts, or \`${ownWord}\`, ${where}.`];
}
