import { firstValue, membersAt, valueOf } from '../../../adapters/common/json-text.ts';
import { narrowed, unreadable, withoutMark } from '../../../adapters/docker-config/edit.ts';
import { relationOf } from '../../../adapters/docker-config/entries.ts';
import { type Diagnosis, diagnose } from '../../clients/diagnosis.ts';
import { withNumbers } from '../../clients/file.ts';
import type { Image } from '../../clients/keys.ts';
import type { Lying } from '../../clients/predict.ts';
import { dropped } from '../../clients/variable.ts';
import { clock } from '../../contract/clock.ts';
import { asFailure } from '../../contract/failures.ts';
import { parseAddress } from '../../contract/registry.ts';
import { jsonText, shownAddress } from '../../contract/text.ts';
import { readText } from '../../io/files.ts';
import { lendFiles } from '../../io/lent-files.ts';
import { hostsListed } from '../../pull/list.ts';
import { configOptions, exit, type Io, readArgs, UsageError } from '../io.ts';
import { podmanFiles, searched } from './client-files.ts';
import { addressOf, type HelpersConfig, hostsOf, isOnPath, readHelpersConfig } from './places.ts';

/** A file, with its content if it is readable. */
interface Read extends Lying {
  readonly path: string;
  readonly kind: 'file' | 'folder' | 'none';
  readonly trouble?: string;
}

/** `helper doctor [HOST...] [--json]`: tells what each registry client would send. Only reads files. */
export async function helperDoctor(args: string[], io: Io): Promise<number> {
  const { values, positionals } = readArgs(args, { ...configOptions, json: { type: 'boolean' } }, { allowPositionals: true });
  const { json, ...flags } = values;
  const config = await readHelpersConfig(flags, io);
  const { docker, files, ...places } = await readAll(io);
  const images = imagesOf(positionals, config, files);
  if (images.length === 0)
    throw new UsageError(['name a registry, as neither the files nor the configuration do', ...config.notes].join('. '));
  const variable = io.env['DOCKER_AUTH_CONFIG'];
  const onPath = await programsOnPath([...files, { path: 'DOCKER_AUTH_CONFIG', kind: 'none', text: variable }], io);
  const isListed = await listedBy(io.env);
  const found = { docker, ...places, variable, onPath, isListed, now: clock.wall() };
  const told = images.map(image => ({ host: image.host, clients: diagnose(image, found) }));
  const notes = [...notesOn(files, images, variable), ...config.notes];
  if (json) io.stdout.write(jsonText({ files: files.map(({ path, kind }) => ({ path, there: kind !== 'none' })), hosts: told, notes }));
  else io.stdout.write(`${[...told.map(({ host, clients }) => shown(host, clients)), ...notes.map(note => `Note: ${note}`)].join('\n')}\n`);
  return told.some(({ clients }) => clients.some(({ verdict }) => verdict === 'bad')) ? exit.failed : exit.ok;
}

/** Reads every file that a client looks into, each once. `files`: the ones to show. */
async function readAll(io: Io) {
  const { podman, skopeo, crane, dockercfg, ...more } = searched(io.env);
  const paths = [crane.docker, ...crane.isDockers, ...crane.others, ...podman, ...skopeo, ...more['docker-py'], dockercfg];
  const all = new Map<string, Read>();
  for (const path of new Set(paths)) all.set(path, await read(path, io));
  const at = (path: string): Read => all.get(path) ?? { path, kind: 'none', text: undefined };
  const shown = [crane.docker, ...podmanFiles(io.env).map(({ path }) => path)];
  const further = [...all.values()].filter(({ path, kind }) => kind !== 'none' && !shown.includes(path));
  const docker = at(crane.docker);
  const isFile = (path: string): boolean => at(path).kind === 'file';
  const other = crane.others.find(isFile);
  return {
    docker,
    files: [...new Set(shown)].map(at).concat(further),
    crane: crane.isDockers.some(isFile) ? docker : other === undefined ? undefined : at(other),
    places: { podman: podman.map(at), skopeo: skopeo.map(at), 'docker-py': more['docker-py'].map(at) },
    dockercfg: at(dockercfg),
  };
}

async function read(path: string, { signal }: Io): Promise<Read> {
  const old = path.endsWith('.dockercfg') ? ({ isDockercfg: true } as const) : {};
  try {
    const text = await lendFiles({ writes: 'refused' }).read(path, { signal });
    return { path, kind: text === undefined ? 'none' : 'file', text, ...old };
  } catch (error) {
    const { code, message, cause } = asFailure(error);
    // The clients read it.
    if (code === 'TOO_LARGE') throw error;
    const isFolder = await lendFiles({ writes: 'refused' })
      .stat(path, { signal })
      .then(
        facts => facts?.kind === 'directory',
        () => false,
      );
    if (isFolder) return { path, kind: 'folder', text: undefined, unreadable: 'is a folder', trouble: message };
    // Clients decode invalid UTF-8 differently.
    const text = cause instanceof TypeError ? await readText(path, mostBytes).catch(() => undefined) : undefined;
    const unreadable = text === undefined ? { unreadable: 'cannot be read' } : {};
    return { path, kind: 'file', text, ...unreadable, trouble: message, ...old };
  }
}

const mostBytes = 4 * 1024 * 1024;

/** The images to diagnose, each with its repository if the user named one. */
function imagesOf(named: readonly string[], config: HelpersConfig, files: readonly Read[]): Image[] {
  const { aliases } = config;
  const registryOf = (address: string): string | undefined => parseAddress(address, aliases)?.registry.host;
  if (named.length > 0)
    return named.map(address => ({
      host: addressOf(address, config).spelled,
      repository: address
        .replace(/^[a-z][a-z0-9+.-]*:\/\//i, '')
        .replace(/^[^/]*\/?/, '')
        .replace(/(:[^/]*|@.*)$/, ''),
    }));
  const inFiles = files.flatMap(keysOf).flatMap(key => registryOf(key) ?? []);
  return [...new Set([...hostsOf(config), ...inFiles])].sort().map(host => ({ host, repository: '' }));
}

/** The first JSON value of the file. Some clients accept text after it. */
const jsonOf = ({ text = '' }: Read): string => firstValue(withNumbers(narrowed(text) ?? withoutMark(text))) ?? '';

const keysOf = (file: Read): string[] => ['auths', 'credhelpers'].flatMap(name => membersAt(jsonOf(file), [name])).map(({ key }) => key);

async function programsOnPath(files: readonly Read[], { env }: Io): Promise<(program: string) => boolean> {
  const named = files.flatMap(file => {
    const json = jsonOf(file);
    // If there are several, clients differ in the one that they use.
    const stores = membersAt(json, []).filter(({ key }) => key.toLowerCase() === 'credsstore');
    return [...membersAt(json, ['credhelpers']), ...stores].map(member => valueOf(json, member)).filter(value => typeof value === 'string');
  });
  const there = new Set<string>();
  for (const program of new Set(named)) if (program !== '' && !/[/\\]/.test(program) && (await isOnPath(program, env))) there.add(program);
  return program => there.has(program);
}

/** The hosts that the helper lists in this environment; none if it cannot read its configuration. */
async function listedBy(env: Io['env']): Promise<(host: string) => boolean> {
  const listed = new Map(await hostsListed({ env, clock }).catch(() => []));
  return host => listed.has(host);
}

function notesOn(files: readonly Read[], images: readonly Image[], variable: string | undefined): string[] {
  const troubles = files.flatMap(({ path, text, trouble }) => {
    const wrong = text === undefined ? undefined : unreadable(text, ['auths']);
    return trouble ?? (wrong ? `${path} ${wrong.why}. ${wrong.remedy}` : []);
  });
  const paths = files
    .flatMap(keysOf)
    .filter(key => images.some(({ host, repository }) => repository === '' && relationOf(key, host) === 'path'));
  const why = variable ? dropped(variable) : undefined;
  return [
    ...troubles,
    ...new Set(images.flatMap(({ host }) => spelledOtherwise(host))),
    ...[...new Set(paths)].map(key => `The entry ${shownAddress(key)} is for a path. Name the host with a repository to see who takes it.`),
    ...(why ? [`DOCKER_AUTH_CONFIG is dropped as a whole by Docker and crane: ${why}.`] : []),
  ];
}

/** Spellings that make a host another registry to clients, and the spelling to use instead. */
const spellings = [
  [/[A-Z]/, 'in lower case'],
  [/\.(:\d+)?$/, 'without the dot at its end'],
  [/:\d+$/, 'without the port, if that is 443'],
] as const;

/** Notes on the spelling of a host, because clients look up the host exactly as the image has it. */
function spelledOtherwise(host: string): string[] {
  const bare = host.toLowerCase().replace(/\.?(:\d+)?$/, '');
  if (bare === host) return [];
  const cures = spellings.flatMap(([form, cure]) => (form.test(host) ? cure : []));
  return [`Most clients take ${host} for another registry than ${bare}: write it ${cures.join(' and ')}.`];
}

/** Clients that behave alike share a line. */
function shown(host: string, clients: readonly Diagnosis[]): string {
  const groups = Map.groupBy(clients, ({ does, otherwise }) => `${does}${otherwise ? `; if that fails it ${otherwise}` : ''}`);
  return [host, ...[...groups].map(([does, ones]) => `  ${ones.map(({ name }) => name).join(', ')}:\n    ${does}`), ''].join('\n');
}
