import type { Finding } from '../../src/contract/target.ts';
import { label, shownAddress } from '../../src/contract/text.ts';
import type { Api } from './api.ts';
import { type Content, contentIn } from './content.ts';
import { type Reading, readEntries } from './entries.ts';
import { type Keeper, keeperOf } from './left-behind.ts';
import { list } from './list.ts';
import { dataKey, managedBy, secretType } from './names.ts';
import { type Meta, mapOf, metaOf, textOf } from './objects.ts';
import { hasWritten, isMarked, otherManagers, type Standing, standingOf, written } from './owner.ts';
import type { Asked } from './refusal.ts';
import { type Means, pathOf, type Settings } from './settings.ts';

/** What is known of the Secret in a namespace. */
export interface Found {
  /** Its resourceVersion. */
  readonly version: string;
  readonly uid: string;
  readonly standing: Standing;
  /** marked: a manager has set `immutable`. */
  readonly mark: 'marked' | 'none';
  /** What it holds according to its annotation. */
  readonly content: Content;
  /** The other target that keeps it fresh. undefined: it belongs to this target, or to no courier. */
  readonly keeper?: Keeper;
  /**
   * What its data shows. undefined: the data was not read, as passwords are fetched only where another writer has
   * changed the Secret.
   */
  readonly inside?: Inside;
}

interface Inside {
  /** Why it cannot be written; undefined: it can. */
  readonly stuck?: 'type' | 'immutable';
  readonly findings: readonly Finding[];
}

export function foundIn(meta: Meta, { fieldManager, target }: Pick<Settings, 'fieldManager' | 'target'>): Found {
  const keeper = keeperOf(meta, { target });
  return {
    version: meta.version,
    uid: meta.uid,
    standing: standingOf(meta, fieldManager),
    mark: isMarked(meta) ? 'marked' : 'none',
    content: contentIn(meta, fieldManager),
    ...(keeper && { keeper }),
  };
}

/** Whether the data must be read, as it may have changes of another writer. */
export const wantsLook = ({ standing, mark, content }: Found): boolean =>
  standing !== 'as-written' || mark === 'marked' || content.others > 0;

/** A Secret with its data. */
export interface Stored {
  readonly meta: Meta;
  readonly type: string;
  readonly isImmutable: boolean;
  /** Its pull configuration in the current format. Empty: there is none. */
  readonly text: string;
}

export const whatIs = (namespace: string, { secret }: Pick<Settings, 'secret'>): string => `Secret ${namespace}/${secret}`;

export const askedFor = (namespace: string, settings: Pick<Settings, 'secret'>, ...verbs: readonly string[]): Asked => ({
  what: whatIs(namespace, settings),
  right: { verbs, resource: 'secrets', names: [settings.secret] },
  namespace,
});

/** Reads a Secret by a list of the one name, so that no right to `get` is needed. undefined: it does not exist. */
export async function readSecret(api: Api, settings: Settings, namespace: string, signal: AbortSignal): Promise<Stored | undefined> {
  const { secret } = settings;
  const request = { path: pathOf('secrets', { namespace, name: secret }), asked: askedFor(namespace, settings, 'list') };
  const { items } = await list(api, request, object => storedIn(object), signal);
  return items.find(({ meta }) => meta.name === secret && meta.namespace === namespace);
}

function storedIn(object: unknown): Stored | undefined {
  const meta = metaOf(object);
  if (!meta) return undefined;
  const { type, immutable, data } = mapOf(object);
  const { [dataKey]: config, [formerKey]: former } = mapOf(data);
  const text = type === formerType ? `{"auths":${decoded(former)}}` : decoded(config);
  return { meta, type: textOf(type), isImmutable: immutable === true, text };
}

const decoded = (value: unknown): string => Buffer.from(textOf(value), 'base64').toString();

/** The legacy format, which the kubelet still reads: the entries without a map around them. */
const formerType = 'kubernetes.io/dockercfg';
const formerKey = '.dockercfg';

/** Why a Secret cannot be changed into what is needed, but only recreated. undefined: it can be changed. */
export const stuckIn = ({ type, isImmutable }: Stored): Inside['stuck'] =>
  type === secretType ? (isImmutable ? 'immutable' : undefined) : 'type';

/**
 * Examines a Secret, and adds all that a person should know of it. served: the hosts that it should have logins for.
 */
export function lookInside(stored: Stored, served: readonly string[], { secret, fieldManager, target }: Settings, means: Means): Found {
  const { finding } = means;
  const found = foundIn(stored.meta, { fieldManager, target });
  const what = whatIs(stored.meta.namespace, { secret });
  const isForeign = found.standing === 'foreign';
  const isOfOurType = stored.type === secretType;
  // A foreign Secret is never recreated: its owner wants it as it is.
  const stuck = isForeign ? undefined : stuckIn(stored);
  const by = (part: keyof typeof written): string => managersOf(stored, part, fieldManager) ?? 'Somebody';
  const findings: Finding[] = [];
  if (!isOfOurType) {
    const said = `${what} is of the type ${label(stored.type, 100)}${isForeign ? ', and does not have the label of the courier' : ''}. ${by('data')} made it.`;
    findings.push(finding('WRONG_TYPE', said, isForeign ? foreignType : undefined));
  } else if (stuck === 'immutable') findings.push(finding('IMMUTABLE_SECRET', `${what} is immutable. ${by('immutable')} made it so.`));
  else if (isForeign)
    findings.push(finding('FOREIGN_SECRET', `${what} does not have the label of the courier. ${whose(stored, fieldManager)}`));
  else if (found.standing === 'edited') findings.push(finding('EDITED', `${by('data')} changed ${what}.`));
  // No entry of a foreign Secret is ours. Pods that name the Secret fail at any entry that cannot be decoded.
  const reading = isOfOurType ? readEntries(stored.text, isForeign ? [] : served, { written: found.content.holds }) : undefined;
  if (reading) findings.push(...entryFindings(what, reading, means));
  if (reading && !isForeign) findings.push(...unrenewedIn(what, reading, means));
  return { ...found, inside: { ...(stuck && { stuck }), findings } };
}

function managersOf({ meta }: Stored, part: keyof typeof written, fieldManager: string): string | undefined {
  const managers = otherManagers(meta, fieldManager, part).map(manager => label(manager, 60));
  return managers.length > 0 ? managers.join(' and ') : undefined;
}

/** A sentence about the writers of a Secret without our label. */
function whose(stored: Stored, fieldManager: string): string {
  const { meta } = stored;
  if (!hasWritten(meta, fieldManager, ...written.data)) return `${managersOf(stored, 'data', fieldManager) ?? 'Somebody'} wrote it.`;
  const changed = `${managersOf(stored, 'label', fieldManager) ?? 'somebody'} changed`;
  return `The courier wrote it, and ${meta.labels[managedBy.key] === undefined ? 'somebody took away' : changed} the label since.`;
}

const foreignType =
  'Choose another name with `secret`. The courier never deletes what has not its label. To give that Secret up with all that is in it: delete it.';

const most = 20;

/**
 * Findings for entries of other writers for ECR registries. Their passwords end, and no program is known to renew them.
 */
export function unrenewedIn(
  what: string,
  { keys, broken }: Reading,
  { registry, finding }: Pick<Means, 'registry' | 'finding'>,
): Finding[] {
  const isEcr = (key: string): boolean =>
    registry(exampleOf(key))?.stripped.includes('path') === false && !broken.some(([one]) => one === key);
  const unserved = keys.filter(isEcr).slice(0, most);
  return unserved.map(key =>
    finding('UNRENEWED_ENTRY', `The courier did not write the entry ${shownAddress(key)} in ${what}, and does not renew it.`),
  );
}

/** An example of the hosts that a key stands for. The kubelet takes `*` in a key for anything between two dots. */
const exampleOf = (key: string): string => key.replace(/^(https?:\/\/)?[^./]*\*[^./]*/, '$1123456789012').replaceAll('*', 'eu-west-1');

export function entryFindings(what: string, { broken, paths, emails }: Reading, { finding }: Pick<Means, 'finding'>): Finding[] {
  return [
    ...broken.slice(0, most).map(([key, why]) => finding('UNDECODABLE_ENTRY', `The entry ${shownAddress(key)} in ${what} ${why}.`)),
    ...paths
      .slice(0, most)
      .map(key => finding('ENTRY_BELOW_HOST', `The entry ${shownAddress(key)} in ${what} comes before that of its host.`)),
    ...emails.slice(0, most).map(key => finding('ENTRY_WITH_EMAIL', `The entry ${shownAddress(key)} in ${what} has an email.`)),
  ];
}
