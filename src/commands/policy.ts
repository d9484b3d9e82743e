import { loadAsked } from '../../config/asked.ts';
import type { Aliases } from '../contract/registry.ts';
import { quote } from '../contract/text.ts';
import { accountOf } from '../refusals/admitted.ts';
import { jsonOf, type PolicyDocument, parts, tooLong } from '../refusals/documents.ts';
import { policiesFor } from '../refusals/policies.ts';
import { addPermission, type Rights, rights } from '../refusals/statements.ts';
import { terraformOf } from '../refusals/terraform.ts';
import type { Repository, Wish } from '../refusals/wish.ts';
import { listed, oneOf } from './given.ts';
import { exit, type Io, readArgs, UsageError } from './io.ts';
import { type Job, jobOf } from './policy/jobs.ts';
import { type Place, placeOf, repositoryOf } from './policy/places.ts';
import { audienceOf, externalIdOf, functionOf, principalOf, providerOf, roleOf, subjectOf } from './policy/principals.ts';
import { isPrincipal, isService, pullingSource } from './policy/services.ts';
import { regionNotes } from './regions.ts';

const options = {
  config: { type: 'string', short: 'c', multiple: true },
  for: { type: 'string', multiple: true },
  account: { type: 'string', multiple: true },
  region: { type: 'string', multiple: true },
  repository: { type: 'string', multiple: true },
  existing: { type: 'boolean' },
  tags: { type: 'boolean' },
  'external-id': { type: 'string' },
  subject: { type: 'string' },
  audience: { type: 'string' },
  part: { type: 'string' },
  format: { type: 'string' },
  json: { type: 'boolean' },
} as const;
type Given = ReturnType<typeof readArgs<typeof options>>['values'];

/** `policy JOB [WHERE...]`: prints the least policies for a job, and says where to attach each. Sends no requests. */
export async function policy(args: string[], io: Pick<Io, 'env' | 'stdout' | 'stderr'>): Promise<number> {
  const { values, positionals } = readArgs(args, options, { allowPositionals: true });
  const [first, ...rest] = positionals;
  if (first === undefined) throw new UsageError('say what for, and where: pull IMAGE');
  // An image without a job means `pull`.
  const [job, where] = /[./]/.test(first) ? ['pull', positionals] : [first, rest];
  const words = listed([job]);
  const format = oneOf(values.format ?? 'json', ['json', 'terraform'], 'format');
  if (values.json && format !== 'json') throw new UsageError('--json and --format terraform exclude each other');
  const part = values.part === undefined ? undefined : oneOf(values.part, parts, 'part');
  const { aliases } = await loadAsked({ files: values.config, env: io.env });
  const wish = wishOf(words, { where: listed(where), aliases }, values);
  const [service] = wish.services;
  const open = wish.resources.length > 0 ? 'trust' : 'repository';
  if (service && part !== undefined && part !== open)
    throw new UsageError(`${service.service} is let in by the ${open} policy, and by no ${part} policy`);
  if (part !== undefined && part !== 'identity' && part !== 'endpoint' && wish.principals.length + wish.services.length === 0)
    throw new UsageError(`--part ${part} lets somebody in: name him with --for`);
  const regions = [...wish.repositories.map(({ region }) => region), ...wish.resources.map(arn => arn.split(':')[3] ?? '')];
  for (const note of regionNotes(regions.filter(region => region !== ''))) io.stderr.write(`Warning: ${note}\n`);
  const documents = policiesFor(wish, part);
  if (documents.length === 0) throw new UsageError(`${job} needs no ${part} policy`);
  print(documents, { job, format }, io);
  return exit.ok;
}

/** The arguments after the job, and the aliases of registries. */
interface Named {
  readonly where: readonly string[];
  readonly aliases: Aliases;
}

function wishOf(words: readonly string[], named: Named, given: Given): Wish {
  const job = jobOf(words);
  insistOnUse(job, words, named, given);
  const places = job.on === 'repositories' ? placesOf(named, given) : [];
  const repositories = places.filter(place => place !== 'public');
  const other = words.find(word => word !== 'pull' && word !== 'public');
  if (repositories.length < places.length && other) throw new UsageError(`${other} is for private registries, and not for ECR Public`);
  const resources = resourcesOf(job, named);
  const [partition = 'aws', apart] = new Set([...repositories.map(each => each.partition), ...resources.map(arn => arn.split(':')[1])]);
  if (apart !== undefined) throw new UsageError(`the partitions ${partition} and ${apart} have no policy in common: ask for each alone`);
  return {
    needs: needsOf(job, words, places, given),
    repositories,
    resources,
    ...(job.needs.includes(rights.webIdentity)
      ? bySubject(given, resources, partition)
      : byPrincipal({ job, repositories }, given, partition)),
  };
}

function byPrincipal(
  { job, repositories }: { readonly job: Job; readonly repositories: readonly Repository[] },
  given: Given,
  partition: string,
): Pick<Wish, 'principals' | 'services' | 'externalId'> {
  if (given.subject !== undefined || given.audience !== undefined) throw new UsageError('--subject and --audience are for web-identity');
  const who = listed(given.for);
  if (job.by !== undefined && who.length > 0) throw new UsageError(`${job.by} alone assumes such a role: leave out --for`);
  const isOne = job.on === 'roles' ? isPrincipal : isService;
  const { false: others = [], true: texts = [] } = Object.groupBy(who, text => `${isOne(text)}` as const);
  const principals = others.map(text => principalOf(text, partition));
  const services = [...(job.by === undefined ? [] : [{ service: job.by }]), ...servicesOf(texts, { job, repositories }, partition)];
  const externalId = given['external-id'];
  if (externalId === undefined) return { principals, services };
  if (job.on !== 'roles' || principals.length === 0) throw new UsageError('--external-id is for the trust policy: assume ROLE --for WHO');
  return { principals, services, externalId: externalIdOf(externalId) };
}

/** AWS services that assume roles, or that pull with their own principal. */
function servicesOf(
  texts: readonly string[],
  { job, repositories }: { readonly job: Job; readonly repositories: readonly Repository[] },
  partition: string,
): Wish['services'] {
  if (job.on === 'roles') return texts.map(service => ({ service }));
  const [text] = texts;
  if (text !== undefined && (repositories.length === 0 || job.needs.some(need => need !== rights.token && need !== rights.pull)))
    throw new UsageError(`${quote(text)} is an AWS service: it is let in by pull IMAGE, where it pulls by itself, and by assume ROLE`);
  return texts.map(one => pullingSource(one, repositories, partition));
}

function bySubject(given: Given, roles: readonly string[], partition: string): Pick<Wish, 'principals' | 'services' | 'webIdentity'> {
  const [provider, ...more] = listed(given.for).map(text => providerOf(text, partition));
  if (provider === undefined || more.length > 0 || given.subject === undefined || given['external-id'] !== undefined)
    throw new UsageError(
      'web-identity ROLE --for PROVIDER --subject system:serviceaccount:NAMESPACE:NAME is expected; of GitHub Actions repo:ORG/REPO:ref:refs/heads/main',
    );
  const stranger = roles.find(role => accountOf(role) !== accountOf(provider));
  if (stranger !== undefined)
    throw new UsageError(
      `STS looks for the provider in the account of the role: make ${provider.replace(/^.*:oidc-provider\//, '')} a provider in account ${accountOf(stranger)}, and name that one`,
    );
  return {
    principals: [provider],
    services: [],
    webIdentity: { subject: subjectOf(given.subject, provider), audience: audienceOf(given.audience ?? 'sts.amazonaws.com') },
  };
}

function needsOf({ needs }: Job, words: readonly string[], places: readonly Place[], given: Given): readonly Rights[] {
  if (!words.includes('cache') && (given.existing || given.tags)) throw new UsageError('--existing and --tags are for cache');
  if (given.existing && given.tags)
    throw new UsageError('--existing and --tags exclude each other: a template tags new repositories alone');
  const isPrivate = places.length === 0 || places.some(place => place !== 'public');
  return [
    ...(isPrivate ? needs : []).filter(need => need !== rights.create || !given.existing),
    ...(given.tags ? [rights.tag] : []),
    ...(places.includes('public') ? [rights.publicToken] : []),
  ];
}

/** Throws a UsageError for options that the job does not use, because the policy would not be the requested one. */
function insistOnUse({ on }: Job, words: readonly string[], { where }: Pick<Named, 'where'>, given: Given): void {
  const apart = (['account', 'region', 'repository'] as const).filter(name => listed(given[name]).length > 0);
  if (on === 'nothing' && where.length > 0)
    throw new UsageError(`AWS knows no narrower resource than all for ${words.join()}: leave out the images and hosts behind it`);
  if (on !== 'repositories' && apart.length > 0)
    throw new UsageError(`--${apart.join(' and --')} name${apart.length > 1 ? '' : 's'} repositories, and ${words.join()} has none`);
  if (where.length > 0 && apart.length > 0)
    throw new UsageError('--account, --region and --repository stand in place of images: leave out one of the two');
}

/** The repositories from the arguments (images, hosts, ARNs) and from the options. */
function placesOf({ where, aliases }: Named, given: Given): readonly Place[] {
  const accounts = listed(given.account);
  const regions = listed(given.region);
  const names = listed(given.repository);
  if ((accounts.length === 0) !== (regions.length === 0) || (names.length > 0 && accounts.length === 0))
    throw new UsageError('--account and --region belong together, with --repository or without');
  const apart: Repository[] = accounts.flatMap(account =>
    regions.flatMap(region => (names.length > 0 ? names : ['*']).map(name => repositoryOf(account, region, name))),
  );
  const places = [...where.map(text => placeOf(text, aliases)), ...apart];
  if (places.length === 0) throw new UsageError('name images or hosts; or --account and --region, with --repository or without');
  return places;
}

function resourcesOf(job: Job, { where }: Named): readonly string[] {
  if (job.on !== 'roles' && job.on !== 'functions') return [];
  if (where.length === 0) throw new UsageError(`name the ${job.on} by their ARNs`);
  return where.map(job.on === 'roles' ? roleOf : functionOf);
}

interface Form {
  readonly job: string;
  readonly format: 'json' | 'terraform';
}

/** Prints explanations to stderr, so that `> file.json` gets pure JSON. On a terminal each policy follows its own. */
function print(documents: readonly PolicyDocument[], { job, format }: Form, { stdout, stderr }: Pick<Io, 'stdout' | 'stderr'>): void {
  for (const text of documents.flatMap(document => tooLong(document) ?? [])) stderr.write(`Warning: ${text}\n`);
  if (format === 'terraform') {
    stdout.write(terraformOf(documents, job));
    return;
  }
  for (const each of stdout.isTTY ? documents.map(document => [document]) : [documents]) {
    for (const { where, permissions = [], notes } of each) {
      const commands = permissions.map(permission => `Lambda takes it as \`${addPermission(permission)}\`.`);
      stderr.write([where, ...commands, ...notes].map(text => `# ${text}\n`).join(''));
    }
    stdout.write(jsonOf(each));
  }
}
