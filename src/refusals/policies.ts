import { accountOf } from './admitted.ts';
import type { Part, PolicyDocument } from './documents.ts';
import { managedNotes } from './managed.ts';
import { functionPolicies, registryPolicies, repositoryPolicies, trustPolicies } from './resource-policies.ts';
import { endpointStatement, identityStatement, rights } from './statements.ts';
import { endpointWords, together, whoseWords } from './whereabouts.ts';
import { arnsOf, type Wish } from './wish.ts';

/**
 * The policies that the wish needs, those of the identity first. For a principal of another account, the resource needs
 * a policy too. With a part: the policies of that kind, needed or not.
 */
export function policiesFor(wish: Wish, part?: Part): readonly PolicyDocument[] {
  if (part !== undefined) return makers[part](wish);
  const roles = wish.principals.length + wish.services.length > 0 ? makers.trust(wish) : [];
  const isForeign = (owner: string | undefined): boolean =>
    wish.services.length > 0 || wish.principals.some(principal => accountOf(principal) !== owner);
  const foreign = {
    ...wish,
    repositories: wish.repositories.filter(({ account }) => isForeign(account)),
    resources: wish.resources.filter(arn => isForeign(arn.split(':')[4])),
  };
  const others = isMadeLater(wish) ? makers.registry(foreign) : makers.repository(foreign);
  return [...makers.identity(wish), ...others, ...roles, ...makers.function(foreign)];
}

/** Whether the repository is created later: until then it has no policy, and the registry policy decides. */
const isMadeLater = ({ needs }: Wish): boolean => needs.some(({ by }) => by === 'registry');

const makers: Readonly<Record<Part, (wish: Wish) => readonly PolicyDocument[]>> = {
  identity: identityPolicies,
  repository: repositoryPolicies,
  registry: registryPolicies,
  trust: trustPolicies,
  function: functionPolicies,
  endpoint: endpointPolicies,
};

/** The identity policy. Neither a web identity nor an AWS service has one. */
function identityPolicies(wish: Wish): readonly PolicyDocument[] {
  const needs = wish.needs.filter(need => need !== rights.webIdentity);
  if (needs.length === 0 || (wish.services.length > 0 && wish.principals.length === 0)) return [];
  return [
    {
      part: 'identity',
      name: 'identity',
      where: `Identity policy: it goes on ${whoseWords(wish.principals, needs)}.`,
      notes: managedNotes(needs, wish.repositories[0]?.partition),
      statements: needs.map(need => identityStatement(need, arnsOf(wish))),
    },
  ];
}

/** The policy of VPC endpoints, for pulls through endpoints whose policies do not allow everything. */
function endpointPolicies(wish: Wish): readonly PolicyDocument[] {
  const { needs, repositories } = wish;
  const layers = repositories.map(({ partition, region }) => `arn:${partition}:s3:::prod-${region}-starport-layer-bucket/*`);
  return [
    {
      part: 'endpoint',
      name: 'endpoint',
      where: `Policy of VPC endpoints: it goes on ${endpointWords(needs)}.`,
      notes: layers.length > 0 ? [`Layers come from S3: its endpoint has to let through s3:GetObject of ${together(layers)}.`] : [],
      statements: needs.map(need => endpointStatement(need, arnsOf(wish))),
    },
  ];
}
