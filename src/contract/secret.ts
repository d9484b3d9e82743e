import { inspect } from 'node:util';

const mask = '[secret]';
/** Shorter secrets are not filtered out of texts: they would take ordinary words with them. */
const leastFiltered = 6;
/** A quotation shorter than this gives nothing useful away. */
const leastQuoted = 8;

/** Every secret that is still referenced somewhere, so that texts can be filtered without being told which secrets they may hold. */
const live = new Set<WeakRef<Secret>>();
const forget = new FinalizationRegistry<WeakRef<Secret>>(ref => live.delete(ref));

/** A password, key or token. Prints as `[secret]`; `reveal()` is the one way out. */
export class Secret {
  readonly #value: string;
  #forms: readonly string[] | undefined;

  constructor(value: string) {
    this.#value = value;
    if (value.length < leastFiltered) return;
    const ref = new WeakRef(this);
    live.add(ref);
    forget.register(this, ref);
  }

  reveal(): string {
    return this.#value;
  }
  toString(): string {
    return mask;
  }
  toJSON(): string {
    return mask;
  }
  [inspect.custom](): string {
    return mask;
  }

  /** Every way in which the value can stand in a text: as it is, in JSON, in a URL, in base64 and base64url wherever it begins. */
  static forms(secret: Secret): readonly string[] {
    secret.#forms ??= spellings(secret.#value);
    return secret.#forms;
  }
}

function spellings(value: string): string[] {
  const bytes = Buffer.from(value);
  const base64 = [0, 1, 2].flatMap(shift => {
    // What stands in front shifts the letters; the first and last ones also carry bits of the neighbours, so they are cut off.
    const text = Buffer.concat([Buffer.alloc(shift), bytes])
      .toString('base64')
      .replace(/=+$/, '');
    const core = text.slice(shift === 0 ? 0 : 4, (shift + bytes.length) % 3 === 0 ? undefined : -1);
    return [core, core.replaceAll('+', '-').replaceAll('/', '_')];
  });
  const all = [value, JSON.stringify(value).slice(1, -1), encodeURIComponent(value), ...base64];
  return [...new Set(all)].filter(form => form.length >= leastFiltered).sort((a, b) => b.length - a.length);
}

function* liveForms(): Iterable<readonly string[]> {
  for (const ref of live) {
    const secret = ref.deref();
    if (secret) yield Secret.forms(secret);
  }
}

/** The text with every live secret, in any encoding, replaced by `[secret]`. For our own texts; cheap enough for every log line. */
export function redact(text: string): string {
  let clean = text;
  for (const forms of liveForms()) for (const form of forms) if (clean.includes(form)) clean = clean.replaceAll(form, mask);
  return clean;
}

/** As `redact`, and parts of secrets too: for texts that come from outside, which may quote a piece of what we sent (Portainer's 400 does). */
export function redactQuoted(text: string): string {
  let clean = redact(text);
  for (const forms of liveForms()) for (const form of forms) clean = withoutPieces(clean, form);
  return clean;
}

function withoutPieces(text: string, form: string): string {
  let clean = text;
  for (let at = 0; at + leastQuoted <= clean.length; at++) {
    if (!form.includes(clean.slice(at, at + leastQuoted))) continue;
    let end = at + leastQuoted;
    while (end < clean.length && form.includes(clean.slice(at, end + 1))) end++;
    clean = clean.slice(0, at) + mask + clean.slice(end);
    at += mask.length - 1;
  }
  return clean;
}
