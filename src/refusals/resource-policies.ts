import { actions, type Kind } from './actions.ts';
import { accountOf, invoker, withoutPath } from './admitted.ts';
import type { PolicyDocument } from './documents.ts';
import {
  addPermission,
  imageStatement,
  type Rights,
  repositoryStatement,
  resourceStatement,
  trustStatement,
  webIdentityTrustStatement,
} from './statements.ts';
import { oneOfEach, repositoryWords, roleWords, sessionNotes, together } from './whereabouts.ts';
import { arnOf, type Repository, type Wish } from './wish.ts';

const foreignTo = (owner: string | undefined, { principals }: Wish): readonly string[] =>
  principals.filter(principal => accountOf(principal) !== owner);

/** Whom the resources of an account let in: those of other accounts, or its own where there are no others. */
const letIn = (owner: string | undefined, wish: Wish): readonly string[] => {
  const others = foreignTo(owner, wish);
  return others.length > 0 ? others : wish.principals;
};

const kindOf = ({ actions: [action = ''] }: Rights): Kind | undefined => actions.get(action);
const needsOf = ({ needs }: Wish, kind: Kind): readonly Rights[] => needs.filter(need => kindOf(need) === kind);

/** Lambda asks whether the account of a function may pull as well, where the image is of another. */
const ownersOf = (functions: readonly string[], owner: string): readonly string[] =>
  functions.flatMap(arn => {
    const [, partition, , , account] = arn.split(':');
    return account === owner ? [] : [`arn:${partition}:iam::${account}:root`];
  });

/** Lambda pulls from its own region only. */
const functionsAt = ({ region }: Repository, { functions }: Wish): readonly string[] =>
  functions.filter(arn => arn.split(':')[3] === region);

/** Who pulls from a repository: ARNs of principals, and of functions that are images. */
interface Pullers {
  readonly principals: readonly string[];
  readonly functions: readonly string[];
}

function pullersOf(repository: Repository, wish: Wish): Pullers {
  const functions = functionsAt(repository, wish);
  const owners = ownersOf(functions, repository.account);
  const own = functions.length > 0 ? foreignTo(repository.account, wish) : letIn(repository.account, wish);
  return { principals: [...new Set([...own, ...owners])], functions };
}

/** The same text for all repositories that let in the same. */
export function repositoryPolicies(wish: Wish): readonly PolicyDocument[] {
  const needs = needsOf(wish, 'repository').filter(need => need.by !== 'registry');
  if (needs.length === 0) return [];
  const groups = Map.groupBy(wish.repositories, repository => JSON.stringify(pullersOf(repository, wish)));
  return [...groups].map(([key, repositories], at) => {
    const { principals, functions } = JSON.parse(key) as Pullers;
    return {
      part: 'repository',
      name: oneOfEach('repository', at, groups.size),
      where: `Repository policy: it goes on ${repositoryWords(repositories)}.`,
      notes: [
        'A repository has one policy, and set-repository-policy replaces it: add the statements to those that are there.',
        ...(repositories.some(({ name }) => name.endsWith('*'))
          ? ['New repositories need it, too. `--part registry` prints one policy for all of them.']
          : []),
        ...sessionNotes(principals),
        ...(functions.length > 0
          ? ['Whoever creates or updates the function needs the right to pull as well: `ecr-courier policy pull IMAGE --for WHO`.']
          : []),
      ],
      statements: needs.flatMap(need => [
        ...(principals.length > 0 ? [repositoryStatement(need, principals)] : []),
        ...(functions.length > 0 ? [imageStatement(need, functions)] : []),
      ]),
    };
  });
}

/** What a registry policy of the old scope may speak of (ECR user guide, registry permissions). */
const firstScope: readonly string[] = ['ecr:BatchImportUpstreamImage', 'ecr:CreateRepository', 'ecr:ReplicateImage'];

export function registryPolicies(wish: Wish): readonly PolicyDocument[] {
  const needs = needsOf(wish, 'repository');
  if (needs.length === 0) return [];
  const isNewScope = needs.some(need => need.actions.some(action => !firstScope.includes(action)));
  const groups = Map.groupBy(wish.repositories, ({ account, region }) => `${account} in ${region}`);
  return [...groups].map(([registry, repositories], at) => ({
    part: 'registry',
    name: oneOfEach('registry', at, groups.size),
    where: `Registry policy: it goes on the registry of account ${registry}.`,
    notes: [
      'A registry has one policy, and put-registry-policy replaces it: add the statements to those that are there.',
      ...(isNewScope
        ? ['It needs the scope V2: `aws ecr put-account-setting --name REGISTRY_POLICY_SCOPE --value V2` in that account and region.']
        : []),
      ...sessionNotes(wish.principals),
    ],
    statements: needs.map(need => resourceStatement(need, letIn(repositories[0]?.account, wish), repositories.map(arnOf))),
  }));
}

export function trustPolicies(wish: Wish): readonly PolicyDocument[] {
  if (needsOf(wish, 'role').length === 0) return [];
  const { principals, externalId, webIdentity } = wish;
  return [
    {
      part: 'trust',
      name: 'trust',
      where: `Trust policy: it goes on ${together(wish.resources.map(roleWords))}.`,
      notes: [
        'A role has one trust policy: add the statement to those that are there.',
        ...(externalId === undefined && webIdentity === undefined
          ? ['Where the role demands an external id, name it with --external-id: this statement lets in without one.']
          : []),
        ...sessionNotes(principals),
      ],
      statements: webIdentity
        ? principals.map(provider => webIdentityTrustStatement({ provider, ...webIdentity }))
        : needsOf(wish, 'role').map(need => trustStatement(need, principals, externalId)),
    },
  ];
}

export function functionPolicies(wish: Wish): readonly PolicyDocument[] {
  const needs = needsOf(wish, 'function');
  if (needs.length === 0 || wish.resources.length === 0) return [];
  const principals = [...new Set(wish.principals.map(invoker))];
  return [
    {
      part: 'function',
      name: 'function',
      where: `Policy of the function: it goes on ${together(wish.resources)}.`,
      notes: [
        ...wish.resources.flatMap(arn =>
          principals.map(
            (principal, at) => `Lambda takes it as \`${addPermission(arn, principal, oneOfEach('Invoke', at, principals.length))}\`.`,
          ),
        ),
        ...withoutPath(wish.principals),
      ],
      statements: needs.map(need => resourceStatement(need, principals, wish.resources)),
    },
  ];
}
