import assert from 'node:assert/strict';
import { type Credential, fingerprint } from '../../src/contract/credential.ts';
import { Failure, type FailureCode } from '../../src/contract/failures.ts';
import { readImage } from '../../src/contract/image.ts';
import { parseAddress, type Registry } from '../../src/contract/registry.ts';
import { Secret } from '../../src/contract/secret.ts';
import type { Source } from '../../src/contract/source.ts';
import type { Finding, FindingSpecs, Slot } from '../../src/contract/target.ts';
import { awaitsRepair } from '../../src/courier/due.ts';
import type { Entry, Kept, Ledger, Outcome, Scope, ScopeFinding, TargetRecord, Trouble, Verification } from '../../src/courier/ledger.ts';

export const minute = 60_000;
export const hour = 60 * minute;
/** The fixture's moment 0 as a date. */
export const epoch = Date.parse('2026-03-01T10:00:00Z');
const never = Number.NEGATIVE_INFINITY;

export const specs: FindingSpecs = {
  NO_SLOTS: { severity: 'warning', doc: 'Nothing to serve.', remedy: 'Add a registry.' },
  CLOCK_SKEW: { severity: 'warning', doc: 'Clocks differ.', remedy: 'Let NTP set the clock.' },
};

export function registry(host: string): Registry {
  const address = parseAddress(host);
  if (!address) throw new Error(`not an ECR host: ${host}`);
  return address.registry;
}
export const euWest = '123456789012.dkr.ecr.eu-west-1.amazonaws.com';
export const usEast = '123456789012.dkr.ecr.us-east-1.amazonaws.com';

/** A credential of 12 h that was fetched `age` milliseconds before moment 0. */
export function kept(age: number, password = 'a-password-of-the-fixture', scope = 'default eu-west-1'): Kept {
  const issued = epoch - age;
  const secret = new Secret(password);
  const expiresAt = new Date(issued + 12 * hour);
  const credential: Credential = { username: 'AWS', password: secret, issuedAt: new Date(issued), expiresAt, source: 'default', scope };
  return {
    fingerprint: fingerprint(credential),
    scope,
    credential,
    expiresAt,
    agesAt: 6 * hour - age,
    endsAt: 12 * hour - age,
    receivedAt: -age,
  };
}

export function trouble(code: FailureCode, message: string, since = -10 * minute, count = 3): Trouble {
  return { failure: new Failure(code, message), since, count };
}

export function scopeOf(host: string, more: Partial<Scope> = {}): Scope {
  const of = registry(host);
  const id = `default ${of.region}`;
  const source: Source = { name: 'default', scope: () => id, fetch: () => Promise.reject(new Error('not fetched here')) };
  const state = {
    wanted: true,
    fetching: false,
    refetch: false,
    answeredAt: never,
    refusals: [],
    fetchedAt: never,
    failures: 0,
    notBefore: never,
  };
  return {
    id,
    source,
    registry: of,
    hosts: new Map([[host, of]]),
    proofs: new Map(),
    proving: new Set(),
    unproven: [],
    ...state,
    ...more,
  };
}

/** A slot of one registry that holds `held`. `scope`: undefined when no source serves it. */
export function entry(id: string, scope: Scope | undefined, held?: Kept, more: Partial<Entry> & { slotOf?: Partial<Slot> } = {}): Entry {
  const of = scope?.registry ?? registry(euWest);
  const { slotOf, ...rest } = more;
  const slot: Slot = { id, title: `ecr-${id} (row ${id})`, registries: [of], state: 'present', ref: null, ...slotOf };
  const marks = { running: false, queued: 0, notBefore: 0 };
  return { slot, scopes: [scope], held: held ? [held] : [], wroteAt: never, ...marks, receiptFindings: [], ...rest };
}

type Managed = TargetRecord['managed'];
export function target(
  name: string,
  entries: readonly Entry[],
  more: Partial<TargetRecord> & { managedOf?: Partial<Managed> } = {},
): TargetRecord {
  const { managedOf, ...rest } = more;
  const managed: Managed = {
    name,
    kind: 'portainer',
    required: true,
    create: false,
    paused: false,
    limits: { concurrency: 4, discoverMs: 30_000, deliverMs: 75_000 },
    findings: { MANAGED_BY_PORTAINER: { severity: 'info', doc: 'A row of type 7.', remedy: 'Add a custom registry.' } },
    open: () => Promise.reject(new Error('not opened here')),
    ...managedOf,
  };
  return {
    managed,
    name,
    address: `https://${name}:9443`,
    entries: new Map(entries.map(one => [one.slot.id, one])),
    renamed: new Map(),
    recreated: new Map(),
    given: new WeakSet(),
    vanished: new Map(),
    leaving: new Map(),
    about: {},
    findings: [],
    followers: new Map(),
    partlyUnseen: false,
    discoveredAt: -minute,
    nextDiscoveryAt: minute,
    opensAt: () => undefined,
    outcomes: [],
    ...rest,
  };
}

const image = readImage(`${euWest}/team/app:1`);

/** The verification of one image. */
export function verification(name: string, more: Partial<Verification> = {}): Verification {
  assert.ok('registry' in image);
  return { name: `${euWest}/${name}`, image, scope: scopeOf(euWest), running: false, notBefore: hour, ...more };
}

export function outcome(slot: string, at: number, result: Outcome['result'], more: Partial<Outcome> = {}): Outcome {
  return { at, slot, title: `ecr-${slot} (row ${slot})`, reason: 'aging', result, ms: 120, ...more };
}

interface LedgerParts {
  readonly scopes?: readonly Scope[];
  readonly now?: number;
  readonly sinceStepMs?: number;
  readonly clockSkewMs?: number;
  readonly engine?: (target: TargetRecord, entry?: Entry) => readonly Finding[];
  readonly engineOfScope?: (scope: Scope) => readonly ScopeFinding[];
  readonly next?: (entry: Entry) => number | undefined;
}

export function ledgerOf(targets: readonly TargetRecord[], parts: LedgerParts = {}): Ledger {
  const now = parts.now ?? 0;
  return {
    targets: new Map(targets.map(one => [one.name, one])),
    scopes: new Map((parts.scopes ?? []).map(one => [one.id, one])),
    isDue: (_, one) => (parts.next?.(one) ?? Number.POSITIVE_INFINITY) <= now,
    awaitsRepair: (record, one) => awaitsRepair(record, one, now),
    findingsOf: parts.engine ?? (() => []),
    findingsOfScope: parts.engineOfScope ?? (() => []),
    nextAttempt: (_, one) => parts.next?.(one),
    clockSkewMs: parts.clockSkewMs,
    startedAt: -2 * hour,
    sinceStepMs: parts.sinceStepMs ?? 0,
    now: () => now,
    date: moment => new Date(epoch + moment),
  };
}
