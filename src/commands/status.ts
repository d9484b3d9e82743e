import type { Status } from '../observe/status-view.ts';
import { askDaemon, askDoor, type Said, socketPath } from './daemon.ts';
import { colors, configOptions, exit, type Io, readArgs, readConfig } from './io.ts';
import { statusTable } from './table.ts';

/** What the running daemon knows. Exit 0 when it is ready, 1 when not or when there is none. */
export async function status(args: string[], io: Io): Promise<number> {
  const { values } = readArgs(args, { ...configOptions, json: { type: 'boolean' } });
  const { json, ...rest } = values;
  const config = await readConfig(rest, io);
  const path = '/api/status';
  const said: Said = await askDaemon(socketPath(config, io.env), 'GET', path, io.signal).catch(() => askDoor(config, path, io.signal));
  const known = JSON.parse(said.text) as Status;
  io.stdout.write(json ? said.text : statusTable(known, colors(io.stdout, io.env)));
  return known.ready ? exit.ok : exit.failed;
}
