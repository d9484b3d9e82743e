/** Placeholders in place of a key: unset variables and templates. */
export const placeholder = /^\$\{.*\}$|^\$\(.*\)$|^\$[A-Za-z_]\w*$|^\{\{.*\}\}$|^<[^<>]+>$|^%\w+%$/;
/** The syntax of other templates, and an elided text that was copied from a guide. */
const template =
  /^[#%@$]?\{.*\}#?$|^%\(\w+\)s?$|^\$\$?\w+\$?\$$|^\[+[\w .-]+\]+$|^__\w+__$|^@\w+@$|<[^<>]*(key|token|secret|password)[^<>]*>|(\.{3}|\u2026)$/i;
/** Words that stand in for a secret until it is filled in. Matched without blanks, hyphens and underscores. */
const standIn = new RegExp(
  `^(ptr)?(${[
    String.raw`(change|replace|fill|insert|paste|put|set|add|enter)(me|this|it|in|here)\w{0,10}`,
    // `your token`, `replace with your token`, `YOUR_TOKEN_GOES_HERE`.
    String.raw`((enter|insert|paste|put|add|set|use|fill(in)?|replace)(with|by)?)?(an?|(the|your|my)\w{0,20})(key|token|secret|password)(value|(goes|comes|is)?here)?`,
    String.raw`(enter|insert|paste|put|add|set|use|replacewith)\w{0,20}(key|token|secret|password)(here)?`,
    String.raw`(\w{0,20}(key|token|secret|password|value))?(goes|comes)?here`,
    String.raw`x{3,}|\*{3,}|\?{3,}|\.{3,}|api(key|token)|access(key|token)|to(do|be(done|replaced|filledin|defined|set))|tbd|tba|fixme|n/?a`,
    String.raw`none|null|nil|undefined|unset|placeholder|example|redacted|masked|removed`,
  ].join('|')})$`,
  'i',
);
/** Filler that people type to have any value at all. Many AWS emulators accept nothing better. */
const filler =
  /^(dummy|fake|sample|foo|bar|foobar|test|testing|password|passwd|secret|token|key)((api)?(key|token|secret|password))?\d{0,3}$/i;
/** A reference to a secret that is stored elsewhere, or a secret that is still encrypted. */
const reference = new RegExp(
  [
    String.raw`^[a-z][a-z0-9+.-]*:\/\/|^arn:aws|^\/(var\/)?run\/secrets\/`,
    String.raw`^(vault|ssm|sops|op|env|file|secret|secretref|secretsmanager|parameter|aws-?sm|gcp-?sm|azure-?kv|keyvault|bws|doppler|cmd|exec):\S`,
    String.raw`^!(vault|secret|env|env_var|ref|sub|include|file|reference|getatt|importvalue|join)\b`,
    String.raw`^(enc|encrypted|cipher)[[(].*[\])]$|^\{(cipher|aes)\}|^\$ANSIBLE_VAULT;`,
  ].join('|'),
  'i',
);
const named = /^(export\s+)?([A-Z][A-Z0-9_]{3,}|\w*(key|token|secret|password)\w*)\s*(=(?!=*[^\x21-\x7e \t])(?!=*$)|:\s)/i;
const header = /^(authorization:\s*|x-api-key:\s*)?(bearer|basic)\s|^(authorization|x-api-key):/i;

// oxlint-disable-next-line no-control-regex -- all letters of ASCII are meant
const isAscii = /^[\0-\x7f]*$/;
/** A line break written as two characters, as templates, JSON and some shells produce it. */
const writtenBreak = /^\\[nr]|\\([nr]|u000[ad])$/i;

/**
 * `key`: made by a manager, and sent in a header. `AWS key`: made by AWS, or invented for an AWS emulator. `password`,
 * `own token`, `user name`: chosen by a person.
 */
export type SecretKind = 'key' | 'AWS key' | 'password' | 'own token' | 'user name';

/** Why a text is visibly not what somebody meant to write, whatever that is; undefined when it may be. */
export function notAsMeant(text: string): string | undefined {
  if (text.startsWith('\uFEFF')) return 'begins with a byte order mark, as some editors write it: save it as plain text without one';
  if (text.includes('\uFFFD')) return 'is not text in UTF-8: save it as plain text';
  return placeholder.test(text) ? 'holds a placeholder that nothing has replaced' : undefined;
}

/**
 * Why a text is visibly not a secret of a manager, as the rest of a sentence that begins with where the text is set;
 * undefined when it may be one. In a password or user name, quotes, a name in front and the like are merely suspicious.
 * `certain`: the text can never be a valid secret. Never quotes the text.
 */
export function visiblyNoSecret(text: string, kind: SecretKind): { readonly why: string; readonly certain: boolean } | undefined {
  const certain = (why: string) => ({ why, certain: true });
  const likely = (why: string) => ({ why, certain: kind !== 'password' && kind !== 'user name' });
  if (text !== '' && text.trim() === '') return certain('is blank');
  const unread = notAsMeant(text);
  if (unread) return certain(unread);
  if (/^\s*<(!doctype|html|\?xml)/i.test(text)) return certain('holds a page, and no key');
  if (template.test(text) || isTemplateInUrl(text)) return likely('holds a placeholder that nothing has replaced, or JSON');
  const bare = text.replaceAll(/[\s_-]/g, '');
  if (standIn.test(bare) || ((kind === 'key' || kind === 'password') && filler.test(bare)))
    return likely('holds a word that stands for a secret: write the secret itself');
  if (reference.test(text)) return likely('holds a reference to a secret: write the secret itself');
  if (/^(["'`]).*\1$/.test(text)) return likely('has quotes around it: write it without them');
  if (named.test(text)) return likely('holds a name and a value: write the value alone');
  if (header.test(text)) return likely('holds a word of an HTTP header in front: write the value alone');
  if (writtenBreak.test(text)) return likely(String.raw`begins or ends with a line break that is written out (\n): write it without that`);
  if (!isAscii.test(text) && /[\p{Cf}\u00a0]/u.test(text)) return likely('holds a character that cannot be seen: copy it once more');
  return kind === 'key' && !isAscii.test(text) ? certain('holds a letter that no key has: copy it once more') : undefined;
}

/**
 * Whether the text is a percent-encoded template, as tools write it that encode part of an address: `%7B%7B key
 * %7D%7D`.
 */
function isTemplateInUrl(text: string): boolean {
  const plain = text.replaceAll(/%[2-7][0-9a-f]/gi, decodeURIComponent);
  return plain !== text && (placeholder.test(plain) || template.test(plain));
}

/** The same check for an AWS key: an access key ID, its secret, or a session token. */
export function visiblyNoKey(text: string): string | undefined {
  if (/[\r\n]/.test(text.trim())) return 'holds more than one line';
  // oxlint-disable-next-line no-control-regex -- these are what must not be there
  if (/[\u0000-\u001f\u007f]/.test(text)) return 'holds a line break or another control character: write the key without it';
  const odd = visiblyNoSecret(text, 'AWS key');
  if (odd) return odd.why;
  if (/\s/.test(text)) return 'holds a blank: write the key without it';
  return /[^\x21-\x7e]/.test(text) ? 'holds a character that no key has' : undefined;
}

/**
 * The same check for an access key ID, which has none of the characters that only a secret has. It catches a secret
 * that would otherwise be sent in place of the ID.
 */
export const visiblyNoKeyId = (text: string): string | undefined =>
  visiblyNoKey(text) ?? (/[/+,=#;]/.test(text) ? 'holds a character that no access key ID has' : undefined);
