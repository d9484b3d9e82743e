import { dirname, resolve } from 'node:path';
import { withHelper, withoutRivals } from '../../clients/install.ts';
import { asFailure, Failure } from '../../contract/failures.ts';
import { label, shownAddress, visible } from '../../contract/text.ts';
import { lendFiles } from '../../io/lent-files.ts';
import { configOptions, exit, type Io, readArgs, UsageError } from '../io.ts';
import { dockerConfigFile, podmanFiles } from './client-files.ts';
import { diffOf, masked } from './diff.ts';
import { absentBeside, notesOn, otherSpellings, unwrittenBeside, withoutSource } from './notes.ts';
import { addressOf, hostsOf, isOnPath, program, readHelpersConfig } from './places.ts';
import { isChanged, type Rewrite, type Rewritten, rewriter } from './rewrite.ts';

const options = { ...configOptions, 'dry-run': { type: 'boolean' } } as const;
const name = `docker-credential-${program}`;

/** `helper install [HOST...] [--dry-run]`: names the helper for every host in this user's Docker configuration. */
export async function helperInstall(args: string[], io: Io): Promise<number> {
  const { values, positionals } = readArgs(args, options, { allowPositionals: true });
  const { 'dry-run': dry, ...flags } = values;
  const config = await readHelpersConfig(flags, io);
  const addresses = positionals.map(host => addressOf(host, config));
  const hosts = [...new Set([...addresses.map(({ registry }) => registry.host), ...hostsOf(config)])];
  if (hosts.length === 0)
    throw new UsageError(['name the registries, as neither arguments nor the configuration do', ...config.notes].join('. '));
  const path = dockerConfigFile(io.env);
  const isThere = await isOnPath(program, io.env);
  if (!isThere && !dry) throw notOnPath(path);
  await demandDirectory(path, io);

  const rewrite = rewriter(dry ? 'rehearse' : 'write', io.signal, lendFiles({ writes: dry ? 'refused' : 'allowed' }));
  const own = await rewrite({ path, role: 'docker' }, text => withHelper(text, hosts, program));
  const podman = await besideDocker(hosts, rewrite, io);
  const changes = [...(own ? [own] : []), ...podman.changes];
  for (const change of changes) io.stdout.write(dry ? shownDiff(change) : summary(change, hosts));
  const notes = [
    ...otherSpellings(addresses),
    ...withoutSource(hosts, config),
    ...config.notes,
    ...podman.notes,
    ...notesOn(changes, hosts, io),
  ];
  for (const note of notes) io.stderr.write(`Note: ${note}\n`);
  if (!isThere) io.stderr.write(`${notOnPath(path).message} ${notOnPath(path).remedy}\n`);
  for (const { refused } of changes) if (refused) throw refused;
  return exit.ok;
}

/** DOCKER_CONFIG names a directory, but users often set it to the file. */
async function demandDirectory(path: string, { env, signal }: Io): Promise<void> {
  const { DOCKER_CONFIG: named } = env;
  const facts = named
    ? await lendFiles({ writes: 'refused' })
        .stat(named, { signal })
        .catch(() => undefined)
    : undefined;
  if (facts?.kind === 'file')
    throw new Failure('MISCONFIGURED', `DOCKER_CONFIG is ${named}, a file: Docker looks for ${path}, and finds nothing.`, {
      remedy: `Let it name the directory: DOCKER_CONFIG=${dirname(resolve(named ?? ''))}.`,
    });
}

/** Docker 29, crane, podman and other clients fail if a configured helper is not on PATH. */
const notOnPath = (path: string): Failure =>
  new Failure('MISCONFIGURED', `${name} is not on PATH: most clients would fail with it in ${path}.`, {
    remedy: `Put ${name} into a directory of PATH, where Docker and the others find it, too; if it is there for them already, call \`PATH="$PATH:DIRECTORY" ecr-courier helper install\`.`,
  });

/** Rewrites the files that podman, skopeo and buildah read first. A failure there does not affect the other files. */
async function besideDocker(hosts: readonly string[], rewrite: Rewrite, { env }: Io) {
  const changes: Rewritten[] = [];
  const notes: string[] = [];
  for (const file of podmanFiles(env).filter(({ path }) => resolve(path) !== resolve(dockerConfigFile(env)))) {
    const edit = file.role === 'alone' ? withHelper : withoutRivals;
    try {
      const change = await rewrite(file, text => edit(text, hosts, program));
      if (change) changes.push(change);
      else if (file.role === 'alone') notes.push(absentBeside(file));
    } catch (error) {
      notes.push(unwrittenBeside(file, asFailure(error)));
    }
  }
  return { changes, notes };
}

const whySent: Readonly<Record<Rewritten['role'], string>> = {
  docker: 'which some clients send when the helper fails',
  alone: 'which podman and skopeo send when the helper fails',
  first: 'which podman and skopeo send instead of asking the helper',
};

function summary(change: Rewritten, hosts: readonly string[]): string {
  const { path, role, done } = change;
  const answers = role === 'first' ? '' : `${name} answers for ${hosts.join(', ')}.`;
  if (!isChanged(change)) return answers && `${path} needs no change: ${answers}\n`;
  const { logins, helpers } = done;
  const former = helpers.map(helper => `docker-credential-${label(helper)}`).join(', ');
  const sentences = [
    answers,
    logins.length > 0 ? `Removed the logins of ${logins.map(shownAddress).join(', ')}, ${whySent[role]}.` : '',
    former && (answers ? `It takes the place of ${former}.` : `Removed ${former}, which podman and skopeo ask first.`),
  ].filter(Boolean);
  return `${path}: ${sentences.join('\n')}\n`;
}

function shownDiff(change: Rewritten): string {
  const { path, role, before, done } = change;
  const diff = isChanged(change) ? visible(diffOf(masked(before), masked(done.text)).replaceAll('\t', '    ')) : '';
  if (!diff) return role === 'first' ? '' : `${path} needs no change.\n`;
  return role === 'docker' ? diff : `${path}:\n${diff}`;
}
