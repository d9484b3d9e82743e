import { ConfigError } from '../../config/config-error.ts';
import { hint } from '../../config/nearest.ts';
import { Failure } from '../contract/failures.ts';
import { redact } from '../contract/secret.ts';
import { alternatives } from '../contract/text.ts';
import { version } from '../version.ts';
import { help, helpOf } from './help.ts';
import { configOptions, exit, type Io, UsageError } from './io.ts';
import { type Command, commands } from './list.ts';

/**
 * Runs the command that the arguments name, and resolves to the exit code. Prints any error as a sentence to stderr.
 */
export async function runCommand(argv: readonly string[], io: Io): Promise<number> {
  const [first, second] = argv;
  if (asksVersion(first)) return say(io, `${version}\n`);
  if (first === 'help' && second !== undefined) return await runCommand([...argv.slice(1), '--help'], io);
  if (asksHelp(first)) return say(io, help());
  const { name, command, args } = named(argv);
  try {
    if (!command) throw new UsageError(`there is no such command${hint(name, Object.keys(commands))}`);
    if (args.some(arg => arg === '--help' || arg === '-h')) return say(io, helpOf(command));
    if ('verbs' in command) {
      throw new UsageError(verbMissing(name, args[0], Object.keys(command.verbs)));
    }
    const run = await command.load();
    return await run(args, io);
  } catch (error) {
    return complain(error, name, io);
  }
}

function verbMissing(name: string, word: string | undefined, verbs: readonly string[]): string {
  if (word === undefined || word.startsWith('-')) return `${alternatives(verbs)} is missing`;
  return `there is no ${name} ${word}${hint(word, verbs) || `, but ${alternatives(verbs)}`}`;
}

/** Finds the command, or the verb of a command with verbs. Only options may precede it. */
function named(argv: readonly string[]): { readonly name: string; readonly command: Command | undefined; readonly args: string[] } {
  const { name, args } = split(argv);
  const command = memberOf(commands, name);
  if (!command || !('verbs' in command)) return { name, command, args };
  const first = optionsBefore(args);
  const at = args[first]?.startsWith('-') ? args.findIndex(arg => Object.hasOwn(command.verbs, arg)) : first;
  const verb = memberOf(command.verbs, args[at] ?? '');
  return verb ? { name: `${name} ${args[at]}`, command: verb, args: args.toSpliced(at, 1) } : { name, command, args };
}

const memberOf = <T>(members: Readonly<Record<string, T>>, name: string): T | undefined =>
  Object.hasOwn(members, name) ? members[name] : undefined;

const asksVersion = (arg: string | undefined): boolean => ['--version', '-v', 'version'].includes(arg ?? '');
const asksHelp = (arg: string | undefined): boolean => ['--help', '-h', 'help'].includes(arg ?? '');

/**
 * Whether the arguments start the daemon. The daemon reloads on SIGHUP, which ends other commands, and goes on when
 * nothing reads its output.
 */
export const isDaemon = (argv: readonly string[]): boolean =>
  split(argv).name === 'run' && !argv.some(arg => asksVersion(arg) || asksHelp(arg));

/** Splits off the command. Its options may precede it, as with git and docker. */
function split(argv: readonly string[]): { readonly name: string; readonly args: string[] } {
  const at = optionsBefore(argv);
  const name = argv[at];
  const isGiven = name !== undefined && !name.startsWith('-');
  return isGiven ? { name, args: argv.toSpliced(at, 1) } : { name: 'run', args: [...argv] };
}

/** The number of leading arguments that are configuration options or their values. */
function optionsBefore(argv: readonly string[]): number {
  let at = 0;
  for (let arg = argv[0]; arg?.startsWith('-'); arg = argv[at]) {
    const [name = ''] = arg.startsWith('--') ? arg.slice(2).split('=') : [arg.startsWith('-c') ? 'config' : ''];
    if (!Object.hasOwn(configOptions, name)) return at;
    const hasValue = arg.startsWith('--') ? arg.includes('=') : arg.length > 2;
    at += hasValue ? 1 : 2;
  }
  return Math.min(at, argv.length);
}

function complain(error: unknown, name: string, io: Io): number {
  if (error instanceof ConfigError) {
    io.stderr.write(redact(`${error.message}\n`));
    return exit.config;
  }
  if (error instanceof UsageError || isArgumentError(error)) {
    io.stderr.write(`ecr-courier ${name}: ${error.message}\n${usageOf(name)}\n`);
    return exit.usage;
  }
  const remedy = error instanceof Failure ? `\n${error.remedy}` : '';
  io.stderr.write(redact(`ecr-courier ${name}: ${error instanceof Error ? error.message : String(error)}${remedy}\n`));
  return error instanceof Failure && error.code === 'MISCONFIGURED' ? exit.config : exit.failed;
}

function usageOf(name: string): string {
  const [first = '', verb] = name.split(' ');
  const command = memberOf(commands, first);
  if (!command) return 'ecr-courier --help lists the commands.';
  const more = verb === undefined ? '' : `\necr-courier ${name} --help tells of its options.`;
  return `usage: ecr-courier ${command.usage}${more}`;
}

/** Whether util.parseArgs threw the error. */
function isArgumentError(error: unknown): error is Error {
  return error instanceof Error && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS');
}

function say(io: Io, text: string): number {
  io.stdout.write(text);
  return exit.ok;
}
