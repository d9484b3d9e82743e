import { jsonText } from '../contract/text.ts';
import type { Status } from '../observe/status-view.ts';
import { findDaemon, somebodyElse } from './daemon.ts';
import { configOptions, exit, type Io, noSuch, readArgs } from './io.ts';
import { narrowed, statusTable } from './status-table.ts';
import { colors } from './terminal.ts';

/** With the lines around them they fit a screen. */
const most = 15;

/** What the running daemon knows. Exit 0 when it is ready, 1 when not or when there is none. */
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
