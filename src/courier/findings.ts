import type { Registry } from '../contract/registry.ts';
import type { Finding, FindingSpecs } from '../contract/target.ts';
import { few, label } from '../contract/text.ts';
import { isContested, restsFromRepair } from './due.ts';
import type { Entry, ManagedTarget, Moment, Scope, ScopeFinding, TargetRecord, Verification } from './ledger.ts';
import { hour, minute } from './timing.ts';

/** The findings of the engine itself about targets, slots and credentials. */
export const engineFindings = {
  NO_SLOTS: {
    severity: 'warning',
    doc: 'The manager knows no ECR registry that the courier could serve.',
    remedy: 'Add the registry in the manager, or list it under `registries` with `create: true`.',
  },
  OWN_UNKNOWN: {
    severity: 'warning',
    doc: "The target should have the registry of the courier's own account (`own`), and AWS has not said yet which account that is. The courier serves everything else, and goes on asking.",
    remedy: 'Give the source `default` AWS credentials that may fetch a token, or name the hosts under `registries` instead of `own`.',
  },
  NO_SOURCE: {
    severity: 'warning',
    doc: 'No configured source serves this registry in this entry, so what it holds stays as it is. A source with `slots` serves those entries alone.',
    remedy: 'Add a source whose `accounts` or `registries` match it, or take the registry out of the entry.',
  },
  WISH_REFUSED: {
    severity: 'warning',
    doc: 'An entry asks for a source by name (the annotation of a Kubernetes namespace), and no source of that name grants it, or it serves none of the registries there. The courier serves the entry as if it had not asked.',
    remedy: 'Correct the name, or let that source grant it: add TARGET/ID of the entry, or a pattern for it, to `slots` of the source.',
  },
  LOOK_ALIKE: {
    severity: 'warning',
    doc: 'The manager names a host that looks like an ECR registry and is not one, such as that of a VPC endpoint. Nothing is written there.',
    remedy: 'If it leads to an ECR registry, name that registry under `aliases`; else correct it in the manager.',
  },
  ENDPOINT_SET: {
    severity: 'warning',
    doc: 'The name of this registry asks for the FIPS ECR address, and a setting names another address.',
    remedy: 'Nothing, if the address that is set is a FIPS one; else remove that setting, or use the plain name of the registry.',
  },
  NOT_CREATED: {
    severity: 'warning',
    doc: 'A wanted registry is not there, or a part of it is missing, and the target may not create it.',
    remedy: 'Create in the manager what the message names, or set `create: true` for the target.',
  },
  OTHER_FINDING: {
    severity: 'warning',
    doc: 'An adapter found something under a code that is not in its table of findings.',
    remedy: 'Read the message, and report the missing code to the authors of the adapter.',
  },
  CONTESTED: {
    severity: 'warning',
    doc: 'Repairs do not last: somebody else writes this entry too.',
    remedy: 'Find the other writer (an old cron job, a second courier with other AWS credentials, Terraform) and stop it.',
  },
  REPAIR_SPACED: {
    severity: 'info',
    doc: 'Somebody has changed or removed the entry again, soon after the courier had repaired it. Repairs that do not last keep a distance that grows: from 1 to 30 minutes, and more where a repair disturbs. From the third on it is CONTESTED.',
    remedy: 'Find out who changes it. `ecr-courier refresh` repairs it at once, unless that would disturb something that runs.',
  },
  TWO_TARGETS: {
    severity: 'warning',
    doc: 'Two targets lead to the same thing, such as a Swarm through two of its managers, or directly and through Portainer; or two of one cluster write one Secret. Each takes what the other writes for the work of somebody else, and writes again.',
    remedy: 'Keep one of them; or, of two for one cluster, give them different namespaces or names of the Secret.',
  },
  UNCONFIRMED: {
    severity: 'info',
    doc: 'The courier gave up a write that may still take effect. It writes again until it is sure.',
    remedy: 'Nothing to do unless it lasts.',
  },
  PROOF_REFUSED: {
    severity: 'warning',
    doc: 'The registry itself does not accept the new credential.',
    remedy: 'Check that account and region are right and that the registry exists; pulls will fail until it does.',
  },
  PROOF_IMPOSSIBLE: {
    severity: 'info',
    doc: 'The registry could not be asked whether it accepts the credential.',
    remedy: 'Nothing, if the courier has no route to the registry; delivery goes on all the same.',
  },
  PULL_REFUSED: {
    severity: 'error',
    doc: 'An image under `verify` would not be pulled: the AWS identity lacks a right, or the image is not there.',
    remedy: 'The message says what is missing. `ecr-courier check IMAGE` asks again at once.',
  },
  PULL_UNPROVEN: {
    severity: 'info',
    doc: 'Nobody could say whether an image under `verify` would be pulled, as the registry gave no answer of use. It is asked again.',
    remedy: 'Nothing, unless it lasts: then look at the way to the registry.',
  },
  CLOCK_SKEW: {
    severity: 'warning',
    doc: 'The clock of this machine differs from the clock of AWS by more than a minute.',
    remedy: 'Let NTP set the clock; above five minutes AWS refuses signatures.',
  },
  KEY_EXPIRES: {
    severity: 'warning',
    doc: 'The key for this manager ends within two weeks.',
    remedy: 'Create a new key and replace the old one; a key file is read again by itself.',
  },
  TLS_UNVERIFIED: {
    severity: 'warning',
    doc: 'The certificate of this manager is not verified: anybody on the way can read its key and the tokens.',
    remedy: 'Pin the certificate with `tlsFingerprint`, or give its CA with `caFile`.',
  },
  PLAIN_HTTP: {
    severity: 'info',
    doc: 'The manager is reached over plain HTTP: its key and the tokens cross the network unencrypted.',
    remedy: 'Fine inside one compose network; anywhere else use https.',
  },
} as const satisfies FindingSpecs;

export type EngineFinding = keyof typeof engineFindings;

/** Makes a finding with the remedy of the target, else that of the table. */
export function finding(code: EngineFinding, message: string, target?: Pick<ManagedTarget, 'remedies'>): Finding {
  return { code, message, remedy: target?.remedies?.[code] ?? engineFindings[code].remedy };
}

/** The findings about a target. wall: milliseconds since the epoch. all: every target. */
export function targetFindings(record: TargetRecord, wall: number, all: () => Iterable<TargetRecord>): Finding[] {
  const found = [...(record.managed.standing ?? [])];
  const { own } = record;
  if (hasSeenNothing(record))
    found.push(finding('NO_SLOTS', `${record.name} knows no ECR registry that the courier could serve.`, record.managed));
  if (own && !own.kept?.credential.own && (own.kept ?? own.trouble))
    found.push(finding('OWN_UNKNOWN', unknownOwn(record.name, own), record.managed));
  const { names, both } = twinsOf(record, all);
  if (names.length > 0) {
    const which = both.length > 0 ? `: ${few(both)}` : '';
    found.push(finding('TWO_TARGETS', `${[record.name, ...names].join(' and ')} write to the same entries${which}.`));
  }
  for (const verification of record.verified ?? []) found.push(...ofImage(verification));
  const ends = record.about.keyExpiresAt;
  if (ends && ends.getTime() - wall < 14 * 24 * hour)
    found.push(finding('KEY_EXPIRES', `The key for ${record.name} ends at ${ends.toISOString()}.`));
  return found;
}

/** The names of other targets that write to the same manager, and the shared slots unless all are shared. */
function twinsOf(record: TargetRecord, all: () => Iterable<TargetRecord>): { readonly names: string[]; readonly both: string[] } {
  const { reaches = [], shares = [] } = record.about;
  const names: string[] = [];
  const both = new Set<string>();
  if (reaches.length + shares.length === 0) return { names, both: [] };
  for (const { name, about, entries } of all()) {
    if (name === record.name) continue;
    const isSame = about.reaches?.some(id => reaches.includes(id)) === true;
    const met = about.shares?.some(id => shares.includes(id)) ? meet(record.entries, entries) : [];
    if (isSame || met.length > 0) names.push(name);
    for (const id of met) both.add(id);
  }
  return { names, both: [...both] };
}

/** The ids of slots in both targets that get credentials. */
const meet = (one: TargetRecord['entries'], other: TargetRecord['entries']): string[] =>
  [...one.values()].flatMap(({ slot: { id, registries } }) =>
    registries.length > 0 && (other.get(id)?.slot.registries.length ?? 0) > 0 ? id : [],
  );

function ofImage({ name, image: { registry }, scope, result }: Verification): Finding[] {
  // Pulls from ECR Public need no credential.
  if (!scope && registry.service === 'ecr')
    return [
      {
        ...finding('PULL_UNPROVEN', `${name} cannot be asked for, as no source serves ${registry.host}.`),
        remedy: 'Take it out of `verify`, or add a source for its registry.',
      },
    ];
  if (!result || result.ok) return [];
  const { refused, message, remedy } = result;
  return [{ ...finding(refused ? 'PULL_REFUSED' : 'PULL_UNPROVEN', `${name}: ${message}`), remedy }];
}

/** Whether NO_SLOTS is certain. The courier's own registry, once known, is a slot as well. */
function hasSeenNothing({ managed, discoveredAt, entries, partlyUnseen, own }: TargetRecord): boolean {
  if (managed.isShared || discoveredAt === undefined || entries.size > 0 || partlyUnseen) return false;
  return !own || (own.kept?.credential.own !== undefined && own.kept.receivedAt <= discoveredAt);
}

function unknownOwn(target: string, { kept, trouble, registry: { region } }: Scope): string {
  const why = kept ? 'what answered the request for a token named no ECR registry.' : trouble?.failure.message;
  return `${target} should have the registry of the courier's own account in ${region}, and that account is not known: ${why}`;
}

/** The findings about a slot. withheld: names of sources that match the slot except for their `slots`. */
export function slotFindings(
  record: TargetRecord,
  entry: Entry,
  now: Moment,
  withheld: (registry: Registry) => readonly string[],
): Finding[] {
  const found: Finding[] = [];
  const { slot } = entry;
  const orphans = slot.registries.filter((_, at) => !entry.scopes[at]);
  for (const registry of orphans) found.push(orphaned(registry, `${record.name}/${slot.id}`, withheld(registry)));
  for (const remark of slot.registries.map((registry, at) => entry.scopes[at]?.source.remarkOn?.(registry)))
    if (remark) found.push(finding('ENDPOINT_SET', remark));
  if (slot.source !== undefined && entry.scopes.some(scope => scope) && !entry.scopes.some(scope => scope?.source.name === slot.source))
    found.push(
      finding(
        'WISH_REFUSED',
        `${slot.title ?? slot.id} wishes for the source ${label(slot.source, 100)}, which does not grant it or serves no registry there.`,
      ),
    );
  if (slot.state === 'absent' && !record.managed.create) {
    const state = slot.lacks ? `there but lacks ${slot.lacks}` : 'wanted but not there';
    found.push(finding('NOT_CREATED', `${slot.title ?? slot.id} is ${state}, and ${record.name} may not create it.`, record.managed));
  }
  if (isContested(entry, now))
    found.push(finding('CONTESTED', `${slot.title ?? slot.id} was repaired ${entry.repaired?.count} times and changed again each time.`));
  else if (restsFromRepair(record, entry, now))
    found.push(finding('REPAIR_SPACED', `${slot.title ?? slot.id} was repaired a moment ago and changed again; the next repair waits.`));
  if (entry.unsettled?.by === 'us')
    found.push(finding('UNCONFIRMED', `A write to ${slot.title ?? slot.id} was given up and may still land there.`));
  return found;
}

function orphaned({ host, service }: Registry, slot: string, withheld: readonly string[]): Finding {
  if (withheld.length > 0) {
    const [said, whose] =
      withheld.length === 1 ? [`the source ${withheld[0]}, whose`, 'its'] : [`the sources ${withheld.join(', ')}, whose`, 'their'];
    return {
      ...finding('NO_SOURCE', `${host} is served by ${said} \`slots\` do not have ${label(slot, 200)}, and by no other.`),
      remedy: `Take the registry out of this entry; or, if whoever writes there may have such tokens, add the entry to ${whose} \`slots\`.`,
    };
  }
  if (service === 'ecr') return finding('NO_SOURCE', `No source serves ${host}.`);
  return {
    ...finding('NO_SOURCE', `${host} is ECR Public, for which no source is configured.`),
    remedy:
      'Nothing, if no password is stored there: public images are pulled without one. ECR Public refuses an expired password: configure a source with `service: ecr-public`, and it is kept fresh.',
  };
}

export function scopeFindings(record: Scope, clockSkewMs: number | undefined): ScopeFinding[] {
  const found: ScopeFinding[] = [];
  for (const [host, proof] of record.proofs) {
    if (proof.ok) continue;
    found.push({ ...finding(proof.refused ? 'PROOF_REFUSED' : 'PROOF_IMPOSSIBLE', proof.message), host });
  }
  if (clockSkewMs !== undefined && Math.abs(clockSkewMs) > minute) found.push(finding('CLOCK_SKEW', skewText(clockSkewMs)));
  return found;
}

/** The clock skew in words. skewMs: the server's clock minus ours. */
export function skewText(skewMs: number): string {
  const off = Math.abs(skewMs);
  const length = off < 2 * hour ? `${Math.round(off / minute)} min` : `${Math.round(off / hour)} h`;
  return `The clock of this machine is ${length} ${skewMs > 0 ? 'behind' : 'ahead of'} the clock of AWS.`;
}
