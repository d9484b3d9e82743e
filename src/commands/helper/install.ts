import { resolve } from 'node:path';
import { entriesIn, helpersIn, readEntry } from '../../../adapters/docker-config/entries.ts';
import { docker, misfitIn } from '../../../adapters/docker-config/types.ts';
import { patternsIn, withHelper, withoutRivals } from '../../clients/install.ts';
import { asFailure, Failure } from '../../contract/failures.ts';
import { lookAlike } from '../../contract/look-alike.ts';
import { type Address, parseAddress } from '../../contract/registry.ts';
import { label, shownAddress, visible } from '../../contract/text.ts';
import { configOptions, exit, type Io, readArgs, UsageError } from '../io.ts';
import { dockerConfigFile, podmanFiles } from './client-files.ts';
import { diffOf, masked } from './diff.ts';
import { type HelpersConfig, hostsOf, isOnPath, program, readHelpersConfig } from './places.ts';
import { isChanged, type Rewrite, type Rewritten, rewriter } from './rewrite.ts';

const options = { ...configOptions, 'dry-run': { type: 'boolean' } } as const;
const name = `docker-credential-${program}`;

/** `helper install [HOST...] [--dry-run]`: Docker's configuration of this user names the helper for every host. */
export async function helperInstall(args: string[], io: Io): Promise<number> {
  const { values, positionals } = readArgs(args, options, { allowPositionals: true });
  const { 'dry-run': dry, ...flags } = values;
  const config = await readHelpersConfig(flags, io);
  const odd = positionals.filter(host => isSpelledOtherwise(parseAddress(host, config.aliases)));
  const hosts = [...new Set([...positionals.map(host => hostOf(host, config)), ...hostsOf(config)])];
  if (hosts.length === 0)
    throw new UsageError(['name the registries, as neither arguments nor the configuration do', ...config.notes].join('. '));
  const path = dockerConfigFile(io.env);
  const isThere = await isOnPath(program, io.env);
  if (!isThere && !dry) throw notOnPath(path);

  const rewrite = rewriter(dry ? 'rehearse' : 'write', io.signal);
  const own = await rewrite({ path, role: 'docker' }, text => withHelper(text, hosts, program));
  const podman = await besideDocker(hosts, rewrite, io);
  const changes = [...(own ? [own] : []), ...podman.changes];
  for (const change of changes) io.stdout.write(dry ? shownDiff(change) : summary(change, hosts));
  for (const note of [...odd.map(toOthers), ...config.notes, ...podman.notes, ...notesOn(changes, hosts, io)])
    io.stderr.write(`Note: ${note}\n`);
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

const isSpelledOtherwise = (address: Address | undefined): boolean => address !== undefined && address.spelled !== address.registry.host;

const toOthers = (address: string): string =>
  `The helper is named for the host alone. Clients take ${shownAddress(address)} for another registry, and do not ask the helper for it: write images in lower case, and without a port if that is 443.`;

/** Docker 29, crane, podman and others fail where the program of a helper is missing. */
const notOnPath = (path: string): Failure =>
  new Failure('MISCONFIGURED', `${name} is not on PATH: most clients would fail with it in ${path}.`, {
    remedy: `Put ${name} into a directory of PATH, where Docker and the others find it, too; if it is there for them already, call \`PATH="$PATH:DIRECTORY" ecr-courier helper install\`.`,
  });

/** Podman and its kin read files of their own first. What is wrong with these prevents nothing for the others. */
async function besideDocker(hosts: readonly string[], rewrite: Rewrite, { env }: Io) {
  const changes: Rewritten[] = [];
  const notes: string[] = [];
  for (const file of podmanFiles(env).filter(({ path }) => resolve(path) !== resolve(dockerConfigFile(env)))) {
    const edit = file.role === 'alone' ? withHelper : withoutRivals;
    try {
      const change = await rewrite(file, text => edit(text, hosts, program));
      if (change) changes.push(change);
    } catch (error) {
      const { message, remedy } = asFailure(error);
      notes.push(`${message} podman and skopeo read this file first. ${remedy}`);
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

/** The rest of a sentence on an entry that stops clients for all hosts. */
function brokenEntryIn(text: string): string | undefined {
  const [first] = entriesIn(text, ['auths']).flatMap(({ key, value }) => {
    const { broken } = readEntry(value);
    return broken === undefined ? [] : [`has an entry ${shownAddress(key)} that ${broken}`];
  });
  return first;
}

/** What else has a say. */
function notesOn(changes: readonly Rewritten[], hosts: readonly string[], { env }: Io): string[] {
  const { path, done } = changes.find(({ role }) => role === 'docker') ?? {};
  const text = done?.text ?? '';
  const { store } = helpersIn(text);
  const wrong = misfitIn(text, docker) ?? brokenEntryIn(text);
  const variable = env['DOCKER_AUTH_CONFIG'] ?? '';
  return [
    ...(wrong
      ? [`${path} ${wrong}: because of it docker 29, crane, nerdctl and others read nothing in this file. Correct or remove it.`]
      : []),
    ...(store !== undefined && store !== program
      ? [`crane and nerdctl ask the credsStore docker-credential-${label(store)} before the helper of a host.`]
      : []),
    ...(hosts.some(host => variable.includes(host))
      ? [
          'DOCKER_AUTH_CONFIG names these hosts. Docker 28.4 and later, crane, nerdctl, regctl and testcontainers take its login and ask no helper.',
        ]
      : []),
    ...changes.flatMap(({ path, done }) =>
      patternsIn(done.text, hosts).map(
        key =>
          `The login of ${shownAddress(key)} stays in ${path}, as it may be for other hosts: the kubelet sends it. Remove it if it is old.`,
      ),
    ),
  ];
}
