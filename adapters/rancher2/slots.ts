import type { Deps } from '../../src/contract/adapter.ts';
import type { Registry } from '../../src/contract/registry.ts';
import type { Finding, Slot } from '../../src/contract/target.ts';
import type { Code } from './findings.ts';

/** A Secret of a cluster. login: it holds one user name and password, for this host. */
export interface SecretRef {
  readonly kind: 'secret';
  readonly cluster: string;
  readonly namespace: string;
  readonly name: string;
  readonly login?: string;
}
/** visible: the token sees the Secret behind it. */
export interface CredentialRef {
  readonly kind: 'credential';
  readonly project: string;
  readonly id: string;
  readonly visible: boolean;
}
/** A dockerCredential that does not exist yet. backing: the namespace of its Secret. */
export interface NewRef {
  readonly kind: 'new';
  readonly project: string;
  readonly backing: string;
  readonly name: string;
}
/** Where a credential goes. */
export type Ref = CredentialRef | SecretRef | NewRef;

export type Slots = readonly Slot<Ref>[];
export interface Wishes {
  /** The project in which what is wanted and absent is created. */
  readonly project: string | undefined;
  readonly clusterRegistries: boolean;
  /** Only some projects are looked at, because the user wants it so. */
  readonly someProjects: boolean;
}

/** Of what is found: its slots, and what a person should know of it. */
export interface Part {
  readonly slots: Slots;
  readonly findings: readonly Finding[];
}
export const nothing: Part = { slots: [], findings: [] };

/** The ECR registries among some addresses, each once. */
export function registriesOf(addresses: readonly string[], { registry }: Deps<Code>): Registry[] {
  const found = addresses.flatMap(address => registry(address)?.registry ?? []);
  return [...new Map(found.map(one => [one.host, one])).values()];
}
