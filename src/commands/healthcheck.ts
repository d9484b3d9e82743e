import { askDaemon, askDoor, socketPath } from './daemon.ts';
import { configOptions, exit, type Io, readArgs, readConfig } from './io.ts';
import { doorOf, somebodyElse } from './status.ts';

/** One that stands still answers neither at the door nor at the socket: both together are less than the 10 s that the image's HEALTHCHECK has. */
const patience = 4_000;

/** For HEALTHCHECK and probes: exit 0 when the daemon lives, or with --ready when it is ready. Looks at its HTTP door, then at its socket. */
export async function healthcheck(args: string[], io: Io): Promise<number> {
  const { values } = readArgs(args, { ...configOptions, ready: { type: 'boolean' } });
  const { ready, ...rest } = values;
  const config = await readConfig(rest, io);
  const path = ready ? '/readyz' : '/livez';
  const socket = socketPath(config, io.env);
  const { status, text, at } = await askDoor(config, path, io.signal, patience).then(
    said => ({ ...said, at: doorOf(config) }),
    async () => ({ ...(await askDaemon(socket, 'GET', path, io.signal, patience)), at: socket }),
  );
  // Another program on this port may say 200 to everything.
  if (!(ready ? /^(not )?ready\b/ : /^(not )?live\b/).test(text)) throw somebodyElse(at);
  io.stdout.write(text);
  return status === 200 ? exit.ok : exit.failed;
}
