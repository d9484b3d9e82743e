import { ConfigError } from '../../config/load.ts';
import { Failure } from '../contract/failures.ts';
import { redact } from '../contract/secret.ts';
import { version } from '../version.ts';
import { exit, type Io, UsageError } from './io.ts';

type Run = (args: string[], io: Io) => Promise<number>;

interface Command {
  readonly usage: string;
  readonly doc: string;
  /** Lines for its own help. */
  readonly more?: readonly string[];
  /** It has no configuration, and none of the options for it. */
  readonly bare?: boolean;
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
    doc: 'Makes the running daemon look at its targets and write every slot, with new tokens as soon as they may be fetched.',
    load: async () => (await import('./refresh.ts')).refresh,
  },
  token: {
    usage: 'token [HOST... | --region REGION] [--format FORMAT]',
    doc: 'Prints a fresh password for `docker login --username AWS --password-stdin HOST`.',
    more: [
      '--format docker-auth-config  what the variable DOCKER_AUTH_CONFIG may hold (Docker 28.4 and later, GitLab runners)',
      '--format env                 the same as a line NAME=VALUE, for $GITHUB_ENV, env files and dotenv reports',
      '--format auth-json           a file for podman, skopeo, buildah, and for every other client',
      '--format k8s-secret          a pull secret: `| kubectl apply -f -`; --name NAME and --namespace NAMESPACE say which',
      'With a format several hosts may be named. What is printed is secret, and good for twelve hours at most.',
    ],
    load: async () => (await import('./token.ts')).token,
  },
  config: {
    usage: 'config show|check|schema',
    doc: 'What is configured, and where each value comes from.',
    more: [
      'show    every value in force and where it comes from; secrets are masked',
      'check   whether the configuration is fine, or everything that is wrong with it',
      'schema  the JSON Schema of a configuration file, for editors',
    ],
    load: async () => (await import('./config.ts')).config,
  },
  kubelet: {
    usage: 'kubelet config|check|install',
    doc: "The configuration of the kubelet's credential providers.",
    more: [
      'config   prints one for accounts and regions (default: every registry of ECR):',
      '         [--account A,B] [--region R,S] [--partition P] [--spelling plain|fips|dual-stack] [--no-public]',
      '         [--token-mode optional|required] [--name NAME] [--env NAME=VALUE] [--kubernetes 1.33] [--json]',
      'install  --bin-dir DIR --config PATH [--dry-run] [--replace] and what `config` takes: the program first, then its configuration',
      'check    PATH [--kubernetes 1.33] [--bin-dir DIR] [--json]: a file or folder by the rules of the kubelet;',
      '         exit 1 when the kubelet would not start, 3 when something in it never works',
    ],
    bare: true,
    load: async () => (await import('./kubelet.ts')).kubelet,
  },
  explain: {
    usage: 'explain IMAGE --provider-config PATH',
    doc: 'What the kubelet would do for an image: which pattern matches, or why none does; region, role, cache time.',
    load: async () => (await import('./explain.ts')).explainImage,
  },
  helper: {
    usage: 'helper install|doctor [HOST...]',
    doc: 'The credential helper in the Docker configuration of this user.',
    more: [
      'install [--dry-run]  makes docker-credential-ecr-courier answer for the hosts that are named or configured, and',
      '                     removes their stored logins. It writes $DOCKER_CONFIG/config.json, else ~/.docker/config.json',
      '                     of this user; --dry-run shows the change, with secrets masked, and writes nothing',
      'doctor [--json]      what each registry client would send for these hosts, and why; nothing is run or asked',
    ],
    load: async () => (await import('./helper.ts')).helper,
  },
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
    usage: 'demo [--once] [--portainer URL --api-key-file FILE] [--log-level LEVEL]',
    doc: 'The whole job in a minute, without AWS and without Portainer.',
    bare: true,
    load: async () => (await import('./demo.ts')).demo,
  },
};

/**
 * Runs the command that the arguments name; resolves with the exit code. Whatever is thrown becomes a sentence on
 * stderr.
 */
export async function runCommand(argv: readonly string[], io: Io): Promise<number> {
  const [first, second] = argv;
  if (asksVersion(first)) return say(io, `${version}\n`);
  if (first === 'help' && second !== undefined) return await runCommand([second, '--help'], io);
  if (asksHelp(first)) return say(io, help());
  const { name, args } = split(argv);
  try {
    const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
    if (!command) throw new UsageError(`there is no command ${name}`);
    if (args.some(arg => arg === '--help' || arg === '-h')) return say(io, helpOf(command));
    const run = await command.load();
    return await run(args, io);
  } catch (error) {
    return complain(error, name, io);
  }
}

const asksVersion = (arg: string | undefined): boolean => ['--version', '-v', 'version'].includes(arg ?? '');
const asksHelp = (arg: string | undefined): boolean => ['--help', '-h', 'help'].includes(arg ?? '');

/**
 * Whether the arguments mean the daemon: it takes SIGHUP for a wish to reload (to the others it says, as usual, that
 * the terminal was closed), and lives without a reader.
 */
export const isDaemon = (argv: readonly string[]): boolean =>
  split(argv).name === 'run' && !argv.some(arg => asksVersion(arg) || asksHelp(arg));

function split(argv: readonly string[]): { readonly name: string; readonly args: string[] } {
  const [first] = argv;
  const named = first !== undefined && !first.startsWith('-');
  return { name: named ? first : 'run', args: argv.slice(named ? 1 : 0) };
}

function complain(error: unknown, name: string, io: Io): number {
  if (error instanceof ConfigError) {
    io.stderr.write(redact(`${error.message}\n`));
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

const options = [
  '  -c, --config FILE-or-DIRECTORY  a configuration; may be given more than once (ECR_COURIER_CONFIG)',
  '      --listen HOST:PORT          where the daemon listens (ECR_COURIER_LISTEN)',
  '      --log-level LEVEL           debug, info, warn or error (ECR_COURIER_LOG_LEVEL)',
  '      --log-format FORMAT         auto, pretty or json (ECR_COURIER_LOG_FORMAT)',
];

function helpOf({ usage, doc, more = [], bare }: Command): string {
  const details = more.length > 0 ? ['', ...more.map(line => `  ${line}`)] : [];
  return [`usage: ecr-courier ${usage}${bare ? '' : ' [OPTIONS]'}`, '', doc, ...details, ...(bare ? [] : ['', ...options]), ''].join('\n');
}

function help(): string {
  const width = Math.max(...Object.values(commands).map(command => command.usage.length));
  const lines = Object.values(commands).map(({ usage, doc }) => `  ${usage.padEnd(width)}  ${doc}`);
  return [
    `ecr-courier ${version}: keeps container managers logged in to Amazon ECR.`,
    '',
    'usage: ecr-courier [COMMAND] [OPTIONS]',
    '',
    ...lines,
    '',
    'Options of every command but demo:',
    ...options,
    '',
    'ecr-courier COMMAND --help tells of one command.',
    'Two variables are enough for a Portainer: PORTAINER_URL and PORTAINER_API_KEY_FILE. All others: config/reference.md.',
    'Exit codes: 0 all fine, 1 none or failed, 2 usage, 3 some failed or unconfirmed, 78 configuration.',
    '',
  ].join('\n');
}
