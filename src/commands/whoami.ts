import { clock } from '../contract/clock.ts';
import { anyRegistryOf, type Registry } from '../contract/registry.ts';
import { redact } from '../contract/secret.ts';
import { jsonText, oneLine } from '../contract/text.ts';
import { isNoneFound, noneFound } from '../ecr/keys/chain.ts';
import { type Other, tools } from '../ecr/keys/others.ts';
import { choiceOf, type SourceSpec } from '../ecr/sources/choice.ts';
import { type Whoami, whoIs } from '../ecr/sources/whoami.ts';
import { ending } from '../observe/words.ts';
import { awsDeps } from './asking.ts';
import { configOptions, exit, type Io, noSuch, readArgs, readConfig, UsageError } from './io.ts';
import { printNotes } from './notes.ts';
import { type Fact, factLines } from './paint.ts';

/** `whoami [--source NAME] [--region REGION]`: tells whose keys each source finds, and how. Needs no permission. */
export async function whoami(args: string[], io: Io): Promise<number> {
  const options = { ...configOptions, source: { type: 'string' }, region: { type: 'string' }, json: { type: 'boolean' } } as const;
  const { source, region, json, ...flags } = readArgs(args, options).values;
  const config = await readConfig(flags, io);
  const specs = named(source, choiceOf(config.sources).all);
  const place = region === undefined ? undefined : placeIn(region);
  await printNotes({ ...config, sources: specs as typeof config.sources }, io);
  const deps = await awsDeps(io);
  const all: Whoami[] = [];
  for (const spec of specs) all.push(await whoIs(spec, deps, io.signal, place));
  const now = clock.wall();
  if (json) io.stdout.write(redact(jsonText({ schema: 1, sources: all.map(asJson) })));
  else io.stdout.write(redact(all.map(one => `${linesOf(one, now).join('\n')}\n`).join('\n')));
  const failed = all.filter(({ failure }) => failure).length;
  return failed === 0 ? exit.ok : failed === all.length ? exit.failed : exit.partly;
}

function named(name: string | undefined, all: readonly SourceSpec[]): readonly SourceSpec[] {
  if (name === undefined) return all;
  const found = all.filter(spec => spec.name === name);
  if (found.length === 0)
    throw noSuch(
      'source',
      name,
      all.map(spec => spec.name),
    );
  return found;
}

function placeIn(region: string): Registry {
  const registry = anyRegistryOf(region);
  if (!registry) throw new UsageError(`${region} is not an AWS region`);
  return registry;
}

/** Human-readable text: one line per fact, under the name of the source. */
export function linesOf(who: Whoami, now: number): string[] {
  const { source, giver, passed, place, because, roles, caller, sessionEndsAt, others, failure } = who;
  const isOfAws = place !== undefined || failure !== undefined;
  const facts: readonly Fact[] = [
    ['is', caller ? [caller.arn] : isOfAws ? [] : ['no AWS identity: no keys are looked for']],
    ['account', caller ? [caller.account] : []],
    ['by', place ? [`${place}: ${because}`] : []],
    ['roles', roles.map(role => (caller || !failure ? `${role}, assumed with these keys` : role))],
    ['session', sessionEndsAt ? [`${ending(sessionEndsAt.getTime(), now)}, at ${sessionEndsAt.toISOString()}`] : []],
    ['tokens', giver ? [`come from ${giver}`] : []],
    ['fails', failure ? [reasonOf(who)] : []],
    ['looked at', passed.map(link => `${link.place}: ${link.why}`)],
    ['do', failure ? [failure.remedy] : []],
    ['elsewhere', elsewhere(others)],
  ];
  return [`source ${oneLine(source)}`, ...factLines(facts)];
}

/** Why the identity is unknown, without the list of places that were searched. */
export const reasonOf = ({ failure, place }: Whoami): string =>
  place === undefined && failure && isNoneFound(failure) ? noneFound : (failure?.message ?? '');

/** The identities that other tools would use. Tools that use the same one share a line. */
export const elsewhere = (others: readonly Other[]): string[] =>
  [...Map.groupBy(others, ({ takes }) => ('fails' in takes ? `none, as ${takes.fails}` : takes.words))].map(
    ([words, ones]) => `${ones.map(({ tool }) => tools[tool]).join(' and ')}: ${words}`,
  );

/** The same as JSON. */
export function asJson({ source, giver, passed, place, because, roles, caller, sessionEndsAt, others, failure }: Whoami) {
  return {
    source,
    tokensFrom: giver ?? null,
    arn: caller?.arn ?? null,
    account: caller?.account ?? null,
    keysFrom: place ?? null,
    because: because ?? null,
    roles,
    sessionEndsAt: sessionEndsAt?.toISOString() ?? null,
    passed,
    elsewhere: others.map(({ tool, takes }) => ({
      tool: tools[tool],
      takes: 'fails' in takes ? null : takes.words,
      fails: 'fails' in takes ? takes.fails : null,
    })),
    failure: failure ? { code: failure.code, message: failure.message, remedy: failure.remedy } : null,
  };
}
