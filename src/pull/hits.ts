import { constants } from 'node:fs';
import { access, lstat, mkdir, rm } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { isFresh } from '../contract/answer-file.ts';
import { identityFiles } from '../ecr/keys/asked-as.ts';
import { bootIdFile, contentsOf, metadataVariables } from '../ecr/keys/hidden.ts';
import { answerIn } from '../io/answers.ts';
import { namesIn, readBytes, readText } from '../io/files.ts';
import { swapFile } from '../io/swap.ts';
import { configPaths, type Env } from './settings.ts';

/**
 * The variables that decide whose answer an environment gets, in the order in which `front.sh` joins them. If one of
 * `unanswered` is set, the front leaves the request to Node.
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
  'AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE',
  ...metadataVariables,
  'AWS_ENDPOINT_URL',
  'AWS_ENDPOINT_URL_ECR',
  'AWS_ENDPOINT_URL_ECR_PUBLIC',
  'AWS_ENDPOINT_URL_STS',
  'AWS_IGNORE_CONFIGURED_ENDPOINT_URLS',
  'AWS_USE_FIPS_ENDPOINT',
] as const;
export const unanswered = [
  'AWS_ECR_DISABLE_CACHE',
  'CATTLE_URL',
  'ECR_COURIER_EXTERNAL_ID',
  'ECR_COURIER_TRACE',
  'AWS_CONTAINER_AUTHORIZATION_TOKEN',
] as const;

/** The version of the file format. A front of another version does not use the files. */
const form = 5;

/** The largest file that is checked, in bytes. Larger ones are left to Node. */
const mostBytes = 256 * 1024;

/**
 * A file that decides, among others, whose answer it is. `sum` is the checksum and size of its contents as the program
 * `cksum` prints them; missing where we cannot read the file.
 */
interface Witness {
  readonly path: string;
  readonly sum?: string;
}
/** undefined: a shell could not tell whether the files have changed. */
export type Witnesses = readonly Witness[] | undefined;

/** The files that decide whose answer it is, in the state before they are read. */
export async function witnessesOf(env: Env): Promise<Witnesses> {
  if (process.platform === 'win32') return undefined;
  const { AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: token } = env;
  const found = await Promise.all([...configPaths(env), ...identityFiles(env), ...(token ? [token] : [])].map(witness));
  return found.every(one => one !== undefined) ? found : undefined;
}

async function witness(path: string): Promise<Witness | undefined> {
  if (!isAbsolute(path) || /\p{Cc}/u.test(path)) return undefined;
  const refused = await access(path, constants.R_OK).then(
    () => undefined,
    ({ code = 'unknown' }: NodeJS.ErrnoException) => code,
  );
  if (refused !== undefined) return ['ENOENT', 'ENOTDIR', 'EACCES'].includes(refused) ? { path } : undefined;
  const bytes = await readBytes(path, mostBytes).catch(() => undefined);
  return bytes && { path, sum: `${cksum(bytes)} ${bytes.length}` };
}

/**
 * The checksum of POSIX, for which every system has a program. File times tell a shell less, because files can share
 * one.
 */
function cksum(bytes: Uint8Array): number {
  let sum = 0;
  const feed = (byte: number): void => {
    sum ^= byte << 24;
    for (let bit = 0; bit < 8; bit++) sum = sum < 0 ? (sum << 1) ^ 0x04c11db7 : sum << 1;
  };
  for (const byte of bytes) feed(byte);
  for (let length = bytes.length; length > 0; length >>>= 8) feed(length & 0xff);
  return ~sum >>> 0;
}

/** An answer for a host in an environment, and what was looked at for it. */
interface Hit {
  /** The directory of the answers. */
  readonly directory: string;
  readonly host: string;
  readonly env: Env;
  /** The digest of the answer's key. */
  readonly digest: string;
  /** The directory in which the answer lies, when it is not our own. */
  readonly shared?: string | undefined;
  readonly witnesses: Witnesses;
}

const hourMs = 3_600_000;
/**
 * The life of a record, in milliseconds. Node is asked at least once a day, and then notes that the answer is still in
 * use.
 */
const lastsMs = 24 * hourMs;

/**
 * Records which answer this environment gets, where a shell finds it. The program that refreshes the answer need not
 * know which environments use it. `now` is in milliseconds. Never throws: without a record Node is asked again.
 *
 * A shell has no clock, but it can compare the times of files. So the file has the time until which the answer is
 * fresh. A newer answer counts if it is fresh at least as long.
 */
export async function keepHit(hit: Hit, now: number): Promise<void> {
  const { directory, host, env, digest, shared = '', witnesses } = hit;
  const values = variables.map(name => env[name] ?? '');
  const name = nameOf(host, env);
  const isTold = ![...values, shared].some(value => /\p{Cc}/u.test(value)) && !addresses.some(variable => hasSecret(env[variable]));
  if (!witnesses || !isTold || name.length > longestName || unanswered.some(variable => env[variable])) return;
  const answer = await answerIn(shared || directory, digest);
  if (!answer || !isFresh(answer, now)) return;
  const folder = join(directory, 'hits');
  const boot = (await contentsOf(bootIdFile)).trim();
  // Rounded to the hour, so that processes that run at the same time write the same file.
  const until = (Math.floor(now / hourMs) * hourMs + lastsMs) / 1000;
  const sure = Math.min(until, Math.floor(answer.freshUntil / 1000));
  const lines = [
    [form, until, sure, digest, ...(shared ? [shared] : [])].join(' '),
    [...values, boot].join('\t'),
    ...witnesses.map(({ path, sum }) => `${sum ?? '-'} ${path}`),
  ];
  const path = join(folder, name);
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    // A file that has changed meanwhile may have been read before or after the change.
    if (!isDeepStrictEqual(await witnessesOf(env), witnesses)) return;
    const text = `${lines.join('\n')}\n`;
    if ((await readText(path, mostBytes).catch(() => '')) !== text) await swapFile(path, text, sure);
  } catch {
    // Without a record Node is asked again.
  }
}

/**
 * The name of the file, as `front.sh` builds it. Environments that share a name take turns in the file; its contents
 * say which one it is for.
 */
const nameOf = (host: string, env: Env): string =>
  [host, env['AWS_PROFILE'], env['AWS_ACCESS_KEY_ID']].join(',').replaceAll(/[^\w.,-]+/g, '_');
const longestName = 200;

/** Variables with addresses. Their user and query may be secret. */
const addresses = variables.filter(name => /_URI$|_URL(_|$)|_ENDPOINT$/.test(name));
const hasSecret = (address = ''): boolean => /[?#@]/.test(address);

/** The age, in milliseconds, from which no front uses a file. */
const forgottenMs = lastsMs + hourMs;

/**
 * Matches the names of `nameOf`, and those of the temporary files beside them. The user may have a folder of the same
 * name as ours.
 */
const isOfHit = /^[a-z0-9.-]+,[\w.,-]*,[\w.,-]*$/;

/** Removes files that no front uses any more. `now` is in milliseconds. Never throws. */
export async function pruneHits(directory: string, now: number): Promise<void> {
  const folder = join(directory, 'hits');
  const names = (await namesIn(folder).catch(() => [])).filter(name => isOfHit.test(name));
  for (const name of names) {
    const path = join(folder, name);
    const age = await lstat(path).then(
      ({ ctimeMs }) => now - ctimeMs,
      () => 0,
    );
    if (age > forgottenMs) await rm(path, { force: true }).catch(() => undefined);
  }
}

/** Remembers the path of this Node for fronts that find none on PATH. Never throws. */
export async function rememberNode(directory: string): Promise<void> {
  const path = join(directory, 'node');
  const known = await readText(path, 4096).catch(() => '');
  if (known !== `${process.execPath}\n`) await swapFile(path, `${process.execPath}\n`).catch(() => undefined);
}
