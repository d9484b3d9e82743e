import type { Deps } from '../../src/contract/adapter.ts';
import type { Registry as EcrRegistry } from '../../src/contract/registry.ts';
import type { Discovery, Finding, Slot } from '../../src/contract/target.ts';
import { few, label, quote } from '../../src/contract/text.ts';
import { absentSlots } from '../../src/contract/usual.ts';
import { unreadableRows } from '../common/unreadable.ts';
import { type Credential, isIdle, isLive, type Listed, type Registry, type Resource } from './api.ts';
import type { Code } from './findings.ts';

/**
 * Where a credential goes. `at` is the path of the environment. Without credentials one is to be made, and also the
 * registry if none is named.
 */
export interface Ref {
  readonly at: string;
  readonly registry?: string;
  readonly credentials: readonly string[];
}
interface Found {
  readonly row: Registry;
  readonly registry: EcrRegistry;
  readonly serves: boolean;
}
type Tools = Pick<Deps<Code>, 'registry' | 'wanted' | 'mayCreate' | 'finding'>;

/**
 * Whether a registry serves this host. Rancher compares the stored address with the image's host, ignoring case and
 * trimming nothing (recorded).
 */
export const servesHost = ({ serverAddress }: Registry, host: string): boolean => serverAddress?.toLowerCase() === host;

/** isReadOnly: no registry offers an update, so the key may change none. */
interface Survey extends Pick<Discovery<Ref>, 'slots' | 'findings'> {
  readonly isReadOnly: boolean;
}

/** Evaluates the registries of an environment: a slot for each one that is ours to write, and findings. */
export function survey({ items: rows, count }: Pick<Listed<Registry>, 'items' | 'count'>, at: string, tools: Tools): Survey {
  const { registry, wanted, mayCreate, finding } = tools;
  const found = rows.flatMap((row): Found[] => {
    const address = isLive(row) || isIdle(row) ? registry(row.serverAddress ?? '') : undefined;
    return address ? [{ row, registry: address.registry, serves: servesHost(row, address.registry.host) }] : [];
  });
  const serving = Map.groupBy(
    found.filter(({ serves }) => serves),
    ({ registry }) => registry.host,
  );
  const findings: Finding[] = [...serving].flatMap(([host, all]) =>
    all.length < 2 ? [] : [finding('HOST_TWICE', `${host} is there ${all.length} times: ${few(all.map(({ row }) => titleOf(row)))}.`)],
  );
  findings.push(...unreadableRows(count, finding));
  const slots: Slot<Ref>[] = [];
  for (const one of found) {
    const slot = isLive(one.row) ? slotOf(one, at, tools) : undefined;
    if (slot) slots.push(slot);
    else findings.push(...idleFindings(one, finding));
  }
  const told = found.filter(({ row }) => row.state === 'active' && row.actions);
  const isReadOnly = told.length > 0 && told.every(({ row: { actions = {} } }) => !Object.hasOwn(actions, 'update'));
  // Where rows cannot be read, no registry can be called absent.
  const absent = count.unreadable > 0 ? [] : absentSlots<Ref>(wanted, serving, { at, credentials: [] });
  const all = [...slots, ...absent];
  const isWriting = all.some(({ state }) => state !== 'absent' || mayCreate);
  if (isReadOnly && isWriting) findings.push(finding('READ_ONLY', 'This key may not change the registries of the environment.'));
  return { slots: all, findings, isReadOnly };
}

/**
 * The slot of a registry. undefined: there is nothing to write, because all its credentials are switched off, or
 * because a new one could never serve.
 */
function slotOf({ row, registry, serves }: Found, at: string, { finding }: Tools): Slot<Ref> | undefined {
  const credentials = (row.credentials ?? []).filter(isLive);
  if (credentials.length === 0 && (!serves || row.credentials?.some(isIdle))) return undefined;
  const title = titleOf(row);
  const said: Finding[] = [];
  if (!serves) said.push(wrongForm(row, registry, finding));
  if (row.transitioning === 'error') said.push(finding('STUCK', `${title} is stuck while ${row.state}${becauseOf(row)}.`));
  if (credentials.length > 1)
    said.push(finding('SEVERAL_CREDENTIALS', `${title} has ${credentials.length} active credentials: ${idsOf(credentials).join(', ')}.`));
  const fine = credentials.every(({ publicValue }) => publicValue === 'AWS');
  const state = credentials.length === 0 ? 'absent' : fine ? 'present' : 'drifted';
  return {
    id: row.id,
    title,
    registries: [registry],
    state,
    ...(state === 'absent' && { lacks: 'a credential' }),
    findings: said,
    ref: { at, registry: row.id, credentials: idsOf(credentials) },
  };
}

function idleFindings({ row, registry, serves }: Found, finding: Tools['finding']): Finding[] {
  const idle = (row.credentials ?? []).filter(isIdle);
  return [
    ...(serves ? [] : [wrongForm(row, registry, finding)]),
    ...(isIdle(row) ? [finding('INACTIVE', `Registry ${titleOf(row)} is ${row.state}, so it serves no pulls.`)] : []),
    ...(isLive(row) && idle.length > 0
      ? [finding('INACTIVE', `No credential of ${titleOf(row)} is active (${idsOf(idle).join(', ')}), so it serves no pulls.`)]
      : []),
  ];
}

const wrongForm = (row: Registry, { host }: EcrRegistry, finding: Tools['finding']): Finding =>
  finding('ADDRESS_NEVER_USED', `The address of registry ${titleOf(row)} must be ${host} and nothing else to serve pulls.`);
export const becauseOf = ({ transitioningMessage: why }: Resource): string => quote(why) && `: ${quote(why)}`;
const idsOf = (credentials: readonly Credential[]): string[] => credentials.map(({ id }) => id);
const titleOf = ({ id, name, serverAddress = '' }: Registry): string => `${label(name) || label(serverAddress)} (${id})`;
