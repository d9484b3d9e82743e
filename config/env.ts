import { join } from 'node:path';
import type { Adapter } from '../src/contract/adapter.ts';
import { receiverFormats } from '../src/contract/receiver.ts';
import { namesIn } from '../src/io/files.ts';
import { variables as awsVariables } from './aws.ts';
import { variables as formerVariables } from './cattle.ts';
import { hasFile, type Table, withFiles } from './field.ts';
import type { Entries, Placed } from './origin.ts';
import { groups, receiverVariables, source } from './schema.ts';
import { prefix, targetTable, trigger } from './target-options.ts';

export type Env = Readonly<Record<string, string | undefined>>;
/** Values of flags by name, as `util.parseArgs` gives them. */
export type Flags = Readonly<Record<string, string | undefined>>;

/** The variable that names a file or directory, like --config. */
export const configVariable = 'ECR_COURIER_CONFIG';
/**
 * The variable that names modules of further adapters. Adapters decide what a configuration may contain, so no file can
 * name them.
 */
export const adaptersVariable = 'ECR_COURIER_ADAPTERS';
/** Variables that are read in `src/pull`, `src/io/answers.ts` and the shell fronts. */
const ofThoseWhoAsk = [
  {
    name: 'ECR_COURIER_CACHE',
    doc: 'Directory of the answers that the credential helper keeps. Unless set: `$XDG_CACHE_HOME/ecr-courier`, `~/.cache/ecr-courier`, or `/var/cache/ecr-courier` without a home. Only where it is set, the daemon keeps there what it needs after a restart, without secrets: which messages it sent, which images it verified, and which Swarm services it updated.',
  },
  {
    name: 'ECR_COURIER_SHARED_CACHE',
    doc: 'Directory of answers that a daemon of another user keeps (`helper-cache` with a `group`). Credential helper and credential provider look there before they ask AWS, and write nothing.',
  },
  {
    name: 'ECR_COURIER_TRACE',
    doc: "File to which credential helper and credential provider append what they were asked and answered, without secrets. For the kubelet's provider, in the `env` of its configuration.",
  },
  {
    name: 'ECR_COURIER_TOKEN_ENDS_WITH_SESSION',
    doc: '`true`: credential helper and credential provider let a token end with the session of the role that fetched it, an hour as a rule. AWS says twelve hours.',
  },
] as const;
/** The prefix of our own variables. */
export const ours = 'ECR_COURIER_';

/** The options of a table that variables set. Empty means unset. */
export function fromEnv(table: Table, env: Env): Entries {
  return new Map(
    Object.entries(table).flatMap(([key, field]): [string, Placed][] => {
      const text = field.env === undefined ? undefined : env[field.env];
      return field.env === undefined || !text ? [] : [[key, { value: text, origin: { text: field.env } }]];
    }),
  );
}

export function fromFlags(table: Table, flags: Flags): Entries {
  return new Map(
    Object.entries(table).flatMap(([key, field]): [string, Placed][] => {
      const text = field.flag === undefined ? undefined : flags[field.flag];
      return text === undefined ? [] : [[key, { value: text, origin: { text: `--${field.flag}` } }]];
    }),
  );
}

/**
 * Lists the files that systemd's LoadCredential= or SetCredential= put into $CREDENTIALS_DIRECTORY: paths by name. It
 * does not read them.
 */
export async function credentialFiles(env: Env): Promise<ReadonlyMap<string, string>> {
  const directory = env['CREDENTIALS_DIRECTORY'];
  const names = directory ? await namesIn(directory).catch(() => []) : [];
  return new Map(names.map(name => [name, join(directory ?? '', name)]));
}

/**
 * Secrets and logins in $CREDENTIALS_DIRECTORY under the name of their variable, or that name in lower case with
 * dashes: PORTAINER_API_KEY or portainer-api-key. They are the weakest layer.
 */
export function fromCredentials(table: Table, files: ReadonlyMap<string, string>): Entries {
  return new Map(
    Object.entries(table).flatMap(([key, field]): [string, Placed][] => {
      const { env } = field;
      if (!hasFile(field) || env === undefined) return [];
      const name = [env, env.toLowerCase().replaceAll('_', '-')].find(spelling => files.has(spelling));
      return name === undefined
        ? []
        : [[`${key}File`, { value: files.get(name) ?? null, origin: { text: `$CREDENTIALS_DIRECTORY/${name}` } }]];
    }),
  );
}

/**
 * Merges layers option by option. The later layer wins. A secret and the file that holds it are one option, so the
 * later one replaces the earlier one in either form.
 */
export function overlay(...layers: readonly Entries[]): Entries {
  const merged = new Map<string, Placed>();
  for (const layer of layers) {
    for (const key of layer.keys()) {
      merged.delete(`${key}File`);
      merged.delete(key.replace(/File$/, ''));
    }
    for (const [key, placed] of layer) merged.set(key, placed);
  }
  return merged;
}

/** All variables that are read, including the short forms of adapters. */
export function variables(adapters: readonly Adapter[]): readonly { readonly name: string; readonly doc: string }[] {
  const tables = [
    ...Object.values<Table>(groups).map(withFiles),
    ...receiverFormats.map(receiverVariables),
    source,
    ...adapters.map(targetTable),
  ];
  const named = tables.flatMap(table => Object.values(table).flatMap(({ env, doc }) => (env === undefined ? [] : { name: env, doc })));
  return [
    { name: configVariable, doc: 'Configuration file, or a directory of them; as --config.' },
    ...ofThoseWhoAsk,
    { name: adaptersVariable, doc: 'Modules of further adapters: files (`./depot.ts`) or packages, as seen from the working directory.' },
    ...named,
    ...awsVariables,
    ...formerVariables,
  ];
}

/** Variables for Node and from systemd that concern this process alone. */
const ofProcess =
  /^(UV_THREADPOOL_SIZE|NODE_EXTRA_CA_CERTS_LEFT_OUT|(STATE|CACHE|LOGS|CONFIGURATION|RUNTIME|CREDENTIALS)_DIRECTORY|NOTIFY_SOCKET|LISTEN_(PID|PIDFDID|FDS|FDNAMES)|WATCHDOG_(PID|USEC)|INVOCATION_ID|JOURNAL_STREAM|SYSTEMD_EXEC_PID|(MAIN|MANAGER)PID(FDID)?|PIDFILE|FDSTORE|MEMORY_PRESSURE_(WATCH|WRITE))$/;

/**
 * The environment for other programs: without the variables of the courier and of managers, but with those that the AWS
 * tools read.
 */
export function withoutOurs(env: Env, adapters: readonly Adapter[]): Env {
  const names = new Set(variables(adapters).map(({ name }) => name));
  const starts = [ours, ...adapters.map(adapter => `${prefix(adapter)}_`)];
  return Object.fromEntries(
    Object.entries(env).filter(
      ([name]) => name.startsWith('AWS_') || !(names.has(name) || ofProcess.test(name) || starts.some(start => name.startsWith(start))),
    ),
  );
}

/**
 * The short form of a target of this kind: the options that variables set. `maker`: the variable that makes the target,
 * if it is set. Without it the others can only refine a target of a file.
 */
export function shortForm(
  adapter: Adapter,
  env: Env,
): { readonly entries: Entries; readonly maker: Placed | undefined; readonly needs: string } {
  const start = trigger(adapter);
  if (!start) return { entries: new Map(), maker: undefined, needs: '' };
  const entries = fromEnv(targetTable(adapter), env);
  return { entries, maker: entries.get(start.key), needs: start.env };
}
