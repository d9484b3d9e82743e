import type { Config } from '../../config/load.ts';
import { Failure } from '../contract/failures.ts';
import type { Status } from '../observe/status-view.ts';
import { askDaemon, askDoor, socketPath } from './daemon.ts';
import { colors, configOptions, exit, type Io, readArgs, readConfig } from './io.ts';
import { statusTable } from './table.ts';

/** What the running daemon knows. Exit 0 when it is ready, 1 when not or when there is none. */
export async function status(args: string[], io: Io): Promise<number> {
  const { values } = readArgs(args, { ...configOptions, json: { type: 'boolean' } });
  const { json, ...rest } = values;
  const config = await readConfig(rest, io);
  const path = '/api/status';
  const socket = socketPath(config, io.env);
  const { text, at } = await askDaemon(socket, 'GET', path, io.signal).then(
    said => ({ ...said, at: socket }),
    async () => ({ ...(await askDoor(config, path, io.signal)), at: doorOf(config) }),
  );
  const known = statusIn(text);
  if (!known) throw somebodyElse(at);
  io.stdout.write(json ? text : statusTable(known, colors(io.stdout, io.env)));
  return known.ready ? exit.ok : exit.failed;
}

/** undefined: it is none that this version can read. */
function statusIn(text: string): Status | undefined {
  try {
    const said = JSON.parse(text) as Partial<Status> | null;
    return said?.schema === 1 ? (said as Status) : undefined;
  } catch {
    return undefined;
  }
}

export function doorOf({ server: { listen } }: Config): string {
  return `${listen.host.includes(':') ? `[${listen.host}]` : listen.host}:${listen.port}`;
}

/** The port is another program's. */
export function somebodyElse(at: string): Failure {
  return new Failure('UNEXPECTED', `Something else than ecr-courier answers at ${at}.`, {
    remedy: 'Give this command the ECR_COURIER_LISTEN (or the configuration file) of the daemon.',
  });
}
