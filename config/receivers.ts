import { type ReceiverFormat, receiverFormats, type SecretAddress, secretAddress, wrongAddress } from '../src/contract/receiver.ts';
import { type Env, fromCredentials, fromEnv, overlay } from './env.ts';
import { type Values, withFiles } from './field.ts';
import { type Item, requireUnique } from './files.ts';
import { isName } from './formats.ts';
import { isBlank, type Placed, textOf } from './origin.ts';
import { type Report, readMap, settingOf, subjectOf } from './read.ts';
import { type groups, receiver, receiverVariables } from './schema.ts';
import { exposure, type FileRef, fileRef, readSecretFile } from './secrets.ts';
import { wrapped } from './texts.ts';

/** A configured address, or its file, which is read again before each use. */
export type AddressRef = { readonly address: SecretAddress } | FileRef;

/** The name of the heartbeat among receivers: in status, metrics and the log. */
export const nameOfHeartbeat = 'heartbeat';

/** A receiver of messages. `url`: the whole address is a secret. */
export interface ReceiverConfig {
  readonly name: string;
  readonly format: ReceiverFormat;
  readonly url: AddressRef;
  readonly caFile?: string | undefined;
}
/** The heartbeat: an address that is called while all is well. */
export interface HeartbeatConfig extends Omit<Values<typeof groups.heartbeat>, 'url'> {
  readonly url: AddressRef;
}

/**
 * Returns the present address. Throws MISCONFIGURED with `retryAfterMs` while its file cannot be used. format:
 * undefined for the heartbeat.
 */
export async function readAddress(url: AddressRef, name: string, format?: ReceiverFormat): Promise<SecretAddress> {
  if ('address' in url) return url.address;
  const rule = (text: string): string | undefined => wrongAddress(text, format);
  return secretAddress(await readSecretFile(url, { what: `the address of ${name}`, rule }));
}

type Read = Values<typeof receiver> & { readonly urlFile?: string };
interface Draft extends Item {
  readonly name: string;
}

/**
 * Reads the receivers of the files, applies variables to those that are named after their format, and adds the
 * receivers that variables make.
 */
export async function readReceivers(
  items: readonly Item[],
  { env, credentials }: { readonly env: Env; readonly credentials: ReadonlyMap<string, string> },
  report: Report,
): Promise<ReceiverConfig[]> {
  const drafts = draftReceivers(items, env, credentials);
  requireUnique('notify', drafts, report);
  const receivers: ReceiverConfig[] = [];
  for (const { name, entries, origin } of drafts) {
    const path = isName(name) ? `notify.${name}` : 'notify';
    const { urlFile, ...read } = readMap(withFiles(receiver), entries, { path, origin }, report) as Read;
    if (name === nameOfHeartbeat)
      report.mistakes.push({ path: `${path}.name`, origin: origin.text, message: 'is the name of the heartbeat: give it another one' });
    const format = receiverFormats.find(known => known === read.format);
    const url = await addressOf({ url: read.url, urlFile, path, format }, report);
    if (url && format) receivers.push({ name, format, url, caFile: read.caFile });
  }
  return receivers;
}

function draftReceivers(items: readonly Item[], env: Env, credentials: ReadonlyMap<string, string>): Draft[] {
  const taken = new Set(items.map(({ entries }) => textOf(entries, 'name')));
  const drafts = items.map(({ entries, origin }): Draft => {
    const name = textOf(entries, 'name') || freeName(textOf(entries, 'format') || 'receiver', taken);
    taken.add(name);
    return { name, origin, entries: isBlank(entries.get('name')) ? new Map([...entries, ['name', { value: name, origin }]]) : entries };
  });
  for (const format of receiverFormats) {
    const table = receiverVariables(format);
    const lying = fromCredentials(table, credentials);
    const said = fromEnv(table, env);
    const at = drafts.findIndex(({ name }) => name === format);
    const mine = drafts[at];
    const [first] = [...said.values(), ...lying.values()];
    if (mine) drafts[at] = { ...mine, entries: overlay(lying, mine.entries, said) };
    else if (first) {
      const { origin } = first;
      const named: [string, Placed][] = ['name', 'format'].map(key => [key, { value: format, origin }]);
      drafts.push({ name: format, origin, entries: overlay(new Map(named), lying, said) });
    }
  }
  return drafts;
}

/** The first of slack, slack-2, slack-3 and so on that is free. */
function freeName(format: string, taken: ReadonlySet<string>): string {
  for (let count = 1; ; count++) {
    const name = count === 1 ? format : `${format}-${count}`;
    if (!taken.has(name)) return name;
  }
}

/** Whether the address is on this machine, so that nothing on the way can read it. */
const isHere = ({ host }: SecretAddress): boolean => /^(localhost|127(\.\d+){3}|\[::1\])(:\d+)?$/.test(host);

interface Given {
  readonly url: string | undefined;
  readonly urlFile: string | undefined;
  /** The path of the map that has the address. */
  readonly path: string;
  readonly format?: ReceiverFormat | undefined;
}

/** Validates a configured address. undefined: there is none, or it is wrong. */
export async function addressOf({ url, urlFile, path, format }: Given, report: Report): Promise<AddressRef | undefined> {
  if (urlFile !== undefined) {
    const warning = await exposure(urlFile);
    if (warning) report.warnings.push(`${subjectOf(report, `${path}.urlFile`)}: ${warning}`);
    return fileRef(urlFile, settingOf(report, `${path}.urlFile`));
  }
  if (!url) return undefined;
  const at = report.settings.findIndex(setting => setting.path === `${path}.url`);
  const setting = report.settings[at];
  const wrong = wrongAddress(url, format) && (wrapped(url) ?? wrongAddress(url, format));
  if (wrong) report.mistakes.push({ path: `${path}.url`, origin: setting?.origin ?? 'default', message: wrong });
  if (wrong) return undefined;
  const address = secretAddress(url);
  if (setting) report.settings[at] = { ...setting, value: `[secret] at ${address.host}` };
  if (/^http:/i.test(url) && !isHere(address))
    report.warnings.push(`${subjectOf(report, `${path}.url`)}: its address is plain http: whoever is in between can read it.`);
  return { address };
}
