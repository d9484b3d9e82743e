import { askDaemon, socketPath } from './daemon.ts';
import { configOptions, exit, type Io, readArgs, readConfig } from './io.ts';

/** Makes the running daemon look at its targets, fetch anew and write every slot. It answers at once; `status` shows what came of it. */
export async function refresh(args: string[], io: Io): Promise<number> {
  const { values } = readArgs(args, { ...configOptions, target: { type: 'string' } });
  const { target, ...rest } = values;
  const config = await readConfig(rest, io);
  const path = `/-/refresh${target === undefined ? '' : `?target=${encodeURIComponent(target)}`}`;
  const said = await askDaemon(socketPath(config, io.env), 'POST', path, io.signal);
  io.stdout.write(said.text.endsWith('\n') ? said.text : `${said.text}\n`);
  return said.status < 300 ? exit.ok : exit.failed;
}
