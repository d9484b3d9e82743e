import type { Registry } from '../contract/registry.ts';
import type { About, Discovery, Finding, FindingSpecs, Receipt, Rehearsal, Sighting, Slot } from '../contract/target.ts';
import { label } from '../contract/text.ts';
import { demand, demandList, demandMap, eachOf, isDate, isMap, isText, missing, refuse } from './shape.ts';

const longestTitle = 300;
const longestId = 1000;
const longestText = 2000;
/** DNS has no longer names. */
const longestHost = 255;
/** Each registry of a slot is shown, and asked for a proof. */
const mostRegistries = 10_000;
/** The limit for one list of findings: each finding is shown, counted and logged. */
const mostFindings = 10_000;

/** What a report is validated against. */
export interface Terms {
  /** The adapter's table of findings. Without one, every code is accepted. */
  readonly findings?: FindingSpecs | undefined;
  /** Resolves a host to its registry. */
  readonly registry: (host: string) => Registry | undefined;
  /** Registries that were validated before: thousands of slots share a few. */
  readonly known: WeakSet<object>;
}

export function asDiscovery(value: unknown, at: string, terms: Terms): Discovery {
  demandMap(value, at);
  const { slots, findings, unseen, about } = value;
  demandList(slots, `${at}.slots`);
  const ids = new Set<string>();
  // Does not modify the list itself, because an adapter may keep it between two reports.
  const sound = eachOf(slots, (one, index) => {
    const slot = asSlot(one, () => `${at}.slots[${index}]`, terms);
    demand(ids.size < ids.add(slot.id).size, `${at}.slots[${index}].id`, 'the id of one slot alone', slot.id);
    return slot;
  });
  refuseCircles(sound, at);
  if (!missing(unseen)) {
    demandList(unseen, `${at}.unseen`);
    for (const [index, id] of unseen.entries()) demand(isText(id), `${at}.unseen[${index}]`, 'a text', id);
  }
  return {
    ...(value as unknown as Discovery),
    slots: sound,
    findings: asFindings(findings, `${at}.findings`, terms.findings),
    ...(!missing(about) && { about: asAbout(about, `${at}.about`) }),
  };
}

/** Rejects slots that follow each other in a cycle, or follow themselves: they would wait forever. */
function refuseCircles(slots: readonly Slot[], at: string): void {
  const leaders = new Map(slots.flatMap(({ id, after }) => (after === undefined ? [] : [[id, after] as const])));
  const ends = new Set<string>();
  for (const [id] of leaders) {
    const passed = new Set<string>();
    for (let next: string | undefined = id; next !== undefined && !ends.has(next); next = leaders.get(next)) {
      if (passed.has(next)) refuseCircle(slots, next, at);
      passed.add(next);
    }
    for (const one of passed) ends.add(one);
  }
}

function refuseCircle(slots: readonly Slot[], id: string, at: string): never {
  const from = slots.findIndex(slot => slot.id === id);
  return refuse(`${at}.slots[${from}].after`, 'the id of a slot that does not wait for this one', slots[from]?.after);
}

function asAbout(value: unknown, at: string): About {
  demandMap(value, at);
  const { product, principal, keyExpiresAt, reaches, shares } = value;
  for (const [name, text] of Object.entries({ product, principal }))
    demand(missing(text) || typeof text === 'string', `${at}.${name}`, 'a text, or missing', text);
  demand(missing(keyExpiresAt) || isDate(keyExpiresAt), `${at}.keyExpiresAt`, 'a date, or missing', keyExpiresAt);
  for (const [name, ids] of Object.entries({ reaches, shares })) {
    if (missing(ids)) continue;
    demandList(ids, `${at}.${name}`);
    for (const [index, id] of ids.entries()) demand(isText(id), `${at}.${name}[${index}]`, 'a text', id);
  }
  return {
    ...(typeof product === 'string' && { product: label(product, longestTitle) }),
    ...(typeof principal === 'string' && { principal: label(principal, longestTitle) }),
    ...(keyExpiresAt instanceof Date && { keyExpiresAt }),
    ...(!missing(reaches) && { reaches: reaches as readonly string[] }),
    ...(!missing(shares) && { shares: shares as readonly string[] }),
  };
}

const states: readonly unknown[] = ['present', 'absent', 'drifted'] satisfies Slot['state'][];
/** The fast path: most names match, and a closer look costs more. */
const plain = /^[\x20-\x7e]{1,300}$/;

/** `at` is called only when something is wrong. */
function asSlot(value: unknown, at: () => string, terms: Terms): Slot {
  if (!isMap(value)) demandMap(value, at());
  const { id, title, registries, state, deed, lacks, source, after, follows, holds, waits, disturbs, findings } = value;
  if (!isText(id) || id.length > longestId) refuse(`${at()}.id`, `a text of at most ${longestId} characters`, id);
  if (!states.includes(state)) refuse(`${at()}.state`, 'present, absent or drifted', state);
  if (!Array.isArray(registries)) refuse(`${at()}.registries`, 'a list', registries);
  const hosts = registries as readonly unknown[];
  if (hosts.length > mostRegistries) refuse(`${at()}.registries.length`, `at most ${mostRegistries}`, hosts.length);
  for (const registry of hosts) if (!isRegistry(registry, terms)) refuse(`${at()}.registries`, 'what deps.registry answers', registry);
  if (!(missing(title) || typeof title === 'string')) refuse(`${at()}.title`, 'a text, or missing', title);
  if (!(missing(deed) || isText(deed))) refuse(`${at()}.deed`, 'a text, or missing', deed);
  if (!(missing(lacks) || isText(lacks))) refuse(`${at()}.lacks`, 'a text, or missing', lacks);
  if (!(missing(source) || isText(source))) refuse(`${at()}.source`, 'a text, or missing', source);
  if (!(missing(after) || isText(after))) refuse(`${at()}.after`, 'the id of a slot, or missing', after);
  if (!(missing(follows) || follows === 'at once' || follows === 'in time'))
    refuse(`${at()}.follows`, '`at once`, `in time`, or missing', follows);
  if (!missing(holds)) demandHolds(holds, `${at()}.holds`);
  if (!(missing(waits) || typeof waits === 'boolean')) refuse(`${at()}.waits`, 'true, false or missing', waits);
  if (!missing(disturbs)) demandDisturbs(disturbs, `${at()}.disturbs`);
  const slot = value as unknown as Slot;
  const said = missing(findings) || slot.findings?.length === 0 ? slot.findings : asFindings(findings, `${at()}.findings`, terms.findings);
  const name = (title || id) as string;
  if (said === slot.findings && title !== '' && plain.test(name) && plain.test(slot.lacks ?? ' ') && plain.test(slot.deed ?? ' '))
    return slot;
  return {
    ...slot,
    ...(said && { findings: said }),
    ...((!plain.test(name) || title === '') && { title: label(name, longestTitle) }),
    ...(isText(deed) && { deed: label(deed, longestTitle) }),
    ...(isText(lacks) && { lacks: label(lacks, longestTitle) }),
  };
}

/**
 * Whether a registry is what `deps.registry` returns for its host. Region and partition become part of the address that
 * is asked for a token, and the token is then sent to the host, so all members must belong together.
 */
function isRegistry(value: unknown, { registry, known }: Terms): boolean {
  if (!isMap(value)) return false;
  if (known.has(value)) return true;
  const { host } = value;
  const meant = typeof host === 'string' ? registry(host) : undefined;
  const members = ['host', 'service', 'account', 'region', 'partition', 'fips', 'dualStack'] as const satisfies (keyof Registry)[];
  if (!meant || members.some(member => value[member] !== meant[member])) return false;
  known.add(value);
  return true;
}

/** Validates one value for all registries, or a map of values by host. */
function demandHolds(value: unknown, at: string): void {
  if (value instanceof Map) for (const [host, one] of value) demandHeld(one, `${at}.get("${label(host, longestHost)}")`);
  else demandHeld(value, at);
}

function demandHeld(value: unknown, at: string): void {
  demandMap(value, at);
  const { fingerprint } = value;
  demand(isText(fingerprint) && /^[\x21-\x7e]{1,100}$/.test(fingerprint), `${at}.fingerprint`, 'what `fingerprint` says', fingerprint);
  demand(isDate(value['expiresAt']), `${at}.expiresAt`, 'a date', value['expiresAt']);
}

function demandDisturbs(value: unknown, at: string): void {
  demandMap(value, at);
  const { below } = value;
  demand(typeof below === 'number' && below >= 0 && below <= 1, `${at}.below`, 'a number from 0 to 1', below);
}

const soundFindings = new WeakSet<object>();

/** Returns the same list where it was validated before, or where nothing in it has to be changed. */
function asFindings(value: unknown, at: string, codes?: FindingSpecs): readonly Finding[] {
  demandList(value, at);
  if (soundFindings.has(value)) return value as readonly Finding[];
  demand(value.length <= mostFindings, `${at}.length`, `at most ${mostFindings}`, value.length);
  const found = eachOf(value, (one, index) => asFinding(one, `${at}[${index}]`, codes));
  const same = found.every((one, index) => one === value[index]) ? (value as readonly Finding[]) : found;
  if (Object.isFrozen(same)) soundFindings.add(same);
  return same;
}

/** Replaces a code that is not in the adapter's table, as UNEXPECTED replaces an unknown failure code. */
const unknownCode = 'OTHER_FINDING';

function asFinding(value: unknown, at: string, codes?: FindingSpecs): Finding {
  demandMap(value, at);
  const { code, message, remedy } = value;
  const named =
    typeof code === 'string' && /^[A-Z][A-Z0-9_]{0,63}$/.test(code) ? code : refuse(`${at}.code`, 'a code such as HOST_TWICE', code);
  demand(isText(message), `${at}.message`, 'a sentence', message);
  demand(missing(remedy) || typeof remedy === 'string', `${at}.remedy`, 'a sentence, or missing', remedy);
  const finding = value as unknown as Finding;
  const known = !codes || Object.hasOwn(codes, named);
  const words = label(known ? message : `${finding.message} (its code ${named} is not in the adapter's table of findings)`, longestText);
  const cure = typeof remedy === 'string' ? label(remedy, longestText) : undefined;
  if (words === message && cure === remedy) return finding;
  return { ...finding, ...(!known && { code: unknownCode }), message: words, ...(cure !== undefined && { remedy: cure }) };
}

const changes = ['created', 'updated', 'unchanged'] as const satisfies Receipt['change'][];

export function asReceipt(value: unknown, at: string, codes?: FindingSpecs): Receipt {
  return receiptOf<Receipt>(value, at, changes, codes);
}

export function asRehearsal(value: unknown, at: string, codes?: FindingSpecs): Rehearsal {
  return receiptOf<Rehearsal>(value, at, [...changes, 'untried'], codes);
}

function receiptOf<R extends Rehearsal>(value: unknown, at: string, known: readonly R['change'][], codes?: FindingSpecs): R {
  demandMap(value, at);
  const { change, id, proven, findings } = value;
  if (!known.some(one => one === change)) refuse(`${at}.change`, known.join(', ').replace(/, (\w+)$/, ' or $1'), change);
  if (!missing(id) && (!isText(id) || id.length > longestId)) refuse(`${at}.id`, `a text of at most ${longestId} characters`, id);
  if (!(missing(proven) || typeof proven === 'boolean')) refuse(`${at}.proven`, 'true, false or missing', proven);
  const receipt = value as unknown as R;
  const said = missing(findings) ? undefined : asFindings(findings, `${at}.findings`, codes);
  return said === receipt.findings ? receipt : { ...receipt, ...(said && { findings: said }) };
}

export function asSightings(value: unknown, at: string): AsyncIterable<unknown> {
  demand(isMap(value) && Symbol.asyncIterator in value, at, 'what can be walked over with `for await`', value);
  return value as AsyncIterable<unknown>;
}

export function asSighting(value: unknown, at: string, terms: Terms): Sighting {
  demandMap(value, at);
  if ('slot' in value) {
    const slot = asSlot(value['slot'], () => `${at}.slot`, terms);
    refuseCircles([slot], at);
    return { slot };
  }
  demand(isText(value['gone']), `${at}.gone`, 'the id of a slot', value['gone']);
  return value as unknown as Sighting;
}
