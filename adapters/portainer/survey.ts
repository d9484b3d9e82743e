import type { Deps } from '../../src/contract/adapter.ts';
import type { Address } from '../../src/contract/registry.ts';
import type { Discovery, Finding, Slot } from '../../src/contract/target.ts';
import { few, label } from '../../src/contract/text.ts';
import { absentSlots } from '../../src/contract/usual.ts';
import { type RowCount, unreadableRows } from '../common/unreadable.ts';
import type { Code } from './findings.ts';
import { consequences } from './forms.ts';

/** What is read of a registry. Business Edition shows only Id, Name and Type to users who are not administrators. */
export interface Row {
  readonly Id: number;
  readonly Type: number;
  readonly Name?: unknown;
  readonly URL?: string;
  readonly Authentication?: boolean;
  readonly Username?: string;
  /** By environment in which it may be used by others than administrators. */
  readonly RegistryAccesses?: Readonly<Record<string, unknown>> | null;
}
/** A service of the Swarm that is an environment. row: the id of the row whose login it is given. */
export interface ServiceRef {
  readonly environment: number;
  readonly service: string;
  readonly host: string;
  readonly row: string;
}
/** Where a credential goes: into the row of this id, or into a new one; and from a row to a service. */
export type RowRef = number | 'new';
export type Ref = RowRef | ServiceRef;
export const isService = (ref: Ref): ref is ServiceRef => typeof ref === 'object';

export const custom = 3;
/** The type "AWS ECR" holds IAM keys, and Portainer fetches tokens with them. Never written to. */
export const awsEcr = 7;

/** Without a type a row cannot be told apart from those that must not be written to. */
export function isRow(element: unknown): element is Row {
  const { Id, Type } = (element ?? {}) as Partial<Row>;
  return Number.isSafeInteger(Id) && Number.isSafeInteger(Type);
}

/**
 * A slot for each row that is ours to write, and what a person should know. Rows are taken one by one, and a small part
 * of each is kept.
 */
export function makeSurvey({ registry, wanted, hasSource, finding }: Deps<Code>, leftToDo: (row: Row) => readonly Finding[]) {
  const slots: Slot<Ref>[] = [];
  const findings: Finding[] = [];
  const leftAlone: { readonly title: string; readonly host: string }[] = [];
  const unseen: string[] = [];
  const taken = new Set<number>();

  /** A row that the list has twice counts once. */
  function take(row: Row): void {
    if (taken.has(row.Id)) return;
    taken.add(row.Id);
    if (typeof row.URL !== 'string') unseen.push(String(row.Id));
    const address = typeof row.URL === 'string' ? registry(row.URL) : undefined;
    if (!address) return;
    const title = titleOf(row);
    if (row.Type === awsEcr) leftAlone.push({ title, host: address.registry.host });
    else slots.push(slotOf(row, title, address));
  }

  function slotOf(row: Row, title: string, address: Address): Slot<Ref> {
    const { registry } = address;
    const said: Finding[] = [...leftToDo(row)];
    const comesOfUrl = consequences(row.URL ?? '', address);
    if (comesOfUrl) said.push(finding('STORED_FORM', `The URL of ${title} ${comesOfUrl}`));
    if (registry.service === 'ecr-public' && row.Authentication && !hasSource(registry))
      said.push(
        finding(
          'PUBLIC_LOGIN',
          `${title} logs in to ${registry.host} with a stored password, which ECR Public refuses once it has expired.`,
        ),
      );
    if (row.Type !== custom) said.push(finding('TYPE_NOT_CUSTOM', `${title} is of type ${row.Type}, not of type ${custom} (custom).`));
    const state = row.Authentication && row.Username === 'AWS' ? 'present' : 'drifted';
    return { id: String(row.Id), title, registries: [registry], state, ...(said.length > 0 && { findings: said }), ref: row.Id };
  }

  function report(count: RowCount): Pick<Discovery<Ref>, 'slots' | 'findings' | 'unseen'> {
    const byHost = Map.groupBy(slots, ({ registries: [registry] }) => registry?.host);
    for (const [host, all] of byHost)
      if (all.length > 1)
        findings.push(finding('DUPLICATE_HOST', `${host} is there ${all.length} times: ${few(all.map(({ id, title = id }) => title))}.`));
    for (const { title, host } of leftAlone) {
      const beside = byHost.has(host) ? ' Beside it another one is kept fresh; which of them is used differs from feature to feature.' : '';
      findings.push(finding('TYPE_7', `${title} is of the type "AWS ECR" (7) and is left alone.${beside}`));
    }
    if (unseen.length > 0)
      findings.push(finding('MISSING_RIGHTS', `Portainer does not show the URLs of ${unseen.length} registries to this user.`));
    findings.push(...unreadableRows(count, finding));
    if (slots.length > 0)
      findings.push(finding('RECREATE_CACHE', 'A container that is recreated may still use the password of five minutes ago.'));
    // Where rows or their URLs are hidden, no registry can be called absent.
    const absent = unseen.length > 0 || count.unreadable > 0 ? [] : absentSlots<Ref>(wanted, byHost, 'new');
    return { slots: [...slots, ...absent], findings, unseen };
  }

  return { take, report };
}

/** Joined: V8 keeps the pieces of a template beside the whole. */
const titleOf = ({ Id, Name }: Row): string => [label(Name), ' (row ', Id, ')'].join('');
