import { Failure } from '../contract/failures.ts';
import type { Entry } from './ledger.ts';

/**
 * A manager that tried a credential in vain cannot tell by whom it was refused. What the registry itself said of the very same credential can, as soon as it was asked:
 * then the failure says so. For the failure that the slot is in trouble with; any other stays as it is.
 */
export function explained(failure: Failure, { slot, scopes, trouble }: Entry): Failure {
  if (failure.code !== 'CREDENTIAL_REFUSED') return failure;
  const said = slot.registries.flatMap(({ host }, index) => {
    const proof = scopes[index]?.proofs.get(host);
    return proof && proof.fingerprint === trouble?.fingerprint ? [{ host, ...proof }] : [];
  });
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
