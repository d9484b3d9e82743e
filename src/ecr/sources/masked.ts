/** Names in front of what may be secret. */
const named = /(?<![\w:-])(AWS:|(?:[Pp]assword|[Pp]asswd|[Ss]ecret|[Tt]oken)["']?\s*[:=]\s*["']?)([^\s"',;}]+)/g;
/** An ARN, which may be as long as a key, or a run of the characters of keys. */
const run = /\barn:[\w-]+:[^\s"',;]+|[A-Za-z0-9+/_-]+={0,2}/g;

/**
 * What a program or a function says on its failure, without what looks like a key, a password or a token: it may print
 * what it has just been given. Access key ids and ARNs stay: they say whose they were.
 */
export function withoutKeys(said: string): string {
  return said
    .replace(named, (whole, name: string, value: string) => (/\d/.test(value) || value.length >= 16 ? `${name}[secret]` : whole))
    .replace(run, found => (!found.startsWith('arn:') && looksLikeKey(found) ? '[secret]' : found));
}

const looksLikeKey = (found: string): boolean =>
  found.length >= 32 && [/[a-z]/, /[A-Z]/, /[0-9]/].every(kind => kind.test(found)) && !found.startsWith('/');
