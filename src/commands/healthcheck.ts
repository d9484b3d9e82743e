import { findDaemon, somebodyElse } from './daemon.ts';
import { configOptions, exit, type Io, readArgs } from './io.ts';

/** Deadline for a daemon that does not respond, in milliseconds: the image's HEALTHCHECK has 10 s. */
const patience = 4_000;

/** Serves HEALTHCHECK and probes: exit 0 if the daemon is live, or with --ready if it is ready. */
export async function healthcheck(args: string[], io: Io): Promise<number> {
  const { values } = readArgs(args, { ...configOptions, ready: { type: 'boolean' } });
  const { ready, ...rest } = values;
  const daemon = await findDaemon(rest, io);
  const { status, text, at } = await daemon.ask(ready ? '/readyz' : '/livez', patience);
  // Another program on this port may return 200 for every path.
  if (!(ready ? /^(not )?ready\b/ : /^(not )?live\b/).test(text)) throw somebodyElse(at);
  io.stdout.write(text);
  return status === 200 ? exit.ok : exit.failed;
}
