import { readText } from './files.ts';
import { Unreadable } from './unreadable.ts';

type Env = NodeJS.ProcessEnv;

/** The size limit: a larger file is a wrong path, not a list of certificates. */
const mostBytes = 4 * 1024 * 1024;
const variable = 'NODE_EXTRA_CA_CERTS';
/** Holds the original value of the variable after it was removed. */
export const leftOut = `${variable}_LEFT_OUT`;

/**
 * Replaces this process by the same program without NODE_EXTRA_CA_CERTS when its file cannot be read. Node reads the
 * file on its first TLS connection, in a thread. A pipe or a dead share blocks that thread forever, and the main thread
 * and the exit wait for it; for a missing file Node writes a line of plain text. Must run before anything of TLS is
 * imported. Returns where the file is fine, or where the system does not support this.
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
    // Not permitted here, so Node has to try to read the file.
  }
}

/** A sentence that says why NODE_EXTRA_CA_CERTS has no effect; undefined when it is unset or works. */
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

/** Node's own switch, which disables certificate verification in the whole process. Only `0` disables it. */
const verification = 'NODE_TLS_REJECT_UNAUTHORIZED';

/** Disables that switch before anything connects: the SDK uses Node's HTTP client for some credential providers. */
export function verifyAlways(env: Env): void {
  if (env[verification] === '0') env[verification] = '0 (ignored)';
}

/** A sentence that says that the switch has no effect; undefined when it is unset. */
export const ignoredSwitch = (env: Env): string | undefined =>
  env[verification] && env[verification] !== '1'
    ? `${verification} has no effect here: certificates are verified all the same. Remove it. For a server with a certificate of its own, caFile or tlsFingerprint of its target says whom to trust; for AWS, AWS_CA_BUNDLE does.`
    : undefined;
