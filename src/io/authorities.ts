import { readText } from './files.ts';
import { Unreadable } from './unreadable.ts';

type Env = NodeJS.ProcessEnv;

/** Larger ones hold no certificates, but are a wrong path. */
const mostBytes = 4 * 1024 * 1024;
const variable = 'NODE_EXTRA_CA_CERTS';
/** What the variable said before it was left out. */
export const leftOut = `${variable}_LEFT_OUT`;

/**
 * Starts the program anew without NODE_EXTRA_CA_CERTS where its file cannot be read, in the place of this process. Node
 * reads the file with its first connection, in a thread: of a pipe or a dead share it waits without end, and its main
 * thread and its exit wait for that one; of a missing file it writes a line of plain text. Nothing of TLS may be
 * imported before. Returns where the file is fine, or the system cannot do that.
 */
export async function leaveOutUnreadable(env: Env): Promise<void> {
  const file = env[variable];
  if (!file || !process.execve) return;
  const unreadable = await readText(file, mostBytes).catch((error: unknown) => error);
  if (!(unreadable instanceof Unreadable)) return;
  const { [variable]: _, ...rest } = env;
  try {
    process.execve(process.execPath, [process.execPath, ...process.execArgv, ...process.argv.slice(1)], { ...rest, [leftOut]: file });
  } catch {
    // Forbidden here: then Node has to try.
  }
}

/** Why nobody is trusted through NODE_EXTRA_CA_CERTS, as a sentence for people; undefined when somebody is. */
export async function wrongWithAuthorities(env: Env): Promise<string | undefined> {
  const file = env[leftOut] || env[variable];
  if (!file) return undefined;
  const why = await readText(file, mostBytes).then(
    text => (/-----BEGIN (TRUSTED |X509 )?CERTIFICATE-----/.test(text) ? undefined : 'holds no certificate in PEM'),
    (error: unknown) => (error instanceof Unreadable ? error.why : undefined),
  );
  if (!why && !env[leftOut]) return undefined;
  return `${variable}: ${file} ${why ?? 'could not be read at the start'}, so none of its authorities is trusted. Node reads it at the start alone: mend it and restart, or use AWS_CA_BUNDLE for AWS and caFile for a target, which are read anew by themselves.`;
}

/** Node's own switch, which takes verification from every connection of a process: `0` does, and no other value. */
const verification = 'NODE_TLS_REJECT_UNAUTHORIZED';

/** Takes the effect from that switch before anything connects: the SDK asks some providers of keys by Node's client. */
export function verifyAlways(env: Env): void {
  if (env[verification] === '0') env[verification] = '0 (ignored)';
}

/** That the switch has no effect, as a sentence for people; undefined where nobody has set it. */
export const ignoredSwitch = (env: Env): string | undefined =>
  env[verification] && env[verification] !== '1'
    ? `${verification} has no effect here: certificates are verified all the same. Remove it. For a server with a certificate of its own, caFile or tlsFingerprint of its target says whom to trust; for AWS, AWS_CA_BUNDLE does.`
    : undefined;
