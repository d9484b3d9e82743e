import { type Paste, policyPaste } from '../diagnosis.ts';
import type { Facts } from '../facts.ts';
import type { Told } from '../situation.ts';
import { identityStatement, type Rights, resourceStatement } from '../statements.ts';

export const ofLogins = 'the file of logins (config.json) of the user that runs the client';
export const keeper = 'whoever keeps the password for the client: what should renew it did not';

/** Whether this is the response to our own GET request. */
export const isAsked = ({ status }: Facts): boolean => status !== undefined;
/** The result of our own request, as a clause: from the request, or from a text that this program printed. */
export const saidIn = ({ facts, groups }: Told): string => facts.own?.said ?? groups['said'] ?? 'it refused';
/** The requested tag or digest. */
export const referenceOf = ({ facts, groups }: Told): string | undefined => groups['tag'] ?? groups['digest'] ?? facts.reference;
export const repositoryOf = ({ facts, groups }: Told): string | undefined => groups['name'] ?? facts.repository;
/** The account of the registry, in words. */
export function accountOf({ facts, groups }: Told): string {
  const account = groups['registry'] ?? facts.registry?.account;
  return account === undefined ? 'the account that was asked' : `account ${account}`;
}
export const whereOf = (told: Told): string => `${accountOf(told)}${told.facts.registry ? ` in ${told.facts.registry.region}` : ''}`;

/** The AWS CLI option for the account; empty where it is not known. */
export function registryOption({ facts: { registry }, groups }: Told): string {
  const account = groups['registry'] ?? registry?.account;
  return account === undefined ? '' : ` --registry-id ${account}`;
}

export const imagesCommand = (told: Told): string =>
  `aws ecr describe-images --region ${regionOf(told)}${registryOption(told)} --repository-name ${repositoryOf(told) ?? 'NAME'} --query 'imageDetails[].imageTags'`;

export const repositoryCommand = (told: Told): Paste => ({
  what: 'Whether the repository is there',
  kind: 'command',
  text: `aws ecr describe-repositories --region ${regionOf(told)}${registryOption(told)} --repository-names ${repositoryOf(told) ?? 'NAME'}`,
});

export const repositoriesCommand = (told: Told): Paste => ({
  what: 'The repositories that are there',
  kind: 'command',
  text: `aws ecr describe-repositories --region ${regionOf(told)}${registryOption(told)} --query 'repositories[].repositoryName'`,
});

export const regionOf = ({ facts }: Told): string => facts.registry?.region ?? 'REGION';

/** The command that logs Docker in; placeholders where the text names no registry. */
export function login({ facts: { registry } }: Pick<Told, 'facts'>): Paste {
  const { host = 'ACCOUNT.dkr.ecr.REGION.amazonaws.com', region = 'REGION', service = 'ecr' } = registry ?? {};
  const text = `aws ${service} get-login-password --region ${region} | docker login --username AWS --password-stdin ${host}`;
  return { what: 'Log in again, as the user that pulls', kind: 'command', text };
}

export const publicLogout = {
  what: 'Log out',
  kind: 'command',
  text: 'docker logout public.ecr.aws; helm registry logout public.ecr.aws',
} as const;

export function imageOf(told: Told): string {
  const { registry, reference } = told.facts;
  const repository = repositoryOf(told) ?? 'NAME';
  if (!registry) return 'IMAGE';
  const end = reference === undefined ? '' : `${reference.startsWith('sha256:') ? '@' : ':'}${reference}`;
  return `${registry.host}/${repository}${end}`;
}

/** The prefix of all repositories of the cache, with a slash at its end. */
function below(told: Told): string {
  const { cache } = told.facts;
  if (typeof cache !== 'object') return `${repositoryOf(told)?.split('/')[0] ?? 'PREFIX'}/`;
  return cache.prefix === 'ROOT' ? '' : `${cache.prefix.replace(/\/$/, '')}/`;
}

/** The statements that a pull through a cache needs for the caller that pulls. */
export function cacheStatements(told: Told, needs: readonly Rights[]): readonly Paste[] {
  const { principal, registry } = told.facts;
  const account = told.groups['registry'] ?? registry?.account ?? 'ACCOUNT';
  const arn = `arn:${registry?.partition ?? 'aws'}:ecr:${regionOf(told)}:${account}:repository/${below(told)}*`;
  return needs.flatMap(need => [
    policyPaste('Statement for the identity policy of whoever pulls', identityStatement(need, [arn])),
    ...(principal === undefined
      ? []
      : [policyPaste(`Or statement for the registry policy in account ${account}`, resourceStatement(need, [principal], [arn]))]),
  ]);
}
