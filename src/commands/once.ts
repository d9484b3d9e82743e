import { type App, createApp } from '../app.ts';
import { clock } from '../contract/clock.ts';
import { jsonText } from '../contract/text.ts';
import { createLog } from '../io/log.ts';
import { owedTo, type SlotView } from '../observe/status-view.ts';
import { configOptions, exit, type Io, readArgs, readConfigWithTargets } from './io.ts';
import { printNotes, printWarnings } from './notes.ts';
import { openProgress } from './progress.ts';
import { resultTable } from './table.ts';
import { colors, isCapable, openStatusLine } from './terminal.ts';
import { sayWaiting, waitingFor } from './waiting.ts';

/** `once`: discovers, fetches and delivers once. */
export const once = (args: string[], io: Io): Promise<number> => doOnce(args, io, {});

/**
 * `check` without images: discovers, fetches, proves, and tells what would be written to each slot. The HTTP layer
 * blocks all writes.
 */
export const rehearse = (args: string[], io: Io): Promise<number> => doOnce(args, io, { rehearse: true });

async function doOnce(args: string[], io: Io, { rehearse = false }: { readonly rehearse?: boolean }): Promise<number> {
  const { values } = readArgs(args, { ...configOptions, json: { type: 'boolean' } });
  const { json, ...rest } = values;
  const config = await readConfigWithTargets(rest, io);
  // The table at the end has everything that the log would say.
  const level = rest['log-level'] === undefined ? 'silent' : config.log.level;
  const log = createLog({ to: io.stderr, format: config.log.format, level, color: colors(io.stderr, io.env) });
  if (level === 'silent') printWarnings(config, io);
  await printNotes(config, io);
  // A status line cannot be replaced among lines of a log.
  const line = openStatusLine(io.stderr, { replaces: level === 'silent' && isCapable(io.stderr, io.env) });
  const progress = openProgress(line);
  const app = createApp(config, { clock, log, env: io.env, rehearse, heard: progress.heard });
  const ended = new AbortController();
  void sayWaiting(() => waitingFor(app.courier.ledger), line, clock, ended.signal);
  await app.once(io.signal).finally(() => ended.abort());
  line.end();
  const status = app.status();
  io.stdout.write(json ? jsonText(status) : resultTable(app.courier.ledger, status, { rehearse, color: colors(io.stdout, io.env) }));
  if (!io.signal.aborted) return rehearse && hasError(app) ? atMostPartly(verdict(app)) : verdict(app);
  io.stderr.write('The command was stopped before its end. Slots that it did not reach are shown as last known.\n');
  return atMostPartly(verdict(app));
}

const atMostPartly = (code: number): number => (code === exit.ok ? exit.partly : code);

/** What is fresh now is not tried by a rehearsal, so what threatens its renewal is told by a finding alone. */
const hasError = (app: App): boolean =>
  app
    .status()
    .targets.some(({ findings, slots }) => [...findings, ...slots.flatMap(slot => slot.findings)].some(one => one.severity === 'error'));

/**
 * The exit code. 0: every slot is known to hold a valid credential that no registry has refused. 1: no slot does, or
 * there is none. 3: some do.
 */
function verdict(app: App): number {
  const { targets, credentials } = app.status();
  // A registry without a source is a finding, not a failure.
  const slots = targets.flatMap(target => target.slots).filter(slot => owedTo(slot).length > 0);
  const isFine = (slot: SlotView) => slot.state === 'ok' || (slot.waits && owedTo(slot).every(({ valid }) => valid));
  const fine = slots.filter(isFine).length;
  const unproven = (slot: SlotView) => slot.registries.some(holding => holding.proven === false);
  const wrong = slots.some(slot => (!isFine(slot) && slot.state !== 'absent') || unproven(slot));
  const broken = targets.some(target => target.state === 'failing') || credentials.some(credential => credential.state === 'failing');
  if (fine === 0) return exit.failed;
  return wrong || broken ? exit.partly : exit.ok;
}
