import type { OptionSpec } from '../src/contract/adapter.ts';
import type { Draft } from './drafts.ts';
import type { Env } from './env.ts';
import { isByVariables, lacking, type Spelling, spelledVariables } from './naming.ts';
import { isBlank, isOutside } from './origin.ts';
import { type Report, settingOf, subjectOf } from './read.ts';
import { exposure, isSecretRef, oddPassword, wrongSecret } from './secrets.ts';
import type { Read, TargetConfig } from './target-config.ts';
import { ownWord, prefix } from './target-options.ts';

/** Reports a client certificate without its key, or a key without its certificate. */
export function checkCertificate({ path, entries, origin }: Draft, { tls, spelling }: TargetConfig, report: Report): void {
  const [cert, key] = ['clientCertFile', 'clientKeyFile'] as const;
  if ((tls[cert] === undefined) === (tls[key] === undefined)) return;
  const [given, missing] = tls[cert] === undefined ? [key, cert] : [cert, key];
  report.mistakes.push({
    path: `${path}.${given}`,
    origin: (entries.get(given)?.origin ?? origin).text,
    message: `needs ${spelling[missing]}, too`,
  });
}

/** Reports a target without at least one complete alternative of its adapter. */
export function checkAlternatives(draft: Draft, env: Env, report: Report): void {
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

/** What a target that variables made lacks. `missing`: options that are missing from an incomplete alternative. */
function lackingOf({ adapter }: Draft, missing: readonly string[] | undefined, env: Env): ReturnType<typeof lacking> {
  const [first = [], ...others] = adapter.anyOf ?? [];
  const { origin, message } = lacking((missing ?? first) as [string, ...string[]], adapter, env);
  if (missing) return { origin, message };
  const or = others.map(set => `, or ${set.map(key => spelledVariables(key, adapter)).join(' and ')}`);
  return { origin, message: `${message}${or.join('')}${adapter.keyHint ? `; ${adapter.keyHint}` : ''}` };
}

export function checkPlainHttp(
  { name, adapter, entries, path, origin }: Draft,
  { options, allowHttp }: TargetConfig,
  report: Report,
): void {
  const ways = [...(name === adapter.kind ? [`${prefix(adapter)}_ALLOW_HTTP=true`] : []), '`allowHttp: true` in a file'].join(' or ');
  for (const [key, { format }] of Object.entries(adapter.options)) {
    const value = options[key];
    if (allowHttp || !isAddress({ format }) || typeof value !== 'string' || !/^http:/i.test(value)) continue;
    const message = `is plain http: whoever is in between can read key and tokens. Use https, or allow it with ${ways}`;
    report.mistakes.push({ path: `${path}.${key}`, origin: (entries.get(key)?.origin ?? origin).text, message });
  }
}

const isAddress = ({ format }: Pick<OptionSpec, 'format'>): boolean => format === 'url' || format === 'address';

export function addressesOf({ adapter, options }: TargetConfig): string[] {
  const keys = Object.entries(adapter.options).flatMap(([key, spec]) => (isAddress(spec) ? key : []));
  return keys.flatMap(key => (typeof options[key] === 'string' ? options[key] : []));
}

/** Warnings about files with keys that every user can read, and about odd passwords in files. */
export async function exposures({ adapter, options, headers, tls }: TargetConfig, subject: (option: string) => string): Promise<string[]> {
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

/** Reports secrets and logins in the configuration itself that are visibly none. */
export function checkSecrets({ adapter, entries, path, origin }: Draft, read: Read, report: Report): void {
  for (const [key, { format }] of Object.entries(adapter.options)) {
    const value = read[key];
    const wrong = (format === 'secret' || format === 'login') && typeof value === 'string' ? wrongSecret(key, value) : undefined;
    if (!wrong) continue;
    const from = (entries.get(key)?.origin ?? origin).text;
    if ('mistake' in wrong) report.mistakes.push({ path: `${path}.${key}`, origin: from, message: wrong.mistake });
    else report.warnings.push(`${path}.${key} (${from}) ${wrong.odd}`);
  }
}

/** Warns of options about certificates where all addresses are sockets. */
export function idleAtSocket(path: string, target: TargetConfig): string[] {
  const addresses = addressesOf(target);
  if (addresses.length === 0 || !addresses.every(address => /^unix:/i.test(address))) return [];
  const { tls, spelling } = target;
  const set = Object.entries(tls).flatMap(([key, value]) => (value === undefined || value === false ? [] : key));
  const names = set.map(key => spelling[key as keyof Spelling] ?? key);
  return names.length === 0 ? [] : [`${path}: a socket needs no certificate, so this has no effect: ${names.join(', ')}.`];
}

/**
 * Warns of `create` where there is nothing to create. After a mistake it does not, as the mistake may have removed the
 * registries.
 */
export function idle({ path, entries }: Draft, { create, registries, own, spelling }: TargetConfig, report: Report): string[] {
  const asked = create && !isBlank(entries.get('create'));
  if (!asked || registries.length > 0 || own || report.mistakes.length > 0) return [];
  const where = spelling.registries === 'registries' ? 'under registries' : `in ${spelling.registries}`;
  return [`${subjectOf(report, `${path}.create`)} has nothing to create: name hosts, or \`${ownWord}\`, ${where}.`];
}

/** Warns of options that have no effect, because the switch that they need is off. */
export function idleWithout({ adapter, path, entries }: Draft, { options }: TargetConfig, report: Report): string[] {
  return Object.entries(adapter.options).flatMap(([key, { needs }]) => {
    if (needs === undefined || options[needs] === true || isBlank(entries.get(key))) return [];
    const variable = adapter.options[needs]?.env;
    const isOn = isOutside(settingOf(report, `${path}.${key}`)) && variable ? `${variable}=true` : `\`${needs}: true\``;
    return [`${subjectOf(report, `${path}.${key}`)} has no effect without ${isOn}.`];
  });
}
