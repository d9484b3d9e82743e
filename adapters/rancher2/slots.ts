import type { Deps } from '../../src/contract/adapter.ts';
import type { Registry } from '../../src/contract/registry.ts';
import type { Finding, Slot } from '../../src/contract/target.ts';
import type { Code } from './findings.ts';

/** A Secret of a cluster. `login` is set if it holds one user name and password, for this host. */
export interface SecretRef {
  readonly kind: 'secret';
  readonly cluster: string;
  readonly namespace: string;
  readonly name: string;
  readonly login?: string;
}
/** A dockerCredential. `visible`: the token sees the Secret behind it. */
export interface CredentialRef {
  readonly kind: 'credential';
  readonly project: string;
  readonly id: string;
  readonly visible: boolean;
}
/** A dockerCredential that does not exist yet. `backing` is the namespace of its Secret. */
export interface NewRef {
  readonly kind: 'new';
  readonly project: string;
  readonly backing: string;
  readonly name: string;
}
/** A wanted registry that no secret holds, and that the target does not create. */
interface NowhereRef {
  readonly kind: 'nowhere';
}
/** Where a credential goes. */
export type Place = CredentialRef | SecretRef | NewRef;
export type Ref = Place | NowhereRef;

export type Slots = readonly Slot<Ref>[];
export interface Wishes {
  /** The project in which wanted registries that are absent are created. */
  readonly project: string | undefined;
  readonly clusterRegistries: boolean;
  /** Whether the user limits the projects that are looked at. */
  readonly someProjects: boolean;
}

/** Slots and findings for a part of what is found. */
export interface Part {
  readonly slots: Slots;
  readonly findings: readonly Finding[];
}
export const nothing: Part = { slots: [], findings: [] };

/** The ECR registries among some addresses, without duplicates. */
export function registriesOf(addresses: readonly string[], { registry }: Deps<Code>): Registry[] {
  const found = addresses.flatMap(address => registry(address)?.registry ?? []);
  return [...new Map(found.map(one => [one.host, one])).values()];
}
