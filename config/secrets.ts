import { createHash } from 'node:crypto';
import type { Adapter, OptionSpecs, Options } from '../src/contract/adapter.ts';
import { Failure } from '../src/contract/failures.ts';
import { type SecretKind, visiblyNoSecret } from '../src/contract/keys.ts';
import { Secret } from '../src/contract/secret.ts';
import { capital } from '../src/contract/text.ts';
import { readText, statOf } from '../src/io/files.ts';
import { Unreadable } from '../src/io/unreadable.ts';
import { isVariable } from './origin.ts';

/** A file that holds the value of an option. `variable`: the variable that names the file, if there is one. */
export interface FileRef {
  readonly file: string;
  readonly variable?: string;
}

/** Creates a FileRef. origin: that of the option that names the file. */
export const fileRef = (file: string, origin = ''): FileRef => ({ file, ...(isVariable(origin) && { variable: origin }) });

/** A configured secret, or its file, which is read again at each use. A login in a file is one, too. */
export type SecretRef = { readonly secret: Secret } | FileRef;
export type OptionValue = string | number | boolean | readonly string[] | SecretRef;

export const isSecretRef = (value: OptionValue | undefined): value is SecretRef =>
  typeof value === 'object' && ('secret' in value || 'file' in value);

/** The largest file in bytes. A larger one is not a key, but a wrong path. */
const mostBytes = 64 * 1024;
/** How soon a file that is not ready is read again. */
const retryAfterMs = 15_000;

/** What a file should hold. */
interface Wanted {
  /** Its name in messages: `the API key of portainer`. */
  readonly what: string;
  /** How to get it: `create it at ...`. */
  readonly keyHint?: string | undefined;
  /**
   * Why a text is not what is wanted, as the rest of a sentence that begins with the file. Default: the rule of a key.
   */
  readonly rule?: (text: string) => string | undefined;
}

/**
 * Reads the text in a secret's file without its last line break. Throws MISCONFIGURED with `retryAfterMs` while the
 * file is absent, empty or unreadable, or holds something else.
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

/**
 * Where people put a secret, and when it is read. Credentials of a unit are copies that are made when the unit starts.
 */
function placeOf(file: string): { readonly place: string; readonly next: string } {
  const [, unit, name] = /^\/run\/credentials\/([^/]+)\/([^/]+)$/.exec(file) ?? [];
  return unit === undefined
    ? { place: file, next: 'The daemon reads the file again by itself.' }
    : { place: `the file that LoadCredential=${name} of ${unit} names`, next: `Then: systemctl restart ${unit}` };
}

/**
 * Why an existing file cannot be used. undefined: the file may come, or be filled, later. `cause`: that of a Failure of
 * `readSecretFile`.
 */
export const unusable = (cause: unknown): Unreadable | undefined =>
  cause instanceof Unreadable && !['ENOENT', 'ENOTDIR', 'EMPTY'].includes(cause.code) ? cause : undefined;

/** The rule of a secret of this kind. It refuses what is visibly none, and more than one line. */
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
 * What is wrong with a secret or login in the configuration itself, as the rest of a sentence that begins with its
 * option: a mistake, or what is odd about it. Never quotes it.
 */
export function wrongSecret(option: string, value: string): { readonly mistake: string } | { readonly odd: string } | undefined {
  const kind = kindOf(option);
  const wrong = visiblyNoSecret(value, kind);
  if (!wrong) return undefined;
  return wrong.certain ? { mistake: wrong.why } : { odd: `${wrong.why}, unless that is the ${kind}.` };
}

/** A warning about a file whose text is hardly a password. Keys are checked when they are read. */
export async function oddPassword(option: string, file: string): Promise<string | undefined> {
  if (kindOf(option) !== 'password') return undefined;
  const text = await readText(file, mostBytes).catch(() => '');
  const odd = visiblyNoSecret(text.replace(/\r?\n$/, ''), 'password');
  return odd && !odd.certain ? `${file} ${odd.why}, unless that is the password.` : undefined;
}

/** Returns the present value of a secret of ours, such as the admin token. Throws a Failure (see `resolveOptions`). */
export async function readSecret(ref: SecretRef, what: string): Promise<Secret> {
  return 'secret' in ref ? ref.secret : new Secret(await readSecretFile(ref, { what, rule: ruleOf('own token') }));
}

/** The name of an option in words: `API key` for apiKey. */
const words = (option: string): string =>
  option
    .replaceAll(/[A-Z]/g, letter => ` ${letter.toLowerCase()}`)
    .replace(/\bapi\b/, 'API')
    .replace(/^username$/, 'user name');

interface Resolved {
  readonly options: Options<OptionSpecs>;
  /**
   * Changes whenever the text of a file behind an option changes: the target must then be recreated. Not for display.
   */
  readonly fingerprintOfFiles: string;
}

/** The parts of a target that are needed to read its options. */
interface WithOptions {
  readonly name: string;
  readonly adapter: Pick<Adapter, 'options' | 'keyHint'>;
  readonly options: Readonly<Record<string, OptionValue>>;
}

/** Reads the file of an option. Throws as `resolveOptions` does. */
export async function readOption({ name, adapter }: WithOptions, option: string, ref: FileRef): Promise<string> {
  return await readSecretFile(ref, {
    what: `the ${words(option)} of ${name}`,
    keyHint: adapter.keyHint,
    rule: ruleOf(kindOf(option)),
  });
}

/**
 * Returns the options for `adapter.create`, and reads the file of every secret and login again. Throws MISCONFIGURED
 * with `retryAfterMs` while a file is absent, empty or unreadable.
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
 * A warning when every user of the machine can read the file. Files in /run/secrets are left out, as container managers
 * set their mode, inside a container of its own.
 */
export async function exposure(file: string): Promise<string | undefined> {
  if (file.startsWith('/run/secrets/')) return undefined;
  // A directory holds no secret. Its use in the place of a file is reported as a mistake elsewhere.
  const mode = await statOf(file).then(
    found => (found.isFile() ? found.mode : 0),
    () => 0,
  );
  return mode & 0o004 ? `${file} holds a secret and everybody on this machine may read it: chmod 600 it.` : undefined;
}
