import { Failure } from '../contract/failures.ts';
import type { Status } from '../observe/status-view.ts';
import { askDaemon, askDoor, type Doors, socketPath } from './daemon.ts';
import { colors, configOptions, exit, type Io, readArgs, readConfig } from './io.ts';
import { statusTable } from './table.ts';

/** What the running daemon knows. Exit 0 when it is ready, 1 when not or when there is none. */
export async function status(args: string[], io: Io): Promise<number> {
  const { values } = readArgs(args, { ...configOptions, json: { type: 'boolean' } });
  const { json, ...rest } = values;
  const config = await readConfig(rest, io);
  const path = '/api/status';
  const socket = socketPath(config, io.env);
  const bySocket = async () => ({ ...(await askDaemon(socket, 'GET', path, io.signal)), at: socket });
  const byDoor = async () => ({ ...(await askDoor(config, path, io.signal)), at: doorOf(config) });
  // Whoever names a port means that daemon, not the one that has the socket.
  const { text, at } = await (rest.listen === undefined ? bySocket().catch(byDoor) : byDoor());
  const known = statusIn(text);
  if (!known) throw somebodyElse(at);
  io.stdout.write(json ? text : statusTable(known, colors(io.stdout, io.env)));
  return known.ready ? exit.ok : exit.failed;
}

/** The status in an answer; undefined: it is none that this version can read. */
export function statusIn(text: string): Status | undefined {
  try {
    const said = JSON.parse(text) as Partial<Status> | null;
    return said?.schema === 1 ? (said as Status) : undefined;
  } catch {
    return undefined;
  }
}

export function doorOf({ server: { listen } }: Doors): string {
  return `${listen.host.includes(':') ? `[${listen.host}]` : listen.host}:${listen.port}`;
}

/** The port is another program's. */
export function somebodyElse(at: string): Failure {
  return new Failure('UNEXPECTED', `Something else than ecr-courier answers at ${at}.`, {
    remedy: 'Give this command the ECR_COURIER_LISTEN (or the configuration file) of the daemon.',
  });
}
