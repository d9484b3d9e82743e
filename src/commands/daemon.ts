import { lstat, stat } from 'node:fs/promises';
import { type RequestOptions, request } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type Doors, loadDoors } from '../../config/doors.ts';
import { formatListen, parseListen } from '../../config/formats.ts';
import { groups } from '../../config/schema.ts';
import { Failure } from '../contract/failures.ts';
import type { ConfigFlags, Io } from './io.ts';

/**
 * The path of the daemon's unix socket: the configured one, else one in the runtime directory of systemd or of the
 * user, else one in the temporary directory. The name contains the port, because a user may run several daemons. The
 * runtime directory of a systemd unit holds a single daemon.
 */
export function socketPath({ listen, socket }: Doors, env: NodeJS.ProcessEnv): string {
  if (socket) return socket;
  const unit = env['RUNTIME_DIRECTORY']?.split(':')[0];
  if (unit) return join(unit, 'ecr-courier.sock');
  const name = listen.port === usualPort ? 'ecr-courier.sock' : `ecr-courier-${listen.port}.sock`;
  return join(env['XDG_RUNTIME_DIR'] || join(tmpdir(), `ecr-courier-${uid()}`), name);
}

const usualPort = parseListen(groups.server.listen.default)?.port;

/** The uid from the process. `os.userInfo` fails for a container's user without an entry in /etc/passwd. */
const uid = (): number => process.getuid?.() ?? -1;

interface Said {
  readonly status: number;
  readonly text: string;
  /** The address that responded, for messages: a socket path, or host:port. */
  readonly at: string;
}

/**
 * A client of the daemon that a configuration describes. Requests throw UNREACHABLE if it is absent or silent for `ms`.
 */
export interface Daemon {
  readonly socket: string;
  /** host:port */
  readonly door: string;
  /** Requests public information from its HTTP port, or from its socket if the port is closed. */
  ask(path: string, ms?: number): Promise<Said>;
  askDoor(path: string): Promise<Said>;
  /**
   * Requests anything through its socket, which only its owner can open. Also throws UNREACHABLE if the socket belongs
   * to another user, or to a daemon with another port.
   */
  askSocket(method: string, path: string): Promise<Said>;
}

/** Whether the error means that the daemon runs and does not respond, not that there is none. */
export const isSilent = (error: unknown): boolean => error instanceof Failure && error.cause instanceof Silence;
class Silence extends Error {}

const patience = 10_000;

/**
 * Reads only the part of the configuration that locates the daemon, without adapters. Throws a ConfigError only for
 * mistakes in that part.
 */
export async function findDaemon({ config, ...flags }: ConfigFlags, io: Pick<Io, 'env' | 'signal'>): Promise<Daemon> {
  return daemonOf(await loadDoors({ files: config, env: io.env, flags }), io);
}

/** `chosen`, `unread`: see `loadDoors`. */
export function daemonOf(found: Awaited<ReturnType<typeof loadDoors>>, { env, signal }: Pick<Io, 'env' | 'signal'>): Daemon {
  const { doors, chosen, unread } = found;
  const { host, port } = doors.listen;
  const socket = socketPath(doors, env);
  const near = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host;
  const door = formatListen({ host: near, port });
  const mistakes = unread.map(({ origin, message }) => ` Of its configuration this command could not read ${origin}: ${message}.`);
  const nobody = (message: string, cause?: unknown) => {
    const remedy = `Is it running, on this machine (or in this container), as this user and with this configuration?${mistakes.join('')}`;
    return new Failure('UNREACHABLE', message, { remedy, cause });
  };
  const send = async (at: string, where: RequestOptions & { timeout: number }, absent: string): Promise<Said> =>
    await sendTo(at, { ...where, signal }).catch((error: Error) => {
      throw error instanceof Silence ? silent(at, error) : nobody(`${absent} (${error.message}).`, error);
    });

  const askDoor = async (path: string, ms = patience): Promise<Said> => {
    const where = { host: near, port, path, timeout: ms, headers: { host: 'localhost' } };
    return await send(door, where, `Nobody answers at ${door}`);
  };
  const askSocket = async (method: string, path: string, ms = patience): Promise<Said> => {
    if (await isForeign(socket, doors.socket ? 'named' : env['RUNTIME_DIRECTORY'] ? 'unit' : 'guessed')) throw foreign(socket);
    const headers = { host: chosen && port !== 0 ? `localhost:${port}` : 'localhost' };
    const said = await send(socket, { socketPath: socket, method, path, headers, timeout: ms }, `There is no daemon at ${socket}`);
    if (said.status === 421) throw nobody(`${socket} belongs to another daemon. ${said.text.trim()}`);
    return said;
  };
  const ask = async (path: string, ms?: number): Promise<Said> => {
    // The system has chosen the port, which only the daemon knows.
    if (port === 0) return await askSocket('GET', path, ms);
    return await askDoor(path, ms).catch(async (atDoor: Error) => {
      if (isSilent(atDoor)) throw atDoor;
      return await askSocket('GET', path, ms).catch((error: Error) => {
        throw isSilent(error) ? error : nobody(`${atDoor.message} ${error.message}`, error);
      });
    });
  };
  return { socket, door, ask, askDoor, askSocket };
}

function silent(at: string, cause: Error): Failure {
  const remedy = 'It may be stopped, or have far too much to do. Look at its log; restart it if this goes on.';
  return new Failure('UNREACHABLE', `The daemon at ${at} does not answer: ${cause.message}.`, { remedy, cause });
}

function foreign(socket: string): Failure {
  const named = uid() === 0 ? ', or name the socket with ECR_COURIER_SOCKET if it is' : '';
  const remedy = `Use the user that the daemon runs as${named}.`;
  return new Failure('UNREACHABLE', `${socket} belongs to another user: it may not be the daemon's.`, { remedy });
}

/**
 * Whether another user may have created the socket or its directory. Root may name the socket of an unprivileged daemon
 * or the runtime directory of its unit; with DynamicUser= that directory is a link into /run/private and belongs to the
 * daemon. A guessed path must belong to the caller.
 */
async function isForeign(socket: string, known: 'named' | 'unit' | 'guessed'): Promise<boolean> {
  if (uid() === 0 && known === 'named') return false;
  const foundBy = (look: typeof stat) => (path: string) =>
    look(path).then(
      ({ uid, mode }) => ({ uid, open: (mode & 0o022) !== 0 }),
      ({ code }: NodeJS.ErrnoException) => ({ uid: code === 'EACCES' ? undefined : uid(), open: false }),
    );
  const ofUnit = uid() === 0 && known === 'unit';
  const [folder, { uid: owner }] = await Promise.all([foundBy(ofUnit ? stat : lstat)(dirname(socket)), foundBy(lstat)(socket)]);
  if (ofUnit) return folder.open || (folder.uid !== owner && folder.uid !== 0);
  return owner !== uid() || (folder.uid !== uid() && folder.uid !== 0);
}

async function sendTo(at: string, options: RequestOptions & { timeout: number }): Promise<Said> {
  const { promise, resolve, reject } = Promise.withResolvers<Said>();
  const asked = request(options, response => {
    const parts: Buffer[] = [];
    response.on('data', part => parts.push(part));
    response.on('end', () => resolve({ status: response.statusCode ?? 0, text: Buffer.concat(parts).toString(), at }));
    response.on('error', reject);
  });
  asked.on('timeout', () => {
    const after = `${options.timeout / 1000} s`;
    asked.destroy(asked.socket?.connecting ? new Error(`no connection within ${after}`) : new Silence(`it was silent for ${after}`));
  });
  asked.on('error', reject);
  asked.end();
  return await promise;
}

/** The failure for a port that belongs to another program. */
export function somebodyElse(at: string): Failure {
  return new Failure('UNEXPECTED', `Something else than ecr-courier answers at ${at}.`, {
    remedy: 'Give this command the ECR_COURIER_LISTEN (or the configuration file) of the daemon.',
  });
}
