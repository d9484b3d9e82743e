import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { unreadable } from '../../../adapters/docker-config/edit.ts';
import { helpersIn } from '../../../adapters/docker-config/entries.ts';
import { docker, misfitIn } from '../../../adapters/docker-config/types.ts';
import { type Installed, withHelper } from '../../clients/install.ts';
import { Failure } from '../../contract/failures.ts';
import { lookAlike } from '../../contract/look-alike.ts';
import { parseAddress } from '../../contract/registry.ts';
import { label, shownAddress, visible } from '../../contract/text.ts';
import { lendFiles } from '../../io/lent-files.ts';
import { configOptions, exit, type Io, readArgs, UsageError } from '../io.ts';
import { diffOf, masked } from './diff.ts';
import { dockerConfigFile, type HelpersConfig, hostsOf, isOnPath, program, readHelpersConfig } from './places.ts';

const options = { ...configOptions, 'dry-run': { type: 'boolean' } } as const;
const name = `docker-credential-${program}`;

/** `helper install [HOST...] [--dry-run]`: Docker's configuration of this user names the helper for every host. */
export async function helperInstall(args: string[], io: Io): Promise<number> {
  const { values, positionals } = readArgs(args, options, { allowPositionals: true });
  const { 'dry-run': dry, ...flags } = values;
  const config = await readHelpersConfig(flags, io);
  const hosts = [...new Set([...positionals.map(host => hostOf(host, config)), ...hostsOf(config)])];
  if (hosts.length === 0)
    throw new UsageError(['name the registries, as neither arguments nor the configuration do', ...config.notes].join('. '));
  const path = dockerConfigFile(io.env);
  const isThere = await isOnPath(program, io.env);
  if (!isThere && !dry) throw notOnPath(path);

  const files = lendFiles({ writes: dry ? 'refused' : 'allowed' });
  let before = '';
  let done: Installed | undefined;
  const change = (text: string | undefined): string => {
    demandReadable(path, text);
    before = text ?? '';
    done = withHelper(before, hosts, program);
    return done.text;
  };
  if (!dry) await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const request = { signal: io.signal };
  if (dry) change(await files.read(path, request));
  else await files.update(path, change, request);
  if (!done) return exit.ok;
  if (dry) io.stdout.write(visible(diffOf(masked(before), masked(done.text)).replaceAll('\t', '    ')) || `${path} needs no change.\n`);
  else io.stdout.write(summary(path, before, hosts, done));
  for (const note of config.notes) io.stderr.write(`Note: ${note}\n`);
  for (const note of notesOn({ path, text: done.text }, hosts, io)) io.stderr.write(`${note}\n`);
  if (!isThere) io.stderr.write(`${notOnPath(path).message} ${notOnPath(path).remedy}\n`);
  return exit.ok;
}

function hostOf(address: string, { aliases }: HelpersConfig): string {
  const registry = parseAddress(address, aliases)?.registry;
  const like = registry ? undefined : lookAlike(address);
  if (like) throw new UsageError(`${like.host} ${like.is}. ${like.remedy}`);
  if (!registry) throw new UsageError(`${shownAddress(address)} is no ECR registry: ACCOUNT.dkr.ecr.REGION.amazonaws.com is expected`);
  return registry.host;
}

/** Docker 29, crane, podman and others fail where the program of a helper is missing. */
const notOnPath = (path: string): Failure =>
  new Failure('MISCONFIGURED', `${name} is not on PATH: most clients would fail with it in ${path}.`, {
    remedy: `Put ${name} into a directory of PATH, where Docker and the others find it, too; if it is there for them already, call \`PATH="$PATH:DIRECTORY" ecr-courier helper install\`.`,
  });

function demandReadable(path: string, text: string | undefined): void {
  const wrong = text === undefined ? undefined : (unreadable(text, ['auths']) ?? unreadable(text, ['credHelpers']));
  if (wrong) throw new Failure('MISCONFIGURED', `${path} ${wrong.why}; it is left as it is.`, { remedy: wrong.remedy });
}

function summary(path: string, before: string, hosts: readonly string[], { text, logins, helpers }: Installed): string {
  const answered = `${name} answers for ${hosts.join(', ')}.\n`;
  if (text === before) return `${path} needs no change: ${answered}`;
  return [
    `${path}: ${answered}`,
    ...(logins.length > 0
      ? [`Removed the logins of ${logins.map(shownAddress).join(', ')}, which some clients send when the helper fails.\n`]
      : []),
    ...(helpers.length > 0 ? [`It takes the place of ${helpers.map(helper => `docker-credential-${label(helper)}`).join(', ')}.\n`] : []),
  ].join('');
}

/** What else has a say. */
function notesOn({ path, text }: { readonly path: string; readonly text: string }, hosts: readonly string[], { env }: Io): string[] {
  const { store } = helpersIn(text);
  const wrong = misfitIn(text, docker);
  const variable = env['DOCKER_AUTH_CONFIG'] ?? '';
  return [
    ...(wrong
      ? [`Note: ${path} ${wrong}: because of it docker 29, crane, nerdctl and others read nothing in this file. Correct or remove it.`]
      : []),
    ...(store !== undefined && store !== program
      ? [`Note: crane and nerdctl ask the credsStore docker-credential-${label(store)} before the helper of a host.`]
      : []),
    ...(hosts.some(host => variable.includes(host))
      ? ['Note: DOCKER_AUTH_CONFIG names these hosts. Docker 28.4 and later, and crane, take its login and ask no helper.']
      : []),
  ];
}
