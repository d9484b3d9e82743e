import type { TargetConfig } from '../../config/load.ts';
import { clock } from '../contract/clock.ts';
import { asFailure, Failure } from '../contract/failures.ts';
import { addressReader } from '../contract/registry.ts';
import { redact } from '../contract/secret.ts';
import type { Pruned } from '../contract/target.ts';
import { jsonText, visible } from '../contract/text.ts';
import { createLog } from '../io/log.ts';
import { manageTarget } from '../target.ts';
import { configOptions, exit, type Io, noSuch, readArgs, readConfigWithTargets, UsageError } from './io.ts';
import { printWarnings } from './notes.ts';

type Way = 'written' | 'rehearsed';
/** What was or would be removed from one target. */
interface Result {
  readonly target: string;
  readonly things: readonly Pruned[];
  /** The failure that ended the run before everything was examined. */
  readonly failure?: Failure;
  /** In this kind of manager, our entries cannot be told from those of users. */
  readonly isUnable?: true;
}

const flags = { ...configOptions, 'dry-run': { type: 'boolean' }, yes: { type: 'boolean' }, json: { type: 'boolean' } } as const;

/** `prune`: removes what the courier created in the managers. */
export async function prune(args: string[], io: Io): Promise<number> {
  const { values, positionals } = readArgs(args, flags, { allowPositionals: true });
  const { 'dry-run': dry = false, yes = false, json = false, ...rest } = values;
  if (dry && yes) throw new UsageError('--dry-run and --yes exclude one another');
  if (!dry && !yes && (json || io.stdin.isTTY !== true))
    throw new UsageError('nobody can be asked here: say --dry-run to see what would go, or --yes to let it go');
  const config = await readConfigWithTargets(rest, io);
  printWarnings(config, io);
  const targets = chosen(config.targets, positionals);
  const say = (lines: readonly string[]): void => {
    if (!json && lines.length > 0) io.stdout.write(visible(redact(`${lines.join('\n')}\n`)));
  };
  const work = async (way: Way): Promise<Result[]> => {
    const results = await Promise.all(
      targets.map(async target => {
        const result = await pruneOne(target, config.aliases, way, io, thing => say([lineOf(target.name, thing, way)]));
        say(endOf(result));
        return result;
      }),
    );
    if (json) io.stdout.write(asJson(results));
    return results;
  };

  const shown = await work(yes ? 'written' : 'rehearsed');
  io.stderr.write(remadeBy(targets, shown));
  const isAnything = shown.some(({ things }) => things.some(({ failure }) => !failure));
  if (dry || yes || !isAnything || io.signal.aborted) return exitOf(shown);
  io.stderr.write('Take all this away? Type yes: ');
  if ((await lineFrom(io)) !== 'yes') {
    io.stderr.write('Nothing was changed.\n');
    return exit.failed;
  }
  return exitOf(await work('written'));
}

/** A warning that a running daemon restores what was removed. */
function remadeBy(targets: readonly TargetConfig[], results: readonly Result[]): string {
  const awake = targets.filter((target, at) => !target.paused && results[at]?.things.some(({ failure }) => !failure));
  if (awake.length === 0) return '';
  const names = awake.map(({ name }) => name).join(', ');
  return `Not paused: ${names}. A daemon that runs makes it all again: stop it, or set \`paused: true\` and reload, before.\n`;
}

function chosen(targets: readonly TargetConfig[], names: readonly string[]): readonly TargetConfig[] {
  const unknown = names.find(name => !targets.some(target => target.name === name));
  if (unknown !== undefined)
    throw noSuch(
      'target',
      unknown,
      targets.map(({ name }) => name),
    );
  return names.length === 0 ? targets : targets.filter(({ name }) => names.includes(name));
}

async function pruneOne(
  config: TargetConfig,
  aliases: Parameters<typeof addressReader>[0],
  way: Way,
  { env, signal, stderr }: Io,
  told: (thing: Pruned) => void,
): Promise<Result> {
  const log = createLog({ to: stderr, level: 'silent' });
  const managed = manageTarget(config, { clock, log, registry: addressReader(aliases), env, readonly: way === 'rehearsed' });
  const things: Pruned[] = [];
  try {
    const target = await managed.open();
    await using _ = { [Symbol.asyncDispose]: async () => await target[Symbol.asyncDispose]?.() };
    if (!target.prune) return { target: config.name, things, isUnable: true };
    for await (const thing of target.prune(way, signal)) {
      things.push(thing);
      told(thing);
    }
    return { target: config.name, things, ...(signal.aborted && { failure: stopped() }) };
  } catch (error) {
    return { target: config.name, things, failure: signal.aborted ? stopped() : asFailure(error) };
  }
}

/** The failure after a signal. What is left is unknown, as is the outcome of requests under way. */
const stopped = (): Failure =>
  new Failure('TIMEOUT', 'The command was stopped before its end. More entries may be left, and more may have been removed.', {
    remedy: 'Run it again.',
  });

const words = {
  written: { removed: 'removed', released: 'released' },
  rehearsed: { removed: 'would be removed', released: 'would be released' },
};

const lineOf = (target: string, { what, change, failure }: Pruned, way: Way): string =>
  `${target}: ${what} ${failure ? `stays: ${failure.message}` : words[way][change]}`;

/** The lines that follow the list of a target. */
const endOf = ({ target, things, failure, isUnable }: Result): string[] => [
  ...(failure ? [`${target}: ${failure.message}`, `  ${failure.remedy}`] : []),
  ...(isUnable ? [`${target}: the manager keeps nothing that could be told from what people made; nothing is taken away`] : []),
  ...(things.length === 0 && !failure && !isUnable ? [`${target}: nothing of the courier is there`] : []),
  ...remediesOf(things).map(remedy => `  ${remedy}`),
];

const most = 3;

/** The distinct remedies. Thousands of entries may lack the same right, each in its own namespace. */
function remediesOf(things: readonly Pruned[]): string[] {
  const remedies = [...new Set(things.flatMap(one => one.failure?.remedy ?? []))];
  const left = remedies.length - most;
  return left > 1 ? [...remedies.slice(0, most), `... and ${left} more like these; --json has all of them`] : remedies;
}

function asJson(results: readonly Result[]): string {
  const told = (failure: Failure | undefined) =>
    failure && { failure: { code: failure.code, message: failure.message, remedy: failure.remedy } };
  const targets = results.map(({ target, things, failure }) => ({
    target,
    things: things.map(({ what, change, failure: why }) => ({ what, change, ...told(why) })),
    ...told(failure),
  }));
  return redact(jsonText({ schema: 1, targets }));
}

function exitOf(results: readonly Result[]): number {
  const all = results.flatMap(({ things }) => things);
  const isWrong = results.some(({ failure }) => failure) || all.some(({ failure }) => failure);
  if (!isWrong) return exit.ok;
  return all.some(({ failure }) => !failure) ? exit.partly : exit.failed;
}

/** The line that the user typed, without the line break; empty if the command is stopped first. */
async function lineFrom({ stdin, signal }: Pick<Io, 'stdin' | 'signal'>): Promise<string> {
  const { promise: stop, resolve } = Promise.withResolvers<string>();
  signal.addEventListener('abort', () => resolve(''), { once: true });
  return await Promise.race([typedInto(stdin), stop]);
}

async function typedInto(stdin: Io['stdin']): Promise<string> {
  let text = '';
  for await (const chunk of stdin) {
    text += typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString();
    if (text.includes('\n')) break;
  }
  return text.split('\n')[0]?.trim() ?? '';
}
