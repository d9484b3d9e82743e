import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { access, lstat, mkdir, rm } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import { promisify } from 'node:util';
import { identityFiles } from '../ecr/asked-as.ts';
import { bootIdFile, contentsOf, metadataVariables } from '../ecr/hidden.ts';
import { replaceFile } from '../io/answers.ts';
import { namesIn, readText, statOf } from '../io/files.ts';
import { configPaths, type Env } from './settings.ts';

/**
 * Variables on which it depends whose answer an environment gets, in the order in which `front.sh` puts them together.
 * Those of `unanswered` are left to Node when they are set.
 */
export const variables = [
  'HOME',
  'ECR_COURIER_CONFIG',
  'XDG_CONFIG_HOME',
  'ECR_COURIER_ROLE_ARN',
  'ECR_COURIER_TOKEN_ENDS_WITH_SESSION',
  'ECR_COURIER_SHARED_CACHE',
  'AWS_PROFILE',
  'AWS_ACCESS_KEY_ID',
  'AWS_ACCESS_KEY_ID_FILE',
  'AWS_CONFIG_FILE',
  'AWS_SHARED_CREDENTIALS_FILE',
  'AWS_WEB_IDENTITY_TOKEN_FILE',
  'AWS_ROLE_ARN',
  'AWS_CONTAINER_CREDENTIALS_RELATIVE_URI',
  'AWS_CONTAINER_CREDENTIALS_FULL_URI',
  ...metadataVariables,
  'AWS_ENDPOINT_URL',
  'AWS_ENDPOINT_URL_ECR',
  'AWS_ENDPOINT_URL_ECR_PUBLIC',
  'AWS_ENDPOINT_URL_STS',
  'AWS_IGNORE_CONFIGURED_ENDPOINT_URLS',
] as const;
export const unanswered = [
  'AWS_ECR_DISABLE_CACHE',
  'CATTLE_URL',
  'ECR_COURIER_EXTERNAL_ID',
  'ECR_COURIER_TRACE',
  'AWS_CONTAINER_AUTHORIZATION_TOKEN',
  'AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE',
] as const;

/** The form of the files: a front of another version does not take them. */
const form = 2;

/** A file that has a say in whose answer it is. `changedAt`: in milliseconds; missing where we cannot read one. */
interface Witness {
  readonly path: string;
  readonly changedAt?: number;
}
/** undefined: a shell could not tell whether they have changed. */
export type Witnesses = readonly Witness[] | undefined;

/** So young a file may change again within the second that some shells and file systems see. In milliseconds. */
const settledMs = 3_000;

/** The files that have a say, as they are before they are read. `now`: in milliseconds. */
export async function witnessesOf(env: Env, now: number): Promise<Witnesses> {
  if (process.platform === 'win32') return undefined;
  const found = await Promise.all([...configPaths(env), ...identityFiles(env)].map(path => witness(path, now)));
  return found.every(one => one !== undefined) ? found : undefined;
}

async function witness(path: string, now: number): Promise<Witness | undefined> {
  if (!isAbsolute(path) || /\p{Cc}/u.test(path)) return undefined;
  const refused = await access(path, constants.R_OK).then(
    () => undefined,
    ({ code = 'unknown' }: NodeJS.ErrnoException) => code,
  );
  if (refused !== undefined) return ['ENOENT', 'ENOTDIR', 'EACCES'].includes(refused) ? { path } : undefined;
  const stats = await statOf(path).catch(() => undefined);
  // A time without a fraction comes from an archive or an image, where all files may have the same.
  if (!stats?.isFile() || stats.mtimeMs % 1000 === 0 || stats.mtimeMs > now - settledMs) return undefined;
  return { path, changedAt: stats.mtimeMs };
}

/** For whom an answer is, and what has been looked at for it. */
export interface Hit {
  /** Of the answers. */
  readonly directory: string;
  readonly host: string;
  readonly env: Env;
  /** Of the key of its answer. */
  readonly digest: string;
  /** The directory in which it lies, when it is not our own. */
  readonly shared?: string | undefined;
  readonly witnesses: Witnesses;
}

const hourMs = 3_600_000;
/** Node is asked at least once a day, and says then that somebody still asks. */
const lastsMs = 24 * hourMs;

/**
 * Lays down which answer this environment gets, where a shell finds it: whoever refreshes the answer need not know who
 * takes it. `now`: in milliseconds. Never throws: without it Node is asked again.
 */
export async function keepHit(hit: Hit, now: number): Promise<void> {
  const { directory, host, env, digest, shared = '', witnesses } = hit;
  const values = variables.map(name => env[name] ?? '');
  const name = [host, env['AWS_PROFILE'], env['AWS_ACCESS_KEY_ID']].join(',');
  // Query and user of an address may be secret.
  const isTold = ![...values, shared].some(value => /[\s\p{Cc}?#@]/u.test(value)) && /^[\w.,-]{1,200}$/.test(name);
  if (!witnesses || !isTold || unanswered.some(variable => env[variable])) return;
  const folder = join(directory, 'hits');
  const boot = (await contentsOf(bootIdFile)).trim();
  const here = [...variables.map((variable, at) => `${variable}=${values[at]}`), boot].join(' ');
  // Many that come at once write the same.
  const until = (Math.floor(now / hourMs) * hourMs + lastsMs) / 1000;
  const stamped = witnesses.map(({ path, changedAt }) => ({
    path,
    changedAt,
    stamp: changedAt === undefined ? '-' : stampOf(path, changedAt),
  }));
  const lines = [
    [form, until, digest, ...(shared ? [shared] : [])].join(' '),
    here,
    ...stamped.map(({ stamp, path }) => `${stamp} ${path}`),
  ];
  const path = join(folder, name);
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    for (const { path: witnessed, changedAt, stamp } of stamped)
      if (changedAt !== undefined && !(await putStamp(join(folder, stamp), witnessed, changedAt))) return;
    const text = `${lines.join('\n')}\n`;
    if ((await readText(path, mostBytes).catch(() => '')) !== text) await replaceFile(path, text);
  } catch {
    // Then Node is asked again.
  }
}

const mostBytes = 256 * 1024;

const stampOf = (path: string, changedAt: number): string =>
  `stamp-${createHash('sha256').update(`${changedAt} ${path}`).digest('hex').slice(0, 32)}`;

/**
 * An empty file of the very time at which the other one was changed: shells can compare times, and no more. Node has no
 * way to set a time to the nanosecond. Whether the stamp and the file are as they were.
 */
async function putStamp(stamp: string, path: string, changedAt: number): Promise<boolean> {
  const isThere = await statOf(stamp).then(
    () => true,
    () => false,
  );
  if (!isThere) {
    const { execFile } = await import('node:child_process');
    await promisify(execFile)('touch', ['-r', path, stamp], { timeout: 2_000 });
  }
  return (await statOf(path)).mtimeMs === changedAt;
}

/** Of what no front takes any more. In milliseconds. */
const forgottenMs = lastsMs + hourMs;

/** Removes what no answer needs any more. `now`: in milliseconds. Never throws. */
export async function pruneHits(directory: string, now: number): Promise<void> {
  const folder = join(directory, 'hits');
  for (const name of await namesIn(folder).catch(() => [])) {
    const path = join(folder, name);
    // The time at which a stamp was changed is that of another file.
    const age = await lstat(path).then(
      ({ ctimeMs }) => now - ctimeMs,
      () => 0,
    );
    if (age > forgottenMs) await rm(path, { force: true }).catch(() => undefined);
  }
}

/** Remembers this Node for fronts that are started where none is on PATH. Never throws. */
export async function rememberNode(directory: string): Promise<void> {
  const path = join(directory, 'node');
  const known = await readText(path, 4096).catch(() => '');
  if (known !== `${process.execPath}\n`) await replaceFile(path, `${process.execPath}\n`).catch(() => undefined);
}
