import { isUntold } from '../contract/expiry.ts';
import { type Failure, type FailureCode, failures } from '../contract/failures.ts';
import { redact } from '../contract/secret.ts';
import type { Finding, FindingSpecs, Slot } from '../contract/target.ts';
import { few, label } from '../contract/text.ts';
import { type Entry, heldFor, type Ledger, type TargetRecord, type Trouble } from '../courier/ledger.ts';
import { ownHosts, scopeAt } from '../courier/offers.ts';
import { findingsOfAdapter } from '../courier/receipt-findings.ts';
import { unnamed } from '../io/unconnected.ts';
import { Unreadable } from '../io/unreadable.ts';
import { specOf } from '../observe/finding-log.ts';
import { clockTime, isOurs, isThreatened } from './logins.ts';

/**
 * What threatens one slot, in words for those who use it. They may be tenants, who shall learn nothing of other slots,
 * of sources and of where the courier runs.
 */
export interface SlotThreat {
  /** `renewal`, or the code of a finding. */
  readonly topic: string;
  /** Another kind of the same topic is news. */
  readonly kind: string;
  /** Made when they are told, because thousands of slots may fail at once. */
  words(): Words;
}
interface Words {
  readonly message: string;
  readonly remedy: string;
}

/** The login of a slot for one host. */
interface Login {
  readonly host: string;
  readonly endsAt: number | undefined;
  readonly trouble: Trouble | undefined;
  readonly by: 'delivery' | 'source';
}

const longestText = 600;
const line = (text: string): string => label(redact(text), longestText).toWellFormed();
/** A line that ends as a sentence does, as a remedy may follow it. */
const sentence = (text: string): string => line(text).replace(/[^.!?]$/, '$&.');
const nameOf = ({ title, id }: Slot): string => line(title ?? id);
const askTheOperator = 'Ask whoever runs the courier: its log and its status page say more.';

export function threatsOf(ledger: Ledger, record: TargetRecord, entry: Entry): SlotThreat[] {
  if (!isOurs(entry, record)) return findingsOf(ledger, record, entry);
  const renewal = renewalOf(ledger, record, entry);
  return [...(renewal ? [renewal] : []), ...findingsOf(ledger, record, entry)];
}

/** Whether all that the slot should hold is there, and nothing fails. Otherwise nobody knows that a threat is over. */
export function isRenewed(ledger: Pick<Ledger, 'now'>, entry: Entry): boolean {
  const now = ledger.now();
  if (entry.trouble || entry.running || entry.slot.state !== 'present') return false;
  if (entry.slot.registries.length === 0) return entry.slot.after !== undefined;
  return entry.slot.registries.every(({ host }, at) => {
    const held = heldFor(entry, host);
    return entry.scopes[at] === undefined || (held !== undefined && held.endsAt > now);
  });
}

/** The end of the login that ends first, in words; empty if no end is known. */
export function endIn(ledger: Ledger, { held }: Entry): string {
  const ends = held.flatMap(one => (one && !isUntold(one.expiresAt) ? [one.endsAt] : []));
  return ends.length > 0 ? clockTime(ledger, Math.min(...ends)) : '';
}

/** Whether a failure needs a person. The others usually go away by themselves. */
const needsPerson = ({ failure }: Trouble): boolean => ['slow', 'key', 'refetch'].includes(failures[failure.code].retry);

function renewalOf(ledger: Ledger, record: TargetRecord, entry: Entry): SlotThreat | undefined {
  const hosts = ownHosts(record, entry);
  const logins = hosts.flatMap((_, at) => loginAt(ledger, record, entry, at) ?? []);
  const [first] = logins;
  if (first) return { topic: 'renewal', kind: kindOf(ledger, first), words: () => wordsOf(ledger, entry, [first, ...logins.slice(1)]) };
  const { trouble, slot } = entry;
  if (hosts.length > 0 || !trouble || !needsPerson(trouble)) return undefined;
  const words = (): Words => {
    const { why, remedy } = reasonOf({ trouble, by: 'delivery', slot });
    return { message: sentence(`${nameOf(slot)} cannot be ${slot.deed ?? 'written'}: ${why}`), remedy };
  };
  return { topic: 'renewal', kind: trouble.failure.code, words };
}

/** The login for the host at this index of `ownHosts`, if it is not kept fresh. */
function loginAt(ledger: Ledger, record: TargetRecord, entry: Entry, at: number): Login | undefined {
  const [now, host, scope] = [ledger.now(), ownHosts(record, entry)[at]?.host, scopeAt(record, entry, at)];
  if (host === undefined || !scope) return undefined;
  const held = heldFor(entry, host);
  const trouble = entry.trouble ?? scope.trouble;
  const isDue = entry.trouble !== undefined || !held || now >= held.agesAt;
  const isRefused = trouble !== undefined && isDue && !entry.slot.waits && needsPerson(trouble);
  if (!isRefused && !isThreatened(ledger, record, entry, { held, trouble, now })) return undefined;
  const endsAt = held && !isUntold(held.expiresAt) ? held.endsAt : undefined;
  return { host, endsAt, trouble, by: trouble && trouble === entry.trouble ? 'delivery' : 'source' };
}

function kindOf(ledger: Ledger, { endsAt, by, trouble }: Login): string {
  const stage = endsAt === undefined ? 'none' : endsAt > ledger.now() ? 'ends' : 'ended';
  return [by, trouble?.failure.code, stage].join(' ');
}

function wordsOf(ledger: Ledger, { slot }: Entry, logins: readonly [Login, ...Login[]]): Words {
  const now = ledger.now();
  const [first] = logins.toSorted((a, b) => (a.endsAt ?? -Infinity) - (b.endsAt ?? -Infinity));
  const { endsAt } = first ?? logins[0];
  const [{ trouble, by }] = logins;
  const hosts = few(
    logins.map(({ host }) => host),
    3,
  );
  const login = `${logins.length === 1 ? 'The login' : 'Logins'} for ${hosts} in ${nameOf(slot)}`;
  const [is, ends, ended] = logins.length === 1 ? ['is', 'ends', 'ended'] : ['are', 'end', 'ended'];
  const { why, remedy } = reasonOf({ trouble, by, slot });
  const state =
    endsAt === undefined
      ? `${nameOf(slot)} has no fresh login for ${hosts}`
      : `${login} ${is} not renewed, and ${endsAt > now ? ends : ended} at ${clockTime(ledger, endsAt)}`;
  return { message: sentence(`${state}: ${why}`), remedy };
}

/** What the other side said of the slot itself. Anything else may be about the courier, or about others. */
const quoted: readonly FailureCode[] = ['REJECTED', 'CONFLICT', 'TOO_LARGE'];

function reasonOf({ trouble, by, slot: { deed } }: Pick<Login, 'trouble' | 'by'> & Pick<Entry, 'slot'>): {
  readonly why: string;
  readonly remedy: string;
} {
  if (!trouble) return { why: 'no attempt to renew it came to an end.', remedy: askTheOperator };
  const { failure } = trouble;
  if (by === 'source') return { why: 'the courier gets no token for it at present.', remedy: askTheOperator };
  if (quoted.includes(failure.code)) return { why: unnamed(failure.message), remedy: line(failure.remedy) };
  // A file of the courier may be closed to it, too. Where that lies is no matter of a tenant.
  if (failure.code === 'FORBIDDEN' && !(failure.facts.cause instanceof Unreadable))
    return { why: 'the courier lacks a right there.', remedy: line(failure.remedy) };
  return { why: plainWords(failure, deed), remedy: askTheOperator };
}

const plainWords = ({ code }: Failure, deed: string | undefined): string =>
  code === 'CREDENTIAL_REFUSED' ? 'the token of the courier is refused.' : `the courier could not ${deed ? 'do that' : 'write it'}.`;

/** The findings of the engine that tenants may read as they are. NO_SOURCE would name sources. */
const plainFindings: ReadonlySet<string> = new Set(['WISH_REFUSED', 'NOT_CREATED', 'CONTESTED']);

function findingsOf(ledger: Ledger, record: TargetRecord, entry: Entry): SlotThreat[] {
  const ofEngine = ledger.findingsOf(record, entry).filter(({ code }) => plainFindings.has(code));
  const ofAdapter = findingsOfAdapter(entry).filter(({ code }) => isSerious(code, record.managed.findings));
  const orphans = entry.slot.registries.filter((_, at) => !entry.scopes[at]).map(({ host }) => host);
  const unserved = orphans.length > 0 ? [withoutSource(entry.slot, orphans)] : [];
  const all = Map.groupBy([...unserved, ...ofEngine, ...ofAdapter], ({ code }) => code);
  return [...all].map(([code, found]) => ({ topic: code, kind: code, words: () => wordsOfFindings(found, record) }));
}

function wordsOfFindings([first, ...others]: readonly Finding[], { managed }: TargetRecord): Words {
  const more = others.length > 0 ? ` And ${others.length} more of this kind.` : '';
  const remedy = first?.remedy ?? specOf(first?.code ?? '', managed.findings).remedy;
  return { message: `${sentence(first?.message ?? '')}${more}`, remedy: line(remedy) };
}

/** A code that is not in the table stays the matter of the operator. */
const isSerious = (code: string, specs: FindingSpecs): boolean => Object.hasOwn(specs, code) && specs[code]?.severity !== 'info';

const withoutSource = (slot: Slot, hosts: readonly string[]): Finding => ({
  code: 'NO_SOURCE',
  message: `The courier has no source of tokens for ${few(hosts, 3)} in ${nameOf(slot)}, so no login for it is renewed there.`,
  remedy: 'Ask whoever runs the courier to let a source serve it there, or do not ask for that registry there.',
});
