import { actions, type Kind } from './actions.ts';
import type { Part, PolicyDocument } from './documents.ts';
import { managedNotes } from './managed.ts';
import {
  accountOf,
  endpointStatement,
  identityStatement,
  type Rights,
  repositoryStatement,
  resourceStatement,
  trustStatement,
} from './statements.ts';
import { endpointWords, oneOfEach, repositoryWords, roleWords, sessionNotes, together, whoseWords } from './whereabouts.ts';

/** One repository, or many: the name may end in *. */
export interface Repository {
  readonly partition: string;
  readonly region: string;
  readonly account: string;
  readonly name: string;
}

/** Who shall be allowed what. */
export interface Wish {
  readonly needs: readonly Rights[];
  readonly repositories: readonly Repository[];
  /** ARNs of roles to assume, or of functions to invoke. */
  readonly resources: readonly string[];
  /** ARNs; empty for somebody of the account that owns the resources. */
  readonly principals: readonly string[];
  readonly externalId?: string;
}

export const arnOf = ({ partition, region, account, name }: Repository): string =>
  `arn:${partition}:ecr:${region}:${account}:repository/${name}`;

const arnsOf = ({ repositories, resources }: Wish): readonly string[] => [...repositories.map(arnOf), ...resources];

/**
 * The policies that the wish needs, those of the identity first: whoever is of another account has to be let in by the
 * resource as well. With a part: the policies of that kind, needed or not.
 */
export function policiesFor(wish: Wish, part?: Part): readonly PolicyDocument[] {
  if (part !== undefined) return makers[part](wish);
  const roles = wish.principals.length > 0 ? makers.trust(wish) : [];
  const foreign = {
    ...wish,
    repositories: wish.repositories.filter(({ account }) => foreignTo(account, wish).length > 0),
    resources: wish.resources.filter(arn => foreignTo(arn.split(':')[4], wish).length > 0),
  };
  const others = isMadeLater(wish) ? makers.registry(foreign) : makers.repository(foreign);
  return [...makers.identity(wish), ...others, ...roles, ...makers.function(foreign)];
}

const foreignTo = (owner: string | undefined, { principals }: Wish): readonly string[] =>
  principals.filter(principal => accountOf(principal) !== owner);

/** Whom the resources of an account let in: those of other accounts, or its own where there are no others. */
const letIn = (owner: string | undefined, wish: Wish): readonly string[] => {
  const others = foreignTo(owner, wish);
  return others.length > 0 ? others : wish.principals;
};

const kindOf = ({ actions: [action = ''] }: Rights): Kind | undefined => actions.get(action);
const needsOf = ({ needs }: Wish, kind: Kind): readonly Rights[] => needs.filter(need => kindOf(need) === kind);

/** A repository that is not there has no policy: its registry decides all. */
const isMadeLater = ({ needs }: Wish): boolean => needs.some(({ by }) => by === 'registry');

const makers: Readonly<Record<Part, (wish: Wish) => readonly PolicyDocument[]>> = {
  identity: wish => {
    const where = `Identity policy: it goes on ${whoseWords(wish.principals)}.`;
    const statements = wish.needs.map(need => identityStatement(need, arnsOf(wish)));
    return [{ part: 'identity', name: 'identity', where, notes: managedNotes(wish.needs, wish.repositories[0]?.partition), statements }];
  },
  repository: repositoryPolicies,
  registry: registryPolicies,
  trust: trustPolicies,
  function: functionPolicies,
  endpoint: endpointPolicies,
};

/** The same text for all repositories that let in the same. */
function repositoryPolicies(wish: Wish): readonly PolicyDocument[] {
  const needs = needsOf(wish, 'repository').filter(need => need.by !== 'registry');
  if (needs.length === 0) return [];
  const groups = Map.groupBy(wish.repositories, ({ account }) => letIn(account, wish).join(' '));
  return [...groups].map(([joined, repositories], at) => {
    const principals = joined.split(' ');
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
      ],
      statements: needs.map(need => repositoryStatement(need, principals)),
    };
  });
}

/** What a registry policy of the old scope may speak of (ECR user guide, registry permissions). */
const firstScope: readonly string[] = ['ecr:BatchImportUpstreamImage', 'ecr:CreateRepository', 'ecr:ReplicateImage'];

function registryPolicies(wish: Wish): readonly PolicyDocument[] {
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

function trustPolicies(wish: Wish): readonly PolicyDocument[] {
  if (needsOf(wish, 'role').length === 0) return [];
  return [
    {
      part: 'trust',
      name: 'trust',
      where: `Trust policy: it goes on ${together(wish.resources.map(roleWords))}.`,
      notes: ['A role has one trust policy: add the statement to those that are there.', ...sessionNotes(wish.principals)],
      statements: [trustStatement(wish.principals, wish.externalId)],
    },
  ];
}

function functionPolicies(wish: Wish): readonly PolicyDocument[] {
  const needs = needsOf(wish, 'function');
  if (needs.length === 0 || wish.resources.length === 0) return [];
  const owners = wish.principals.map(principal => `--principal ${principal}`).join(' or ');
  return [
    {
      part: 'function',
      name: 'function',
      where: `Policy of the function: it goes on ${together(wish.resources)}.`,
      notes: [`Lambda takes it as \`aws lambda add-permission --statement-id Invoke --action lambda:InvokeFunction ${owners}\`.`],
      statements: needs.map(need => resourceStatement(need, wish.principals, wish.resources)),
    },
  ];
}

/** Needed by whoever pulls from a private network through endpoints that do not let through everything. */
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
