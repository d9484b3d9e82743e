/** Values that may be secret, after a name that says so, or after the user name of ECR. */
const named = /(?<![\w:-])([\w-]*(?:password|passwd|secret|token|(?:access|api)[-_]?key)["']?\s*[:=]\s*["']?)([^\s"',;}]+)/gi;
const ofEcr = /(?<![\w:-])(AWS:)([^\s"',;}]+)/g;
/** IDs of access keys of users and of sessions (IAM user guide, unique identifiers). */
const keyId = /\b(AKIA|ASIA)[A-Z0-9]{12,}\b/g;
/** An ARN, which may be as long as a key, or a run of characters that keys consist of. */
const run = /\barn:[\w-]+:[^\s"',;]+|[A-Za-z0-9+/_-]+={0,2}/g;

/**
 * Masks what looks like a key, a password or a token in the error text of a program or function, which may print what
 * it has just received. ARNs stay: they say whose it was.
 */
export function withoutKeys(said: string): string {
  const hide = (whole: string, name: string, value: string): string => (/\d/.test(value) || value.length >= 16 ? `${name}[secret]` : whole);
  return said
    .replace(named, hide)
    .replace(ofEcr, hide)
    .replace(keyId, '$1[secret]')
    .replace(run, found => (!found.startsWith('arn:') && looksLikeKey(found) ? '[secret]' : found));
}

/** Whether a run looks like a key. A key may begin with a slash, like a path, but no part of a path looks like one. */
const looksLikeKey = (found: string): boolean =>
  found.startsWith('/') ? found.split('/').some(part => isMixed(part, 20)) : isMixed(found, 32);

const isMixed = (text: string, least: number): boolean =>
  text.length >= least && [/[a-z]/, /[A-Z]/, /[0-9]/].every(kind => kind.test(text));
