import { ConfigError } from '../../config/load.ts';
import { Failure } from '../contract/failures.ts';
import { redact } from '../contract/secret.ts';
import { version } from '../version.ts';
import { exit, type Io, UsageError } from './io.ts';

type Run = (args: string[], io: Io) => Promise<number>;

interface Command {
  readonly usage: string;
  readonly doc: string;
  /** Loaded when it is needed: `token` must not wait for the status page. */
  load(): Promise<Run>;
}

const commands: Readonly<Record<string, Command>> = {
  run: { usage: 'run', doc: 'The daemon; also without any command.', load: async () => (await import('./run.ts')).run },
  once: {
    usage: 'once [--json]',
    doc: 'Discovers, fetches and delivers once, then ends.',
    load: async () => (await import('./once.ts')).once,
  },
  check: {
    usage: 'check [--json]',
    doc: 'As once, but writes nothing: says what would be done.',
    load: async () => (await import('./once.ts')).check,
  },
  status: { usage: 'status [--json]', doc: 'What the running daemon knows.', load: async () => (await import('./status.ts')).status },
  refresh: {
    usage: 'refresh [--target NAME]',
    doc: 'Makes the running daemon fetch anew and write every slot.',
    load: async () => (await import('./refresh.ts')).refresh,
  },
  token: {
    usage: 'token [HOST | --region REGION]',
    doc: 'Prints a fresh password for `docker login --username AWS --password-stdin HOST`.',
    load: async () => (await import('./token.ts')).token,
  },
  config: { usage: 'config show|check|schema', doc: 'What is configured, and where each value comes from.', load: loadConfigCommand },
  bundle: {
    usage: 'bundle',
    doc: 'Writes what belongs into a bug report, without secrets: `ecr-courier bundle > bundle.txt`.',
    load: async () => (await import('./bundle.ts')).bundle,
  },
  healthcheck: {
    usage: 'healthcheck [--ready]',
    doc: 'Exit 0 when the daemon lives (--ready: and every required target is supplied).',
    load: async () => (await import('./healthcheck.ts')).healthcheck,
  },
  demo: {
    usage: 'demo [--once] [--portainer URL --api-key-file FILE]',
    doc: 'The whole job in a minute, without AWS and without Portainer.',
    load: async () => (await import('./demo.ts')).demo,
  },
};

async function loadConfigCommand(): Promise<Run> {
  const [{ configCommand }, { knownAdapters }] = await Promise.all([import('./config.ts'), import('./adapters.ts')]);
  const line = (sink: Io['stdout']) => (text: string) => void sink.write(`${text}\n`);
  return async (args, { env, stdout, stderr }) =>
    configCommand(args, { env, stdout: line(stdout), stderr: line(stderr) }, await knownAdapters(env));
}

/** Runs the command that the arguments name; resolves with the exit code. Whatever is thrown becomes a sentence on stderr. */
export async function runCommand(argv: readonly string[], io: Io): Promise<number> {
  const [first] = argv;
  if (first === '--version' || first === '-v' || first === 'version') return say(io, `${version}\n`);
  if (first === '--help' || first === '-h' || first === 'help') return say(io, help());
  const named = first !== undefined && !first.startsWith('-');
  const name = named ? first : 'run';
  try {
    const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
    if (!command) throw new UsageError(`there is no command ${name}`);
    const run = await command.load();
    return await run(argv.slice(named ? 1 : 0), io);
  } catch (error) {
    return complain(error, name, io);
  }
}

function complain(error: unknown, name: string, io: Io): number {
  if (error instanceof ConfigError) {
    io.stderr.write(`${error.message}\n`);
    return exit.config;
  }
  if (error instanceof UsageError || isArgumentError(error)) {
    const usage = Object.hasOwn(commands, name) ? `usage: ecr-courier ${commands[name]?.usage}` : 'ecr-courier --help lists the commands.';
    io.stderr.write(`ecr-courier ${name}: ${error.message}\n${usage}\n`);
    return exit.usage;
  }
  const remedy = error instanceof Failure ? `\n${error.remedy}` : '';
  io.stderr.write(redact(`ecr-courier ${name}: ${error instanceof Error ? error.message : String(error)}${remedy}\n`));
  return error instanceof Failure && error.code === 'MISCONFIGURED' ? exit.config : exit.failed;
}

/** Of util.parseArgs. */
function isArgumentError(error: unknown): error is Error {
  return error instanceof Error && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS');
}

function say(io: Io, text: string): number {
  io.stdout.write(text);
  return exit.ok;
}

function help(): string {
  const width = Math.max(...Object.values(commands).map(command => command.usage.length));
  const lines = Object.values(commands).map(({ usage, doc }) => `  ${usage.padEnd(width)}  ${doc}`);
  return [
    `ecr-courier ${version}: keeps container managers logged in to Amazon ECR.`,
    '',
    'usage: ecr-courier [COMMAND] [--config FILE-or-DIRECTORY]',
    '',
    ...lines,
    '',
    'Two variables are enough for a Portainer: PORTAINER_URL and PORTAINER_API_KEY_FILE. All others: config/reference.md.',
    'Exit codes: 0 all fine, 1 none or failed, 2 usage, 3 some failed or unconfirmed, 78 configuration.',
    '',
  ].join('\n');
}
