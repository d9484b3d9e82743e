const secret = '[secret]';

/** Names behind which secrets stand, as headers, members, variables and options. */
const names =
  '(?:[\\w-]*(?:password|passwd|passphrase|secret|api[-_]?key|access[-_]?key|session[-_]?token|security[-_]?token|identity[-_]?token|registry[-_]?token|registry-auth|signature|cookie)[\\w-]*|pwd)';
/** The last part of an address is none: `Get "https://HOST/auth": dial tcp`. */
const begin = '(?<![\\w-])(?<!/(?=[\\w-]+["\']))';
/** `missing X-Registry-Auth: EOF`. */
const isSaid = '(?!(?:EOF|unexpected|invalid|illegal|missing|malformed|empty)(?:[\\s,;]|$))';
/** Words of ordinary sentences as well: `fetch anonymous token: unexpected status`. */
const weak = '(?:[\\w-]*token|[\\w-]*credentials?|auth)';
const isProse = '(?!\\s+(?!basic\\b|bearer\\b)(?:[a-z]{2,15}|[1-5]\\d\\d)[:,]?\\s+[a-z])';
/** Variables, by the ends of their names. */
const variables = '[A-Z0-9_]*(?:KEY|TOKEN|PASS|PWD|SECRET|AUTH|CREDENTIALS?)';

/** With its quotes, where it has some. */
const value = `(?:"[^"]{0,4000}"?|'[^']{0,4000}'?|(?:(?:basic|bearer)\\s+)?[^\\s"'<>{}]+)`;

/** What is hidden in a text that somebody pasted, each with what stays of it. */
const hidden: readonly (readonly [pattern: RegExp, shown: string])[] = [
  // User and password of an address, and its query: signed addresses are as good as a login.
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
  // Sessions of AWS, and tokens of others that are known by how they begin.
  [/(?<![A-Za-z0-9])(?:IQoJ|FwoG|FQoG|AQoD)[\w+/=%-]{8,}/g, secret],
  [/(?<![A-Za-z0-9])(?:gh[pousr]_|github_pat_|glpat-|npm_|dckr_pat_|xox[abpr]-)[\w-]{10,}/g, secret],
  [/((?:^|\s)(?:--?(?:p|password|token|secret|passphrase))(?:\s+|=)["']?)(?!-)[^\s"']{3,}/gi, `$1${secret}`],
  [/((?:^|\s)(?:-u|--user|--creds|--src-creds|--dest-creds)(?:\s+|=)["']?[^\s"':]*:)[^\s"']+/gi, `$1${secret}`],
  [/\b(AKIA|ASIA)[A-Z0-9]{12,}\b/g, `$1${secret}`],
  [/(-----BEGIN [A-Z ]*PRIVATE KEY-----)[^-]*/g, `$1 ${secret} `],
  // Words of forty and more letters that are no digest: keys, and whatever else is base64.
  [/(?<![\w+/-])(?=[A-Za-z0-9+/_]*\d)(?=[A-Za-z0-9+/_]*[g-z])[A-Za-z0-9+/_]{40,}={0,2}/gi, secret],
  [/(?<![\w+/-])(?=[\w+/-]*[A-Z])(?=[\w+/-]*[a-z])(?=[\w+/-]*\d)[\w+/-]{40,}={0,2}/g, secret],
];

/** The text without secrets that a log or an address may hold. For texts of others that are shown again. */
export const masked = (text: string): string => hidden.reduce((clean, [pattern, shown]) => clean.replace(pattern, shown), text);
