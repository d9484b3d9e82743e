const secret = '[secret]';

/** Names that precede secrets, as headers, fields, variables and options. */
const names =
  '(?:[\\w-]*(?:password|passwd|passphrase|secret|api[-_]?key|access[-_]?key|session[-_]?token|security[-_]?token|identity[-_]?token|registry[-_]?token|registry-auth|signature|cookie)[\\w-]*|pwd)';
/** The start of such a name. The last part of a URL path is excluded: `Get "https://HOST/auth": dial tcp`. */
const begin = '(?<![\\w-])(?<!/(?=[\\w-]+["\']))';
/** Excludes error messages about a header: `missing X-Registry-Auth: EOF`. */
const isSaid = '(?!(?:EOF|unexpected|invalid|illegal|missing|malformed|empty)(?:[\\s,;]|$))';
/** Names that ordinary sentences use too: `fetch anonymous token: unexpected status`. */
const weak = '(?:[\\w-]*token|[\\w-]*credentials?|auth)';
const isProse = '(?!\\s+(?!basic\\b|bearer\\b)(?:[a-z]{2,15}|[1-5]\\d\\d)[:,]?\\s+[a-z])';
/** Environment variables that hold secrets, by the ends of their names. */
const variables = '[A-Z0-9_]*(?:KEY|TOKEN|PASS|PWD|SECRET|AUTH|CREDENTIALS?)';

/** A value, with its quotes if it has any. */
const value = `(?:"[^"]{0,4000}"?|'[^']{0,4000}'?|(?:(?:basic|bearer)\\s+)?[^\\s"'<>{}]+)`;

/** What is masked in a pasted text, each with its replacement. */
const hidden: readonly (readonly [pattern: RegExp, shown: string])[] = [
  // The user and password of a URL, and its query: a presigned URL is as good as a login.
  [/([a-z][a-z0-9+.-]*:\/\/)[^\s/"'@]*(?:[^\s"'@]*)@/gi, `$1${secret}@`],
  [/(\b[a-z][a-z0-9+.-]*:\/\/[^\s"'?<>]+\?)[^\s"'<>]*[^\s"'<>:;,.)\]]/gi, `$1${secret}`],
  [/(\bX-Amz-[\w-]+=)[^\s&"'<>]+/gi, `$1${secret}`],
  [
    /\b(basic|bearer|negotiate|aws4-hmac-sha256)(\s+)(?=\S*[\d=_A-Z])[^\s"',;]{6,}(?:[, ]+(?:signedheaders|signature|credential)=[^\s"']+)*/gi,
    `$1$2${secret}`,
  ],
  [/eyJ[\w+/-]{8,}(?:[.=][\w+/=-]*)*/g, secret],
  [new RegExp(`(${begin}${names}["']?\\s*(?:[:=]|=>)\\s*)(?!\\[secret)${isSaid}${value}`, 'gi'), `$1${secret}`],
  [new RegExp(`(${begin}[\\w-]*authorization(?:["']\\s*:|["']?\\s*=>?|:${isProse})\\s*)(?!\\[secret)${value}`, 'gi'), `$1${secret}`],
  [new RegExp(`(${begin}${weak}["']\\s*:\\s*|(?<![\\w-])${weak}\\s*(?:=>?|:${isProse})\\s*)(?!\\[secret)${value}`, 'gi'), `$1${secret}`],
  [new RegExp(`(\\b${variables}\\s*=\\s*)(?!\\[secret)${value}`, 'g'), `$1${secret}`],
  // Session AWS tokens, and tokens of other vendors that have a known prefix.
  [/(?<![A-Za-z0-9])(?:IQoJ|FwoG|FQoG|AQoD)[\w+/=%-]{8,}/g, secret],
  [/(?<![A-Za-z0-9])(?:gh[pousr]_|github_pat_|glpat-|npm_|dckr_pat_|xox[abpr]-)[\w-]{10,}/g, secret],
  [/((?:^|\s)(?:--?(?:p|password|token|secret|passphrase))(?:\s+|=)["']?)(?!-)[^\s"']{3,}/gi, `$1${secret}`],
  [/((?:^|\s)(?:-u|--user|--creds|--src-creds|--dest-creds)(?:\s+|=)["']?[^\s"':]*:)[^\s"']+/gi, `$1${secret}`],
  [/\b(AKIA|ASIA)[A-Z0-9]{12,}\b/g, `$1${secret}`],
  [/(-----BEGIN [A-Z ]*PRIVATE KEY-----)[^-]*/g, `$1 ${secret} `],
  // Words of 40 or more characters that are not digest: keys and other base64.
  [/(?<![\w+/-])(?=[A-Za-z0-9+/_]*\d)(?=[A-Za-z0-9+/_]*[g-z])[A-Za-z0-9+/_]{40,}={0,2}/gi, secret],
  [/(?<![\w+/-])(?=[\w+/-]*[A-Z])(?=[\w+/-]*[a-z])(?=[\w+/-]*\d)[\w+/-]{40,}={0,2}/g, secret],
];

/** The text with the secrets masked that logs and URLs may contain. Use it for any foreign text that is shown again. */
export const masked = (text: string): string => hidden.reduce((clean, [pattern, shown]) => clean.replace(pattern, shown), text);
