import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import type { Clock } from '../../contract/clock.ts';
import type { Credential } from '../../contract/credential.ts';
import { Failure } from '../../contract/failures.ts';
import type { Registry } from '../../contract/registry.ts';
import { Secret } from '../../contract/secret.ts';
import { runProgram, unstarted } from '../../io/program.ts';
import type { Env } from '../aws/variables.ts';
import { isThere, needsShell, shell } from '../keys/command.ts';
import { type Command, programIn, wordsOf } from '../keys/command-line.ts';
import { hostFor } from './event.ts';
import { credentialIn } from './given/given.ts';
import { toolFailure } from './tool-errors.ts';

interface Run {
  readonly command: Command;
  /** The region of its tokens, where neither the output nor a placeholder says it. */
  readonly region: string | undefined;
  readonly from: Pick<Credential, 'source' | 'scope'>;
  readonly env: Env;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** The number of words that are treated as secrets in the output of a command that fails. */
const mostWords = 50;
const placeholder = /\{(registry|host|region|account)\}/g;

/** Fills in `{host}`, `{region}` and `{account}` of the registry. These names need no quoting in a shell. */
function filled(command: Command, registry: Registry): Command {
  const { region, account = '' } = registry;
  const host = hostFor(registry);
  const values: Readonly<Record<string, string>> = { host, registry: host, region, account };
  const fill = (text: string): string => text.replaceAll(placeholder, (_, name: string) => values[name] ?? '');
  return typeof command === 'string' ? fill(command) : command.map(fill);
}

/** Whether the command receives the region of the token. */
const isTold = (command: Command): boolean => [command].flat().some(word => /\{(registry|host|region)\}/.test(word));

/** Runs the command for the registry and returns the credential that it writes. Throws a Failure. */
export async function fetchByCommand({ command, region, from, env, clock, signal }: Run, registry: Registry): Promise<Credential> {
  const program = programIn(command);
  const [file, args] = await startOf(filled(command, registry));
  const ended = await runProgram(file, args, env, signal).catch((error: NodeJS.ErrnoException) => {
    throw new Failure('MISCONFIGURED', `The command of the source ${from.source} failed: ${unstarted(program, error)}.`, {
      remedy: runIt(program),
    });
  });
  const { stdout, stderr, badEnd } = ended;
  const who = `The command ${program}`;
  const told = { who, shown: `the command ${program}`, where: runIt(program), region: registry.region };
  if (badEnd) {
    // The command may repeat on stderr what it wrote to stdout.
    const kept = stdout.split(/\s+/, mostWords).map(word => new Secret(word));
    const failure = toolFailure({ type: badEnd, words: stderr.trim() }, told);
    kept.length = 0;
    throw failure;
  }
  const now = new Date(clock.wall());
  return credentialIn(stdout, registry, {
    gave: `${who} wrote`,
    remedy: `It must write an ECR password, a token, or JSON that holds one, and nothing else. ${runIt(program)}`,
    renew: 'Let it get a new token at each run, and not keep an old one.',
    region: isTold(command) ? registry.region : region,
    says: 'Set `region` of the source, or write {region} in the command in its place.',
    issuedAt: now,
    receivedAt: now,
    madeAt: now,
    from,
    failed: (type, words) => toolFailure({ type, words }, told),
  });
}

const runIt = (program: string): string => `Run ${program} as the user of this process, without a terminal, to see more.`;

/**
 * The program to start, with its arguments. It is a shell only where the line needs one. Throws MISCONFIGURED where
 * that shell is not there.
 */
async function startOf(command: Command): Promise<readonly [program: string, args: readonly string[]]> {
  const words = typeof command === 'string' ? wordsOf(command) : command;
  if (typeof words !== 'string') return [words[0] ?? '', words.slice(1)];
  if (!(await isThere(shell))) throw new Failure('MISCONFIGURED', `${needsShell(words, shell, 'The command')}.`);
  return [shell, ['-c', String(command)]];
}

/** Why a command cannot run here. undefined: it can, as far as one can see without running it. */
export async function cannotStart(command: Command, env: Env): Promise<string | undefined> {
  const words = typeof command === 'string' ? wordsOf(command) : command;
  if (typeof words === 'string') return (await isThere(shell)) ? undefined : needsShell(words, shell, 'its line');
  const [program = ''] = words;
  const places = program.includes('/')
    ? [program]
    : (env['PATH'] ?? '')
        .split(delimiter)
        .filter(Boolean)
        .map(folder => join(folder, program));
  for (const place of places) if (await isProgram(place)) return undefined;
  return program.includes('/') ? `${program} is not a program that this user may run` : `there is no program ${program} on PATH`;
}

const isProgram = (path: string): Promise<boolean> =>
  access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
