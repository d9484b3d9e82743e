import { askDaemon, askDoor, socketPath } from './daemon.ts';
import { configOptions, exit, type Io, readArgs, readConfig } from './io.ts';

/** For HEALTHCHECK and probes: exit 0 when the daemon lives, or with --ready when it is ready. Looks at its HTTP door, then at its socket. */
export async function healthcheck(args: string[], io: Io): Promise<number> {
  const { values } = readArgs(args, { ...configOptions, ready: { type: 'boolean' } });
  const { ready, ...rest } = values;
  const config = await readConfig(rest, io);
  const path = ready ? '/readyz' : '/livez';
  const said = await askDoor(config, path, io.signal).catch(() => askDaemon(socketPath(config, io.env), 'GET', path, io.signal));
  io.stdout.write(said.text.endsWith('\n') ? said.text : `${said.text}\n`);
  return said.status === 200 ? exit.ok : exit.failed;
}
