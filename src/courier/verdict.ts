import { Failure } from '../contract/failures.ts';
import type { Entry, Proved } from './ledger.ts';

/** What a registry said of a credential, with its host. */
export type Said = Proved & { readonly host: string };

/**
 * What the registries of a slot have said of the refused credential since the attempt began. Earlier statements are out
 * of date, because a token can be revoked.
 */
export function saidOf({ slot, scopes, trouble }: Pick<Entry, 'slot' | 'scopes' | 'trouble'>): Said[] {
  if (!trouble) return [];
  const { fingerprint, triedAt = Number.NEGATIVE_INFINITY } = trouble;
  return slot.registries.flatMap(({ host }, index) => {
    const proof = scopes[index]?.proofs.get(host);
    return proof && proof.fingerprint === fingerprint && proof.at >= triedAt ? [{ host, ...proof }] : [];
  });
}

/**
 * Completes CREDENTIAL_REFUSED by what the registry itself said of the same credential, because a manager cannot tell
 * who refused it. Returns any other failure unchanged.
 */
export function explained(failure: Failure, said: readonly Said[]): Failure {
  if (failure.code !== 'CREDENTIAL_REFUSED') return failure;
  const rephrase = (words: string, remedy: string): Failure =>
    new Failure(failure.code, `${words} ${failure.message}`, { ...failure.facts, remedy });
  const refusing = said.find(proof => !proof.ok && proof.refused);
  if (refusing)
    return rephrase(
      `${refusing.host} refuses this credential, from here too.`,
      'Check that account and region are right, that the registry exists, and that the AWS identity may pull from it.',
    );
  const [accepting] = said;
  if (!accepting || !said.every(proof => proof.ok)) return failure;
  return rephrase(
    `${accepting.host} accepts this credential from here, so the manager cannot reach it.`,
    `Check DNS, proxy and firewall between the manager and ${accepting.host}; the manager’s own log may have the reason.`,
  );
}
