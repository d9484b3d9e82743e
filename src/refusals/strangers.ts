import { actions } from './actions.ts';
import { one } from './admitted.ts';
import type { Denial } from './denial.ts';
import type { Diagnosis, Paste } from './diagnosis.ts';
import { pullingServices, serviceStatement, serviceTrustStatement } from './services.ts';
import { needed, refused, resourceSide, serviceOf, statementFor } from './sides.ts';
import { rights } from './statements.ts';

/**
 * Whether the caller has no policy of its own (a service or an anonymous caller), so that only the policy of the
 * resource can let it in.
 */
export const isStranger = ({ holder: { kind }, gate }: Denial): boolean =>
  (kind === 'service' || kind === 'anonymous') && (gate === undefined || gate === 'identity' || gate === 'resource');

const idOf = ({ gate, action }: Denial): string => {
  if (actions.get(action) === 'role') return 'denied-role';
  return gate === 'resource' ? 'denied-resource' : 'denied-unsaid';
};

export function ofStranger(denial: Denial): Diagnosis {
  const { gate, words } = resourceSide(denial);
  const id = idOf(denial);
  if (denial.holder.kind === 'anonymous')
    return {
      id,
      sentence: `${refused(denial)}: the request had no identity, so no identity policy counts, and ${gate}${words} does not allow anonymous access.`,
      side: 'the client that asked: it sent no login, or its request was not signed',
      remedy: 'Let it send an identity: a login of the registry, or AWS keys. Do not allow anonymous access.',
    };
  return {
    id,
    sentence: `${refused(denial)}: a service has no identity policy, and ${gate}${words} does not let it in.`,
    side: words,
    remedy: 'Add the statement there, as an administrator of that account.',
    paste: statementOf(denial, words),
  };
}

function statementOf(denial: Denial, words: string): readonly Paste[] {
  const { name: service } = denial.holder;
  if (actions.get(denial.action) === 'role') return [statementFor(words, serviceTrustStatement(service))];
  if (serviceOf(denial) !== 'ecr') return [];
  const job = needed(denial);
  const isPull = job === rights.pull && pullingServices.has(service);
  const other = { Sid: job.name, Effect: 'Allow', Principal: { Service: service }, Action: one(job.actions) } as const;
  return [statementFor(words, isPull ? serviceStatement({ service, sources: [] }) : other)];
}
