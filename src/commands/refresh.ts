import { findDaemon, somebodyElse } from './daemon.ts';
import { configOptions, exit, type Io, readArgs } from './io.ts';

/**
 * `refresh`: makes the running daemon discover its targets and write every slot. Returns immediately; `status` shows
 * the result.
 */
export async function refresh(args: string[], io: Io): Promise<number> {
  const { values } = readArgs(args, { ...configOptions, target: { type: 'string' } });
  const { target, ...rest } = values;
  const daemon = await findDaemon(rest, io);
  const said = await daemon.askSocket('POST', `/-/refresh${target === undefined ? '' : `?target=${encodeURIComponent(target)}`}`);
  const result = resultIn(said.text);
  if (!result) throw somebodyElse(said.at);
  (result.ok ? io.stdout : io.stderr).write(`${result.message}\n`);
  return result.ok ? exit.ok : exit.failed;
}

function resultIn(text: string): { readonly ok: boolean; readonly message: string } | undefined {
  try {
    const { ok, message } = JSON.parse(text) as { ok?: unknown; message?: unknown };
    return typeof ok === 'boolean' && typeof message === 'string' ? { ok, message } : undefined;
  } catch {
    return undefined;
  }
}
