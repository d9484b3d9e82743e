import type { Status } from '../observe/status-view.ts';
import { findDaemon, somebodyElse } from './daemon.ts';
import { colors, configOptions, exit, type Io, readArgs } from './io.ts';
import { statusTable } from './table.ts';

/** What the running daemon knows. Exit 0 when it is ready, 1 when not or when there is none. */
export async function status(args: string[], io: Io): Promise<number> {
  const { values } = readArgs(args, { ...configOptions, json: { type: 'boolean' } });
  const { json, ...rest } = values;
  const daemon = await findDaemon(rest, io);
  const { text, at } = await daemon.ask('/api/status');
  const known = statusIn(text);
  if (!known) throw somebodyElse(at);
  io.stdout.write(json ? text : statusTable(known, { color: colors(io.stdout, io.env) }));
  return known.ready ? exit.ok : exit.failed;
}

/** The status in an answer; undefined: it is none that this version can read. */
export function statusIn(text: string): Status | undefined {
  try {
    const said = JSON.parse(text) as Partial<Status> | null;
    // A daemon of an earlier version knows no receivers.
    return said?.schema === 1 ? ({ receivers: [], ...said } as Partial<Status> as Status) : undefined;
  } catch {
    return undefined;
  }
}
