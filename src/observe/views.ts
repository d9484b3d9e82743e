import type { Identity } from '../contract/credential.ts';
import { isUntold } from '../contract/expiry.ts';
import { redact } from '../contract/secret.ts';
import type { Finding, FindingSpecs } from '../contract/target.ts';
import { few } from '../contract/text.ts';
import {
  type Entry,
  type Holding,
  heldFor,
  type Ledger,
  type Moment,
  type Outcome,
  type Scope,
  type ScopeFinding,
  type TargetRecord,
  type Trouble,
} from '../courier/ledger.ts';
import { ownHosts, scopeAt } from '../courier/offers.ts';
import { succeeded } from '../courier/outcomes.ts';
import { findingsOfAdapter } from '../courier/receipt-findings.ts';
import { fetchDueAt } from '../courier/timing.ts';
import { explained, saidOf } from '../courier/verdict.ts';
import { helpOf, specOf } from './finding-log.ts';
import { imageView } from './image-view.ts';
import type {
  CredentialView,
  FindingView,
  HoldingView,
  IdentityView,
  OutcomeView,
  SlotView,
  TargetOverview,
  TargetView,
  Time,
  TroubleView,
} from './status-view.ts';

/** Redacts titles, products and messages, because managers may repeat what they were sent. */
export function targetOverview(ledger: Ledger, record: TargetRecord, engine: FindingSpecs): TargetOverview {
  const { managed, about, trouble } = record;
  const specs = { ...engine, ...managed.findings };
  return {
    name: record.name,
    kind: managed.kind,
    address: record.address === undefined ? null : redact(record.address),
    required: managed.required,
    paused: managed.paused,
    state: targetState(record),
    product: about.product === undefined ? null : redact(about.product),
    principal: about.principal === undefined ? null : redact(about.principal),
    keyExpiresAt: about.keyExpiresAt ? iso(about.keyExpiresAt) : null,
    discoveredAt: timeOf(ledger, record.discoveredAt),
    nextDiscoveryAt: managed.paused ? null : timeOf(ledger, record.nextDiscoveryAt),
    trouble: trouble ? troubleView(ledger, trouble) : null,
    findings: [...ledger.findingsOf(record), ...record.findings].map(finding => findingView(finding, specs)),
    images: (record.verified ?? []).map(verification => imageView(ledger, verification)),
    slots: {
      *[Symbol.iterator]() {
        const lifeOf = lives(ledger);
        for (const entry of record.entries.values()) yield slotView(ledger, record, entry, specs, lifeOf);
      },
    },
    outcomes: record.outcomes.map(outcome => outcomeView(ledger, outcome)),
  };
}

function targetState({ managed, trouble, discoveredAt, entries }: TargetRecord): TargetView['state'] {
  if (managed.paused) return 'paused';
  if (trouble || entries.values().some(entry => isFailing(entry, managed.create))) return 'failing';
  return discoveredAt === undefined ? 'starting' : 'ok';
}

function isFailing({ slot, trouble }: Entry, create: boolean): boolean {
  return trouble !== undefined && (slot.state !== 'absent' || create);
}

/** Title and times are computed on access: callers that poll every slot do not read them. */
function slotView(ledger: Ledger, record: TargetRecord, entry: Entry, specs: FindingSpecs, lifeOf: LifeOf): SlotView {
  const { slot, trouble, wroteAt } = entry;
  const registries = ownHosts(record, entry).map(({ host }, at) =>
    holdingView(ledger, entry, { host, scope: scopeAt(record, entry, at) }, lifeOf),
  );
  const findings = [...ledger.findingsOf(record, entry), ...findingsOfAdapter(entry)];
  const repairs = ledger.awaitsRepair(record, entry);
  const state = slotState(entry, registries, record.managed.create, ledger.isDue(record, entry) || repairs);
  return {
    id: slot.id,
    get title() {
      return redact(slot.title ?? slot.id);
    },
    state,
    waits: slot.waits ?? false,
    renewing: state === 'waiting' && !repairs && !record.trouble && isHeld(entry, registries),
    registries,
    trouble: trouble ? troubleView(ledger, { ...trouble, failure: explained(trouble.failure, saidOf(entry)) }) : null,
    get lastAttemptAt() {
      return timeOf(ledger, wroteAt);
    },
    get nextAttemptAt() {
      return timeOf(ledger, ledger.nextAttempt(record, entry));
    },
    findings: findings.map(finding => findingView(finding, specs)),
  };
}

function slotState(entry: Entry, registries: readonly HoldingView[], create: boolean, due: boolean): SlotView['state'] {
  if (entry.slot.state === 'absent' && !create) return 'absent';
  if (isFailing(entry, create)) return 'failing';
  if (entry.unsettled?.by === 'us') return 'unconfirmed';
  if (entry.slot.waits) return 'waiting';
  const served = registries.filter(holding => holding.source !== null);
  const nothingToGive = registries.length > 0 && served.length === 0;
  return due || nothingToGive || served.some(holding => !holding.valid) ? 'waiting' : 'ok';
}

/** Whether the slot is as the courier left it, and every login in it is valid. */
function isHeld({ slot, unsettled }: Entry, registries: readonly HoldingView[]): boolean {
  if (slot.waits || slot.state !== 'present' || unsettled) return false;
  return registries.length > 0 && registries.every(({ source, valid }) => source !== null && valid);
}

interface Place {
  readonly host: string;
  readonly scope: Scope | undefined;
}

function holdingView(ledger: Ledger, entry: Entry, { host, scope }: Place, lifeOf: LifeOf): HoldingView {
  const held = heldFor(entry, host);
  return {
    host,
    source: scope?.source.name ?? null,
    fingerprint: held?.fingerprint || null,
    ...lifeOf(held),
    valid: held !== undefined && ledger.now() < held.endsAt,
    proven: held ? provenOf(held, host, scope, entry) : null,
  };
}

/** The manager's verdict takes precedence over the registry's, because images are pulled by the manager. */
function provenOf(held: Holding, host: string, scope: Scope | undefined, { proven }: Entry): boolean | null {
  if (proven?.fingerprint === held.fingerprint) return proven.ok;
  const proof = scope?.proofs.get(host);
  if (proof?.fingerprint !== held.fingerprint) return null;
  if (proof.ok) return true;
  return proof.refused ? false : null;
}

export function credentialView(ledger: Ledger, record: Scope, engine: FindingSpecs): CredentialView {
  const { kept, trouble } = record;
  return {
    source: record.source.name,
    region: record.registry.region,
    service: record.registry.service,
    state: credentialState(ledger, record),
    identity: identityView(kept?.credential.identity),
    fingerprint: kept?.fingerprint ?? null,
    ...lifeView(ledger, kept),
    nextFetchAt: timeOf(ledger, fetchDueAt(record)),
    trouble: trouble ? troubleView(ledger, trouble) : null,
    proofs: [...record.proofs].map(([host, proof]) => {
      const at = ledger.date(proof.at).toISOString();
      return { host, ok: proof.ok, message: proof.ok ? null : proof.message, at };
    }),
    findings: together(ledger.findingsOfScope(record)).map(finding => findingView(finding, engine)),
  };
}

function identityView(identity: Identity | undefined): IdentityView | null {
  if (!identity) return null;
  const { from, account = null, arn = null } = identity;
  return { from: redact(from), account, arn };
}

const hostsNamed = 3;

/** Merges the findings of one code, so that a problem of a dozen registries is reported once. `proofs` lists each. */
function together(found: readonly ScopeFinding[]): Finding[] {
  return [...Map.groupBy(found, one => one.code).values()].flatMap(alike => {
    const hosts = alike.flatMap(({ host }) => host ?? []);
    const [first] = alike;
    if (first === undefined || hosts.length < 2) return alike;
    return [{ ...first, message: `${hosts.length} registries: ${few(hosts, hostsNamed)}. ${first.message}` }];
  });
}

function credentialState(ledger: Ledger, { kept, trouble }: Scope): CredentialView['state'] {
  if (kept && ledger.now() >= kept.endsAt) return 'expired';
  if (trouble) return 'failing';
  return kept ? 'ok' : 'waiting';
}

type Life = Pick<HoldingView, 'issuedAt' | 'agesAt' | 'expiresAt'>;
type LifeOf = (held: Holding | undefined) => Life;

/** A `lifeView` with a cache: thousands of slots hold the same credential. */
function lives(ledger: Ledger): LifeOf {
  const known = new Map<Holding | undefined, Life>();
  return held => {
    const life = known.get(held) ?? lifeView(ledger, held);
    known.set(held, life);
    return life;
  };
}

function lifeView(ledger: Ledger, held: Holding | undefined): Life {
  if (!held || isUntold(held.expiresAt)) return { issuedAt: null, agesAt: null, expiresAt: null };
  const agesAt = ledger.date(held.agesAt).getTime() + (ledger.clockSkewMs ?? 0);
  return {
    issuedAt: held.credential ? iso(held.credential.issuedAt) : null,
    agesAt: iso(new Date(agesAt)),
    expiresAt: iso(held.expiresAt),
  };
}

export function troubleView(ledger: Ledger, { failure, since, count }: Trouble): TroubleView {
  const { code, message, remedy } = failure;
  return { code, message, remedy, since: ledger.date(since).toISOString(), count, help: helpOf(code) };
}

function findingView({ code, message, remedy }: Finding, specs: FindingSpecs): FindingView {
  const spec = specOf(code, specs);
  return {
    code,
    severity: spec.severity,
    message: redact(message),
    remedy: remedy ?? spec.remedy,
    help: helpOf(code),
  };
}

function outcomeView(ledger: Ledger, outcome: Outcome): OutcomeView {
  const { slot, title, reason, result, ms, message, fingerprint, expiresAt } = outcome;
  const expires = expiresAt ? iso(expiresAt) : null;
  return {
    at: ledger.date(outcome.at).toISOString(),
    slot,
    title: redact(title),
    reason,
    result,
    ok: succeeded(outcome),
    ms: Math.round(ms),
    ...(message !== undefined && { message }),
    ...(fingerprint !== undefined && { fingerprint }),
    ...(expires !== null && { expiresAt: expires }),
  };
}

/** null for an undefined or infinite moment. */
export function timeOf(ledger: Ledger, moment: Moment | undefined): Time | null {
  return moment !== undefined && Number.isFinite(moment) ? iso(ledger.date(moment)) : null;
}
/** null for an invalid date, which a manager may have sent. */
function iso(date: Date): Time | null {
  return Number.isFinite(date.getTime()) ? date.toISOString() : null;
}
