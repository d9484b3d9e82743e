import { isRegion } from '../src/contract/aws-names.ts';
import { functionNamed } from '../src/contract/function-name.ts';
import { anyRegistryOf, type Registry } from '../src/contract/registry.ts';
import { sourceOf } from './cattle.ts';
import { type Env, fromEnv, overlay } from './env.ts';
import { type Values } from './field.ts';
import { requireUnique } from './files.ts';
import { isName } from './formats.ts';
import { type Entries, isBlank, isVariable, type Placed, textOf } from './origin.ts';
import { type Listed, type Report, readMap } from './read.ts';
import { source } from './schema.ts';

/** One source and the registries that it serves. */
export type SourceConfig = Values<typeof source>;

/** Any registry in the region of the source `default`. undefined: no region is configured. */
export function homeOf(sources: readonly SourceConfig[]): Registry | undefined {
  const region = sources.find(({ name }) => name === 'default')?.region;
  return region === undefined ? undefined : anyRegistryOf(region);
}

/** Reads the sources of the files and `default`, which the environment can set, too. */
export function readSources(items: readonly Listed[], env: Env, report: Report): SourceConfig[] {
  const region = env['AWS_REGION'] ? 'AWS_REGION' : 'AWS_DEFAULT_REGION';
  // A wrong region is reported for the variable, and not for every source.
  const fallback: Entries = new Map(
    isRegion(env[region] ?? '') ? [['region', { value: env[region] ?? null, origin: { text: region } }]] : [],
  );
  const origin = { text: 'default' };
  const implicit: Listed = { entries: new Map([['name', { value: 'default', origin }]]), origin, at: 0 };
  const all = items.some(({ entries }) => textOf(entries, 'name') === 'default') ? items : [...items, implicit];
  const drafts = all.map(({ entries, origin, at }) => {
    const isDefault = textOf(entries, 'name') === 'default';
    return {
      name: textOf(entries, 'name'),
      origin,
      at,
      entries: isDefault
        ? overlay(fallback, told(entries), sourceOf(env), entries, fromEnv(source, env))
        : overlay(fallback, told(entries), entries),
    };
  });
  requireUnique(
    'sources',
    drafts.filter(({ name }) => name),
    report,
  );
  return drafts.map(({ name, entries, origin, at }) => {
    const path = isName(name) ? `sources.${name}` : `sources[${at}]`;
    const read = readMap(source, entries, { path, origin }, report);
    const wrong = (message: string, from = origin.text): void => void report.mistakes.push({ path, origin: from, message });
    const has = (key: keyof typeof source): boolean => !isBlank(entries.get(key));
    for (const mistake of mixed(has)) wrong(mistake);
    if (read.lambda && functionNamed(read.lambda) && !read.region && !read.profile && !env['AWS_PROFILE'])
      wrong('nothing says in which region the function is: set region, or AWS_REGION, or write the ARN of the function as lambda');
    if (has('externalId') && !has('roleArn')) noRole(entries.get('externalId')?.origin.text ?? origin.text, wrong);
    const isPublic = read.service === 'ecr-public';
    if (isPublic && name === 'default') wrong('default serves private registries: give the source for ECR Public another name');
    if (isPublic && has('accounts')) wrong('accounts are of private registries: ECR Public has none in its host');
    if (!isPublic && name !== 'default' && !has('accounts') && !has('registries') && !has('slots'))
      wrong('serves no registry: give it accounts, registries or slots, or name it default');
    return read;
  });
}

/** Reports that an external id has no role. A given variable is answered with a variable. */
function noRole(given: string, wrong: (message: string, from?: string) => void): void {
  const role = source.roleArn.env;
  if (isVariable(given)) wrong(`goes with ${role}: set that too`, given);
  else wrong('externalId goes with roleArn: set that too');
}

const kinds = ['lambda', 'command', 'file'] as const;
/** Options of an AWS identity, which asks ECR or a function. */
const ofIdentity = ['profile', 'roleArn', 'roles', 'externalId', 'endpoint', 'stsEndpoint'] as const;

/** Messages about options that exclude each other. */
function mixed(has: (key: keyof typeof source) => boolean): string[] {
  const given = kinds.filter(has);
  const [kind] = given;
  if (given.length > 1) return [`${given.join(' and ')} exclude each other: a source takes its tokens from one place`];
  if (kind === undefined || kind === 'lambda') return [];
  const useless = ofIdentity.filter(has);
  return useless.length > 0
    ? [
        `${useless.join(' and ')} ${useless.length > 1 ? 'are' : 'is'} of an AWS identity, which ${kind} does not use: remove ${useless.length > 1 ? 'them' : 'it'}, or give ${kind} a source of its own`,
      ]
    : [];
}

/**
 * The region that other options of a source imply: the ARN of its function, the patterns of its registries, the
 * arguments of its command (`--region eu-west-1`), the path of its file.
 */
function told(entries: Entries): Entries {
  const lambda = entries.get('lambda');
  if (lambda) return regionIn(lambda, [functionNamed(textOf(entries, 'lambda'))?.region]);
  if (kinds.every(kind => isBlank(entries.get(kind)))) return new Map();
  const layers = (['file', 'command', 'registries'] as const).map((key): Entries => {
    const placed = entries.get(key);
    const found = placed ? textsOf(placed).map(text => text.match(region)?.[0]) : [];
    // A pattern for all regions leaves the region open. A word of a command without a region does not.
    return placed && (key !== 'registries' || found.every(Boolean)) ? regionIn(placed, found) : new Map();
  });
  return overlay(...layers);
}

/** The name of a region in AWS's form, anywhere in a text: `my-app-1` is none. */
const region = /(?<![a-z0-9-])[a-z]{2,4}(?:-[a-z]+)*-(?:(?:north|south)(?:east|west)?|east|west|central)-\d{1,2}(?![a-z0-9-])/;

/** The region, if all texts that name one name the same. */
function regionIn({ origin }: Placed, found: readonly (string | undefined)[]): Entries {
  const [only, ...others] = new Set(found.filter(one => one !== undefined));
  return new Map(only !== undefined && others.length === 0 ? [['region', { value: only, origin }]] : []);
}

/** The texts of an option, which `asList` of the formats has not split yet. */
const textsOf = ({ value }: Placed): string[] =>
  Array.isArray(value)
    ? value.flatMap(({ value: entry }) => (typeof entry === 'string' ? entry : []))
    : typeof value === 'string'
      ? value.split(/[\s,]+/)
      : [];
