import { fromBase64 } from '../../../contract/expiry.ts';
import { parseAddress } from '../../../contract/registry.ts';
import { wordsOf } from '../../keys/command-line.ts';
import { odd, one, type Reading, type Said, together, visiblyNoToken } from './said.ts';

const loginLine =
  /^\s*(?:sudo\s+)?(?:docker|podman|nerdctl|finch|buildah|skopeo|oras|crane\s+auth|helm\s+registry|regctl\s+registry)\s+login\s/;

/** Matches a row of `aws ecr get-authorization-token --output text`. */
const tableRow = /^AUTHORIZATIONDATA\s+(?<token>\S+)\s+(?<expires>\S+)(?:\s+(?<host>\S+))?$/;

/**
 * Reads a text that is not JSON: a password, user and password, a token, rows of the AWS CLI, or lines of `docker
 * login`. Quotes nothing of it.
 */
export function readText(text: string): Reading {
  const lines = text.split(/\r?\n/).filter(line => line.trim());
  if (lines.length === 0) return odd('nothing');
  if (/^\s*</.test(text)) return odd('a page, and no credential');
  if (lines.every(line => loginLine.test(line))) return together(lines.map(fromLogin));
  const rows = lines.map(line => tableRow.exec(line)?.groups);
  if (rows.every(row => row !== undefined))
    return together(rows.map(({ token = '', ...facts }) => one({ ...facts, secret: token, form: 'token' })));
  const plain = withoutDress(lines.length === 1 ? (lines[0] ?? '') : unwrapped(lines));
  if (/\s/.test(plain)) return odd(lines.length === 1 ? 'a text that is not a token' : `${lines.length} lines that are not token`);
  if (/^[A-Za-z]{1,39}$/.test(plain)) return odd('a word that is not a token');
  // Anything may be a password behind a user name; it is validated later.
  const { username, secret } = /^(?<username>[\w.-]{1,64}):(?<secret>.+)$/.exec(plain)?.groups ?? {};
  const wrong = username === 'AWS' ? undefined : visiblyNoToken(plain);
  if (wrong) return odd(`a text that ${wrong}`);
  return one(username && secret ? { username, secret } : { secret: plain });
}

/** Strips the name of an HTTP header, and what Python writes around bytes: `b'...'`. */
export const withoutDress = (text: string): string =>
  text
    .trim()
    .replace(/^(?:authorization:\s*)?basic\s+/i, '')
    .replace(/^b(['"])(.*)\1$/, '$2')
    .trim();

/** Joins the lines of wrapped base64; `base64` wraps after 76 characters. */
function unwrapped(lines: readonly string[]): string {
  const joined = lines.map(line => line.trim()).join('');
  return fromBase64(joined) === undefined ? lines.join('\n') : joined;
}

const namesOf = { username: ['-u', '--username'], password: ['-p', '--password'] } as const;

/** Parses a line such as `docker login -u AWS -p TOKEN https://HOST`, which `aws ecr get-login` printed. */
function fromLogin(line: string): Reading {
  const words = wordsOf(line);
  if (typeof words === 'string') return odd('a line of `docker login` that needs a shell');
  const valueOf = (names: readonly string[]): string | undefined => {
    const at = words.findIndex(word => names.includes(word) || names.some(name => name.startsWith('--') && word.startsWith(`${name}=`)));
    const word = words[at] ?? '';
    return at < 0 ? undefined : names.includes(word) ? words[at + 1] : word.slice(word.indexOf('=') + 1);
  };
  const [username, secret] = [valueOf(namesOf.username), valueOf(namesOf.password)];
  if (!secret) return odd('a line of `docker login` without a password');
  const host = words.findLast(word => parseAddress(word));
  return one({ username, secret, host } satisfies Said);
}
