import { randomUUID } from 'node:crypto';
import type { Living } from './lifecycle.ts';

export type Type = 'registry' | 'registryCredential';
/**
 * Stored values by field name: serverAddress, or registryId, publicValue, secretValue and email; name and description.
 */
export type Values = Record<string, string | null>;

export interface Row extends Living {
  readonly id: string;
  readonly type: Type;
  readonly environment: string;
  readonly uuid: string;
  /** Wall clock, in ms. */
  readonly created: number;
  readonly values: Values;
}
export interface Account {
  readonly id: string;
  readonly name: string;
  readonly kind: string;
  state: string;
}
export interface Environment extends Account {
  readonly members?: readonly { readonly account: string; readonly role: string }[];
}
/** An API key. With an `id` it is listed in `/apikeys`. */
export interface Key extends Partial<Pick<Living, 'next' | 'removed'>> {
  readonly id?: string;
  readonly name?: string;
  readonly description?: string;
  readonly created?: number;
  uuid?: string;
  readonly access: string;
  readonly secret: string;
  /** The account of the key, and the kind of that account as shown. */
  readonly account: string;
  readonly accountKind: string;
  state: string;
}

/** The state when the server starts. */
export interface Seeds {
  readonly accessControl?: boolean;
  readonly accounts?: readonly Account[];
  /** Defaults to 1a5, "Default". */
  readonly environments?: readonly Environment[];
  readonly keys?: readonly Key[];
  /** Defaults: in the environment 1a5, and active. */
  readonly registries?: readonly {
    readonly id?: string;
    readonly environment?: string;
    readonly serverAddress: string;
    readonly state?: string;
  }[];
  readonly credentials?: readonly {
    readonly id?: string;
    readonly registryId: string;
    readonly publicValue?: string;
    readonly secretValue?: string;
    readonly state?: string;
  }[];
}

export interface RancherState {
  accessControl: boolean;
  readonly accounts: Account[];
  readonly environments: Environment[];
  readonly keys: Key[];
  /** Registries and credentials, in the order of creation. */
  readonly rows: Row[];
}

export const administrator = '1a1';
const defaultEnvironment = '1a5';
const prefixes: Readonly<Record<Type, string>> = { registry: '1sp', registryCredential: '1c' };

/** Returns the number in an id such as 1sp7, or NaN if it is not an id of this type. */
export const numberOf = (type: Type, id: string): number =>
  id.startsWith(prefixes[type]) ? Number(id.slice(prefixes[type].length) || Number.NaN) : Number.NaN;

/**
 * Returns the part of an id after its type, whichever type that is: `1sp7`, `1c7` and `1x!7` are all 7. A word stays as
 * it is. Returns undefined if the text is not an id.
 */
export function parsedId(text: string): string | undefined {
  if (/^\p{L}/u.test(text)) return text;
  return /^1(?=\p{L})[a-z]*!?(.*)$/su.exec(text)?.[1];
}

/** Returns the next id of a credential. Registry credentials and keys share one table. */
export function nextCredentialId({ rows, keys }: RancherState): string {
  const ids = [...rows, ...keys].map(({ id = '' }) => numberOf('registryCredential', id)).filter(number => number > 0);
  return `${prefixes.registryCredential}${Math.max(0, ...ids) + 1}`;
}

export function makeRow(
  state: RancherState,
  type: Type,
  environment: string,
  values: Values,
  given: { id?: string | undefined; now: number },
): Row {
  const last = Math.max(0, ...state.rows.filter(row => row.type === type).map(row => numberOf(type, row.id)));
  const id = given.id ?? (type === 'registryCredential' ? nextCredentialId(state) : `${prefixes[type]}${last + 1}`);
  const row: Row = { id, type, environment, uuid: randomUUID(), created: given.now, values, state: 'requested', next: [] };
  state.rows.push(row);
  return row;
}

export function stateOf(seeds: Seeds, now: number): RancherState {
  const state: RancherState = {
    accessControl: seeds.accessControl ?? false,
    accounts: structuredClone([...(seeds.accounts ?? [{ id: administrator, name: 'Admin', kind: 'admin', state: 'active' }])]),
    environments: structuredClone([
      ...(seeds.environments ?? [{ id: defaultEnvironment, name: 'Default', kind: 'project', state: 'active' }]),
    ]),
    keys: structuredClone([...(seeds.keys ?? [])]),
    rows: [],
  };
  plant(state, seeds, now);
  return state;
}

/** Adds registries and credentials, like another client. */
export function plant(state: RancherState, seeds: Pick<Seeds, 'registries' | 'credentials'>, now: number): void {
  for (const { id, environment = defaultEnvironment, serverAddress, state: at = 'active' } of seeds.registries ?? [])
    place(makeRow(state, 'registry', environment, { serverAddress }, { id, now }), at, now);
  for (const { id, registryId, publicValue = 'AWS', secretValue = 'old', state: at = 'active' } of seeds.credentials ?? []) {
    const environment = state.rows.find(row => row.id === registryId)?.environment ?? defaultEnvironment;
    place(makeRow(state, 'registryCredential', environment, { registryId, publicValue, secretValue }, { id, now }), at, now);
  }
}

function place(row: Row, state: string, now: number): void {
  row.state = state;
  if (['removed', 'purged'].includes(state)) row.removed = now;
}
