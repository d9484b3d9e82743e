import { Secret } from '../src/contract/secret.ts';
import { ConfigError } from './config-error.ts';
import type { Values } from './field.ts';
import { readFiles } from './files.ts';
import { parseListen } from './formats.ts';
import { layersOf, type Places, pathsOf, type Rest, readGroup } from './groups.ts';
import type { Mistake } from './origin.ts';
import { type Report, settingOf, subjectOf } from './read.ts';
import { groups } from './schema.ts';
import { exposure, fileRef, type SecretRef, wrongSecret } from './secrets.ts';

/** Where a daemon listens. */
export interface Doors {
  readonly listen: { readonly host: string; readonly port: number };
  readonly socket?: string | undefined;
}

export interface Server extends Doors {
  readonly adminToken?: SecretRef | undefined;
  readonly publicUrl?: string | undefined;
}

/** The options that say where a daemon listens. */
const { listen, port, socket } = groups.server;
const doors = { listen, port, socket };

/**
 * Loads where the daemon of this configuration listens, as far as its files can be read. Mistakes elsewhere do not
 * matter. `chosen`: whether the configuration sets the port. `unread`: mistakes that may have hidden another answer.
 * Throws a ConfigError when one of these options itself is wrong, as the address could then be that of any daemon.
 */
export async function loadDoors(
  given: Places,
): Promise<{ readonly doors: Doors; readonly chosen: boolean; readonly unread: readonly Mistake[] }> {
  const hidden: Report = { mistakes: [], warnings: [], dangers: [], settings: [] };
  const files = await readFiles(pathsOf(given), hidden, 'kept');
  const report: Report = { mistakes: [], warnings: [], dangers: [], settings: [] };
  const layers = layersOf('server', doors, files, given).map(layer => new Map([...layer].filter(([key]) => Object.hasOwn(doors, key))));
  const read = readGroup('server', doors, layers, report);
  if (report.mistakes.length > 0) throw new ConfigError(report);
  const chosen = ['server.listen', 'server.port'].some(path => settingOf(report, path) !== 'default');
  return { doors: doorsOf(read), chosen, unread: hidden.mistakes };
}

/** Where the daemon listens. The rule of the table ensures that the text can be parsed. */
function doorsOf({ listen, port, socket }: Values<typeof doors>): Doors {
  const parsed = parseListen(listen) as Doors['listen'];
  return { listen: { ...parsed, port: port ?? parsed.port }, socket };
}

/** Completes the group `server`, and checks its secrets. */
export async function serverOf(
  { adminToken, adminTokenFile, ...rest }: Values<typeof groups.server> & Rest,
  report: Report,
): Promise<Server> {
  const file = typeof adminTokenFile === 'string' ? adminTokenFile : undefined;
  const wrong = adminToken ? wrongSecret('adminToken', adminToken) : undefined;
  if (wrong && 'mistake' in wrong)
    report.mistakes.push({ path: 'server.adminToken', origin: settingOf(report, 'server.adminToken'), message: wrong.mistake });
  const warning = file && (await exposure(file));
  if (warning) report.warnings.push(`${subjectOf(report, 'server.adminTokenFile')}: ${warning}`);
  return {
    ...doorsOf(rest),
    publicUrl: rest.publicUrl?.replace(/\/+$/, ''),
    adminToken: file
      ? fileRef(file, settingOf(report, 'server.adminTokenFile'))
      : adminToken
        ? { secret: new Secret(adminToken) }
        : undefined,
  };
}
