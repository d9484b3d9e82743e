import { createHash } from 'node:crypto';
import type { Adapter, OptionSpecs, Options } from '../src/contract/adapter.ts';
import { Failure } from '../src/contract/failures.ts';
import { type SecretKind, visiblyNoSecret } from '../src/contract/keys.ts';
import { Secret } from '../src/contract/secret.ts';
import { capital } from '../src/contract/text.ts';
import { readText, statOf } from '../src/io/files.ts';
import { Unreadable } from '../src/io/unreadable.ts';
import { isVariable } from './origin.ts';

/** A file that holds what an option should be. `variable`: which one names the file, where it is a variable. */
export interface FileRef {
  readonly file: string;
  readonly variable?: string;
}

/** origin: of the option that names the file. */
export const fileRef = (file: string, origin = ''): FileRef => ({ file, ...(isVariable(origin) && { variable: origin }) });

/**
 * A secret of the configuration: itself, or the file that is read anew whenever it is needed. A login in a file, too.
 */
export type SecretRef = { readonly secret: Secret } | FileRef;
export type OptionValue = string | number | boolean | readonly string[] | SecretRef;

export const isSecretRef = (value: OptionValue | undefined): value is SecretRef =>
  typeof value === 'object' && ('secret' in value || 'file' in value);

/** Beyond this it is no key, but a wrong path. */
const mostBytes = 64 * 1024;
/** How soon a file that is not ready is looked at again. */
const retryAfterMs = 15_000;

/** What a file should hold. */
interface Wanted {
  /** For people: `the API key of portainer`. */
  readonly what: string;
  /** How one gets it: `create it at ...`. */
  readonly keyHint?: string | undefined;
  /**
   * Why a text is not what is wanted, as the rest of a sentence that begins with the file; a key is wanted unless said.
   */
  readonly rule?: (text: string) => string | undefined;
}

/**
 * The text in a secret's file without its last line break. Throws MISCONFIGURED, to be tried again soon, while the file
 * is absent, empty or unreadable, or holds something else.
 */
export async function readSecretFile({ file, variable }: FileRef, { what, keyHint, rule = ruleOf('key') }: Wanted): Promise<string> {
  const { place, next } = placeOf(file);
  const subject = variable === undefined ? '' : `${variable}: `;
  const create = `${keyHint ? `${keyHint}, then put` : 'put'} it into ${place}.`;
  const waiting = (cause: Unreadable, remedy = cause.remedy ?? create): Failure =>
    new Failure('MISCONFIGURED', `${subject}${file} (${what}) ${cause.why}.`, {
      retryAfterMs,
      remedy: `${capital(remedy)} ${next}`,
      cause,
    });
  const text = await readText(file, mostBytes).catch((error: unknown) => {
    if (!(error instanceof Unreadable)) throw error;
    throw waiting(error.code === 'TOO_LARGE' ? new Unreadable(file, error.code, 'is far too large for one') : error);
  });
  const secret = text.replace(/\r?\n$/, '');
  if (secret.trim() === '') throw waiting(new Unreadable(file, 'EMPTY', 'is empty'));
  const wrong = rule(secret);
  if (wrong) throw waiting(new Unreadable(file, 'WRONG', wrong), `Put nothing but ${what} into ${place}.`);
  return secret;
}

/** Where people put a secret, and when it is looked at. Credentials of a unit are copies, made when it starts. */
function placeOf(file: string): { readonly place: string; readonly next: string } {
  const [, unit, name] = /^\/run\/credentials\/([^/]+)\/([^/]+)$/.exec(file) ?? [];
  return unit === undefined
    ? { place: file, next: 'The daemon reads the file again by itself.' }
    : { place: `the file that LoadCredential=${name} of ${unit} names`, next: `Then: systemctl restart ${unit}` };
}

/**
 * Why a file cannot be used that is there; undefined where it may come later. `cause`: of a Failure of
 * `readSecretFile`.
 */
export const unusable = (cause: unknown): Unreadable | undefined =>
  cause instanceof Unreadable && !['ENOENT', 'ENOTDIR', 'EMPTY'].includes(cause.code) ? cause : undefined;

/** What is no secret of this kind: visibly none, or more than a line. */
const ruleOf =
  (kind: SecretKind) =>
  (text: string): string | undefined => {
    const wrong = visiblyNoSecret(text, kind);
    if (wrong?.certain) return wrong.why;
    // oxlint-disable-next-line no-control-regex -- these are what must not be there
    return /[\u0000-\u001f\u007f]/.test(text) ? 'holds more than one line, or control characters' : undefined;
  };

const kindOf = (option: string): SecretKind => kinds.find(([pattern]) => pattern.test(option))?.[1] ?? 'key';
const kinds: readonly (readonly [RegExp, SecretKind])[] = [
  [/^adminToken$/, 'own token'],
  [/username/i, 'user name'],
  [/pass(word|phrase)/i, 'password'],
];

/**
 * What is wrong with a secret or login that stands in the configuration itself, as the rest of a sentence that begins
 * with its option: a mistake, or what is odd about it. Never quotes it.
 */
export function wrongSecret(option: string, value: string): { readonly mistake: string } | { readonly odd: string } | undefined {
  const kind = kindOf(option);
  const wrong = visiblyNoSecret(value, kind);
  if (!wrong) return undefined;
  return wrong.certain ? { mistake: wrong.why } : { odd: `${wrong.why}, unless that is the ${kind}.` };
}

/** A sentence about a password in a file that is hardly one. A key is looked at when it is read. */
export async function oddPassword(option: string, file: string): Promise<string | undefined> {
  if (kindOf(option) !== 'password') return undefined;
  const text = await readText(file, mostBytes).catch(() => '');
  const odd = visiblyNoSecret(text.replace(/\r?\n$/, ''), 'password');
  return odd && !odd.certain ? `${file} ${odd.why}, unless that is the password.` : undefined;
}

/** A secret of ours, as the admin token, as it is now. Throws a Failure (see `resolveOptions`). */
export async function readSecret(ref: SecretRef, what: string): Promise<Secret> {
  return 'secret' in ref ? ref.secret : new Secret(await readSecretFile(ref, { what, rule: ruleOf('own token') }));
}

/** apiKey as `API key`. */
const words = (option: string): string =>
  option
    .replaceAll(/[A-Z]/g, letter => ` ${letter.toLowerCase()}`)
    .replace(/\bapi\b/, 'API')
    .replace(/^username$/, 'user name');

export interface Resolved {
  readonly options: Options<OptionSpecs>;
  /**
   * Changes whenever a file behind an option holds something else: then the target has to be created anew. Not for
   * showing.
   */
  readonly fingerprintOfFiles: string;
}

/** What is needed of a target to read its options. */
export interface WithOptions {
  readonly name: string;
  readonly adapter: Pick<Adapter, 'options' | 'keyHint'>;
  readonly options: Readonly<Record<string, OptionValue>>;
}

/** What lies in the file of an option. Throws as `resolveOptions` does. */
export async function readOption({ name, adapter }: WithOptions, option: string, ref: FileRef): Promise<string> {
  return await readSecretFile(ref, {
    what: `the ${words(option)} of ${name}`,
    keyHint: adapter.keyHint,
    rule: ruleOf(kindOf(option)),
  });
}

/**
 * The options for `adapter.create`, with the file of every secret and login read anew. Throws MISCONFIGURED with
 * `retryAfterMs` while a file is absent, empty or unreadable.
 */
export async function resolveOptions(target: WithOptions): Promise<Resolved> {
  const { adapter, options: given } = target;
  const options: Record<string, unknown> = {};
  const hash = createHash('sha256');
  for (const key of Object.keys(adapter.options)) {
    const value = given[key];
    if (!isSecretRef(value)) options[key] = value;
    else if ('secret' in value) options[key] = value.secret;
    else {
      const text = await readOption(target, key, value);
      hash.update(`${key}\0${text}\0`);
      options[key] = adapter.options[key]?.format === 'secret' ? new Secret(text) : text;
    }
  }
  return { options: options as Options<OptionSpecs>, fingerprintOfFiles: hash.digest('hex') };
}

/**
 * A sentence when everybody on the machine can read the file. Not for /run/secrets: container managers set the mode
 * there, inside a container of its own.
 */
export async function exposure(file: string): Promise<string | undefined> {
  if (file.startsWith('/run/secrets/')) return undefined;
  // A directory holds none: that it stands in the place of a file is told as a mistake.
  const mode = await statOf(file).then(
    found => (found.isFile() ? found.mode : 0),
    () => 0,
  );
  return mode & 0o004 ? `${file} holds a secret and everybody on this machine may read it: chmod 600 it.` : undefined;
}
