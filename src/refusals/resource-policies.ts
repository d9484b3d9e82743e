import { actions, type Kind } from './actions.ts';
import { accountOf, invoker, withoutPath } from './admitted.ts';
import type { PolicyDocument } from './documents.ts';
import { ownersOf, pullingServices, pullsAt, type ServicePull, serviceStatement, serviceTrustStatement } from './services.ts';
import {
  permissionOf,
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

/**
 * The principals that the policies of an account's resources name: those of other accounts, or its own where there are
 * no others.
 */
const letIn = (owner: string | undefined, wish: Wish): readonly string[] => {
  const others = foreignTo(owner, wish);
  return others.length > 0 ? others : wish.principals;
};

const kindOf = ({ actions: [action = ''] }: Rights): Kind | undefined => actions.get(action);
const needsOf = ({ needs }: Wish, kind: Kind): readonly Rights[] => needs.filter(need => kindOf(need) === kind);

/** The callers that pull from a repository: ARNs of principals, and services that pull on their own. */
interface Pullers {
  readonly principals: readonly string[];
  readonly services: readonly ServicePull[];
}

function pullersOf(repository: Repository, wish: Wish): Pullers {
  const services = pullsAt(repository, wish.services);
  const owners = services.flatMap(pull => ownersOf(pull, repository.account));
  const own = services.length > 0 ? foreignTo(repository.account, wish) : letIn(repository.account, wish);
  return { principals: [...new Set([...own, ...owners])], services };
}

/** What else a service needs, and what its statement allows. */
const serviceNotes: Readonly<Record<string, string>> = {
  'lambda.amazonaws.com':
    'Whoever creates or updates the function needs the right to pull as well: `ecr-courier policy pull IMAGE --for WHO`.',
  'codebuild.amazonaws.com':
    'It is for projects whose imagePullCredentialsType is CODEBUILD. With SERVICE_ROLE the role pulls: `ecr-courier policy pull IMAGE --for ROLE`.',
  'omics.amazonaws.com':
    'For runs of another account that account must be let in as well, and the service role of the run needs the right to pull: `--for omics.amazonaws.com,ACCOUNT` prints both.',
};

const notesOn = ({ service, sources }: ServicePull): readonly string[] => {
  const note = serviceNotes[service];
  const open = `AWS documents no condition for ${pullingServices.get(service)?.words ?? service}: the statement grants access to that service for all of its users.`;
  return [...(note === undefined ? [] : [note]), ...(sources.length > 0 ? [] : [open])];
};

/** The policies of the repositories. Repositories with the same pullers share one. */
export function repositoryPolicies(wish: Wish): readonly PolicyDocument[] {
  const needs = needsOf(wish, 'repository').filter(need => need.by !== 'registry');
  if (needs.length === 0) return [];
  const groups = Map.groupBy(wish.repositories, repository => JSON.stringify(pullersOf(repository, wish)));
  return [...groups].map(([key, repositories], at) => {
    const { principals, services } = JSON.parse(key) as Pullers;
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
        ...services.flatMap(notesOn),
      ],
      statements: [
        ...(principals.length > 0 ? needs.map(need => repositoryStatement(need, principals)) : []),
        ...services.map(serviceStatement),
      ],
    };
  });
}

/** The actions that a registry policy of the scope V1 may contain (ECR user guide, registry permissions). */
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
  const { principals, services, externalId, webIdentity } = wish;
  const trusted = needsOf(wish, 'role');
  return [
    {
      part: 'trust',
      name: 'trust',
      where: `Trust policy: it goes on ${together(wish.resources.map(roleWords))}.`,
      notes: [
        'A role has one trust policy: add the statement to those that are there.',
        ...(externalId === undefined && webIdentity === undefined && principals.length > 0
          ? ['Where the role demands an external id, name it with --external-id: this statement lets in without one.']
          : []),
        ...sessionNotes(principals),
      ],
      statements: webIdentity
        ? principals.map(provider => webIdentityTrustStatement({ provider, ...webIdentity }))
        : [
            ...(principals.length > 0 ? trusted.map(need => trustStatement(need, principals, externalId)) : []),
            ...services.map(({ service }) => serviceTrustStatement(service)),
          ],
    },
  ];
}

export function functionPolicies(wish: Wish): readonly PolicyDocument[] {
  const needs = needsOf(wish, 'function');
  if (needs.length === 0 || wish.resources.length === 0) return [];
  const principals = [...new Set(wish.principals.map(invoker))];
  const permissions = wish.resources.flatMap(arn =>
    principals.map((principal, at) => permissionOf(arn, principal, oneOfEach('Invoke', at, principals.length))),
  );
  return [
    {
      part: 'function',
      name: 'function',
      where: `Policy of the function: it goes on ${together(wish.resources)}.`,
      notes: withoutPath(wish.principals),
      statements: needs.map(need => resourceStatement(need, principals, wish.resources)),
      permissions,
    },
  ];
}
