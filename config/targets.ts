import type { Adapter } from '../src/contract/adapter.ts';
import { type Image, nameOfImage, readImage } from '../src/contract/image.ts';
import { type Aliases, parseAddress, type Registry } from '../src/contract/registry.ts';
import { Secret } from '../src/contract/secret.ts';
import { type Draft, draftTargets, type Surroundings } from './drafts.ts';
import { hasFile } from './field.ts';
import { requireUnique } from './files.ts';
import { imageInWords, registryInWords } from './forms.ts';
import { headersFrom } from './headers.ts';
import { isByVariables, lacking, spellingOf } from './naming.ts';
import type { Entries } from './origin.ts';
import { changedWay } from './proxies.ts';
import { type Listed, type Report, readMap, subjectOf, warnOfDanger } from './read.ts';
import { fileRef, type OptionValue } from './secrets.ts';
import {
  addressesOf,
  checkAlternatives,
  checkCertificate,
  checkPlainHttp,
  checkSecrets,
  exposures,
  idle,
  idleAtSocket,
  idleWithout,
} from './target-checks.ts';
import type { Read, TargetConfig } from './target-config.ts';
import { ownWord, targetTable } from './target-options.ts';
import { wrapped } from './texts.ts';
import { checkNames } from './unknown-variables.ts';

/** Reads all targets of files and environment. Targets of an unknown kind are missing. */
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
      ...idleWithout(draft, target, report),
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

/** Reads the images under `verify`. No message quotes a wrong one, as it may be a secret in the wrong place. */
function imagesOf(texts: readonly string[], aliases: Aliases, wrong: (message: string) => void): Image[] {
  const images = new Map<string, Image>();
  for (const [at, text] of texts.entries()) {
    const image = readImage(text, aliases);
    if ('wrong' in image) wrong(wrapped(texts) ?? `entry ${at + 1} must be ${imageInWords}`);
    else images.set(nameOfImage(image), image);
  }
  return [...images.values()];
}

/**
 * The adapter's options. Secrets become references only here, as convict copies values, and a copy of a Secret would be
 * broken.
 */
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

/** A text that is equal for two targets that reach the same manager with the same key. */
function identityOf({ kind, adapter }: TargetConfig, read: Read): string {
  const telling = Object.entries(adapter.options).filter(([, { format }]) =>
    ['url', 'address', 'path', 'secret', 'login', 'string'].includes(format),
  );
  return JSON.stringify([kind, ...telling.flatMap(([key]) => [read[key] ?? null, read[`${key}File`] ?? null])]);
}
