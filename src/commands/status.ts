import { jsonText } from '../contract/text.ts';
import type { Status } from '../observe/status-view.ts';
import { findDaemon, somebodyElse } from './daemon.ts';
import { configOptions, exit, type Io, noSuch, readArgs } from './io.ts';
import { narrowed, statusTable } from './status-table.ts';
import { colors } from './terminal.ts';

/** The number of rows that fit a screen with the lines around them. */
const most = 15;

/** `status`: prints what the running daemon knows. Exits with 0 if it is ready, with 1 if not or if none runs. */
export async function status(args: string[], io: Io): Promise<number> {
  const { values } = readArgs(args, {
    ...configOptions,
    json: { type: 'boolean' },
    target: { type: 'string' },
    failing: { type: 'boolean' },
  });
  const { json, target, failing, ...rest } = values;
  const daemon = await findDaemon(rest, io);
  const { text, at } = await daemon.ask('/api/status');
  const known = statusIn(text);
  if (!known) throw somebodyElse(at);
  if (target !== undefined && !known.targets.some(({ name }) => name === target))
    throw noSuch(
      'target',
      target,
      known.targets.map(({ name }) => name),
    );
  const chosen = narrowed(known, { target });
  const isWhole = target === undefined && !failing;
  const asJson = (): string => (isWhole ? text : jsonText(narrowed(chosen, { failing })));
  io.stdout.write(json ? asJson() : statusTable(chosen, { color: colors(io.stdout, io.env), most, failing }));
  return chosen.ready ? exit.ok : exit.failed;
}

/** Parses the daemon's status; undefined if this version cannot read it. */
export function statusIn(text: string): Status | undefined {
  try {
    const said = JSON.parse(text) as Partial<Status> | null;
    // An earlier version of the daemon has no receivers.
    return said?.schema === 1 ? ({ receivers: [], ...said } as Partial<Status> as Status) : undefined;
  } catch {
    return undefined;
  }
}
