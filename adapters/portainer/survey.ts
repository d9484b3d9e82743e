import type { Deps } from '../../src/contract/adapter.ts';
import type { Address } from '../../src/contract/registry.ts';
import type { Discovery, Finding, Slot } from '../../src/contract/target.ts';
import { few, label } from '../../src/contract/text.ts';
import { absentSlots } from '../../src/contract/usual.ts';
import { type RowCount, unreadableRows } from '../common/unreadable.ts';
import type { Code } from './findings.ts';
import { consequences } from './forms.ts';

/** The parsed part of a registry. Business Edition only shows Id, Name and Type to users who are not administrators. */
export interface Row {
  readonly Id: number;
  readonly Type: number;
  readonly Name?: unknown;
  readonly URL?: string;
  readonly Authentication?: boolean;
  readonly Username?: string;
  /** Access by environment for users who are not administrators. */
  readonly RegistryAccesses?: Readonly<Record<string, unknown>> | null;
}
/** A service of a Swarm environment. row: the id of the row whose login it gets. */
export interface ServiceRef {
  readonly environment: number;
  readonly service: string;
  readonly host: string;
  readonly row: string;
}
/** The destination of a credential: the row with this id, or a new one. */
export type RowRef = number | 'new';
export type Ref = RowRef | ServiceRef;
export const isService = (ref: Ref): ref is ServiceRef => typeof ref === 'object';

export const custom = 3;
/** The type "AWS ECR", which holds IAM keys with which Portainer fetches tokens itself. Never written. */
export const awsEcr = 7;

/** Whether the element is a row. Without a type, it could be one that must not be written. */
export function isRow(element: unknown): element is Row {
  const { Id, Type } = (element ?? {}) as Partial<Row>;
  return Number.isSafeInteger(Id) && Number.isSafeInteger(Type);
}

/**
 * Collects a slot for each row that we may write, and findings. Rows come one by one, and only a part of each is kept.
 */
export function makeSurvey({ registry, wanted, hasSource, finding }: Deps<Code>, leftToDo: (row: Row) => readonly Finding[]) {
  const slots: Slot<Ref>[] = [];
  const findings: Finding[] = [];
  const leftAlone: { readonly title: string; readonly host: string }[] = [];
  const unseen: string[] = [];
  const taken = new Set<number>();

  /** Takes one row. A row that is listed twice counts once. */
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
    // If rows or their URLs are hidden, no registry can be known as absent.
    const absent = unseen.length > 0 || count.unreadable > 0 ? [] : absentSlots<Ref>(wanted, byHost, 'new');
    return { slots: [...slots, ...absent], findings, unseen };
  }

  return { take, report };
}

/** The title of a row. Joined from an array, because V8 keeps the pieces of a template string alive. */
const titleOf = ({ Id, Name }: Row): string => [label(Name), ' (row ', Id, ')'].join('');
