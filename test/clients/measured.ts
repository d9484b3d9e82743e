/**
 * What fifteen registry clients sent for 47 forms of config.json, as seen running in November 2026: docker 28.2.2 with
 * a stand-in engine, docker/cli 29.9.3 as a library, crane 0.22.1, oras 1.3.6, regctl 0.11.7, skopeo 1.9.3,
 * go.podman.io/image 5.42.1, nerdctl's resolver of August 2026, the kubelet's keyring 1.37.2, docker-py 7.2.0,
 * testcontainers 12.2.0 (npm) and 2.0.5 (Java), docker-java 3.7.1, jib-core 0.28.1, docker_credential 1.4.0. y: the
 * good login; -: nothing; ":": an empty user name and password; FAIL: an error, nothing is sent; undecoded: an `auth`
 * without a user; idt, rgt: a token; PLAINHTTP: http instead of https; from-help, from-store: what a helper answered;
 * other words are passwords. The image is H/team/app:1.
 */
import type { ClientId } from '../../src/clients/rules.ts';

export const host = '123456789012.dkr.ecr.eu-west-1.amazonaws.com';
export const image = { host, repository: 'team/app' };

const columns = [
  'docker28',
  'cli29',
  'crane',
  'oras',
  'regctl',
  'skopeo19',
  'cimage',
  'nerdctl',
  'kubelet',
  'dockerpy',
  'tcnode',
  'tcjava',
  'djava',
  'jib',
  'rust',
] as const satisfies readonly ClientId[];

const rows = {
  'k-HOST-upper': '- | - | - | - | - | ":" | ":" | - | - | - | - | - | - | - | -',
  'k-host': 'y | y | y | y | y | y | y | y | y | y | y | y | y | y | y',
  'k-host-443': '- | - | - | - | - | ":" | ":" | y | - | - | - | - | - | - | -',
  'k-host-ns': 'y | y | y | y | - | y | y | y | y | y | - | - | y | y | -',
  'k-host-ns-repo': 'y | y | y | y | - | y | y | y | y | y | - | - | y | y | -',
  'k-host-slash': 'y | y | y | y | y | ":" | ":" | y | y | y | - | - | y | y | -',
  'k-host-v1': 'y | y | y | y | - | y | y | y | y | y | - | - | y | y | y',
  'k-host-v2': 'y | y | y | y | - | y | y | y | y | y | - | - | y | y | y',
  'k-http-host': 'y | y | y | y | PLAINHTTP | y | y | y | y | y | y | y | y | - | y',
  'k-https-host': 'y | y | y | y | y | y | y | y | y | y | y | y | y | y | y',
  'k-https-host-443': '- | - | - | - | - | ":" | ":" | y | - | - | - | - | - | - | -',
  'k-https-host-slash': 'y | y | y | y | y | y | y | y | y | y | - | - | y | y | y',
  'k-wildcard': '- | - | - | - | - | ":" | ":" | - | y | - | - | - | - | - | -',
  'a-auth-and-identitytoken': 'y+idt | y+idt | y | y | y | y | y | y+idt | y | idt | idt | y+idt | y+idt | y | idt',
  'a-auth-and-other-userpass':
    'fromauth | fromauth | fromauth | fromauth | fromauth | fromauth | fromauth | fromauth | fromauth | fromauth | fromauth | fromplain | fromauth | fromauth | FAIL',
  'a-colon-in-password':
    'a:b:c | a:b:c | a:b:c | a:b:c | a:b:c | a:b:c | a:b:c | a:b:c | a:b:c | a:b:c | a:b:c | a:b:c | a:b:c | a:b:c | a:b:c',
  'a-identitytoken': 'idt | idt | - | - | - | ":" | ":" | idt | ":" | idt | idt | idt | idt | - | idt',
  'a-newline-inside':
    'good+LF | good+LF | good+LF | good+LF | good+LF | good+LF | good+LF | good+LF | good+LF | good+LF | good+LF | good+LF | good+LF | good+LF | good+LF',
  'a-no-colon': 'undecoded | FAIL | FAIL | FAIL | - | ":" | ":" | FAIL | FAIL | FAIL | empty | - | FAIL | FAIL | FAIL',
  'a-nul-inside':
    'good | good | good | good | good | good | good | good | good+NUL | good+NUL | good+NUL | good+NUL | good+NUL | good+NUL | good+NUL',
  'a-registrytoken': 'rgt | rgt | Bearer rgt | - | - | ":" | ":" | rgt | ":" | - | - | - | - | - | -',
  'a-unpadded': 'undecoded | FAIL | FAIL | FAIL | - | FAIL | FAIL | FAIL | y | FAIL | y | y | y | y | y',
  'a-urlsafe': 'undecoded | FAIL | FAIL | FAIL | - | FAIL | FAIL | FAIL | FAIL | FAIL | y | - | FAIL | FAIL | FAIL',
  'a-userpass-only': 'plain | plain | plain | plain | plain | ":" | ":" | plain | plain | - | plain | plain | plain | plain | plain',
  'a-wrapped': 'y | y | y | y | y | y | y | y | y | y | y | - | FAIL | FAIL | FAIL',
  'a-wrapped-mid': 'y | y | y | y | y | y | y | y | y | y | y | - | FAIL | FAIL | FAIL',
  'x-bom': '- | FAIL | FAIL | FAIL | - | FAIL | FAIL | FAIL | FAIL | - | FAIL | y | y | y | FAIL',
  'x-crlf': 'y | y | y | y | y | y | y | y | y | y | y | y | y | y | y',
  'x-empty-then-https': '- | - | - | - | y | ":" | ":" | y | ":" then y | - | - | - | - | - | -',
  'x-foreign-bad-base64': 'undecoded | FAIL | FAIL | y | y | y | y | FAIL | FAIL | FAIL | y | y | FAIL | y | y',
  'x-foreign-bad-entry': 'undecoded | FAIL | FAIL | y | y | y | y | FAIL | FAIL | FAIL | y | y | FAIL | y | y',
  'x-host-and-ns': 'bare | bare | repo | bare | bare | repo | repo | bare | repo then bare | bare | bare | bare | bare | bare | bare',
  'x-trailing-comma': '- | FAIL | FAIL | FAIL | - | FAIL | FAIL | FAIL | FAIL | - | FAIL | - | FAIL | - | FAIL',
  'x-two-https-first':
    'bare | bare | bare | bare | bare | bare | bare | bare | https then bare | bare | https | https | bare | bare | bare',
  'h-443-key-helper': '- | - | - | - | - | ":" | ":" | from-help | - | - | - | - | - | - | -',
  'h-empty-helper': 'y | y | from-store | from-store | y | FAIL | FAIL | from-store | y | from-store | from-store | - | y | y | y',
  'h-helper-and-auths':
    'from-help | from-help | from-help | from-help | from-help | from-help | from-help | from-help | y | from-help | from-help | from-help | y | from-help | from-help',
  'h-helper-only':
    'from-help | from-help | from-help | from-help | from-help | from-help | from-help | from-help | - | from-help | from-help | from-help | - | from-help | from-help',
  'h-https-key-helper': '- | - | - | - | from-help | ":" | ":" | from-help | - | - | - | - | - | from-help | -',
  'h-missing-program-and-auths': 'y | FAIL | FAIL | FAIL | y | FAIL | FAIL | - | y | FAIL | FAIL | - | y | y | FAIL',
  'h-notfound-helper-and-auths': '- | - | - | - | y | ":" | ":" | - | y | y | y | y | y | y | FAIL',
  'h-notfound-helper-and-store': '- | - | from-store | - | - | ":" | ":" | from-store | - | - | from-store | from-store | - | - | FAIL',
  'h-ns-helper': '- | - | - | - | - | ":" | ":" | - | - | - | - | - | - | from-help | -',
  'h-store-and-auths':
    'from-store | from-store | from-store | from-store | y | y | y | from-store | y | from-store | from-store | from-store | y | from-store | y',
  'h-store-and-empty-entry':
    'from-store | from-store | from-store | from-store | - | ":" | ":" | from-store | ":" | from-store | from-store | from-store | - | from-store | from-store',
  'h-store-only':
    'from-store | from-store | from-store | from-store | - | ":" | ":" | from-store | - | from-store | from-store | from-store | - | from-store | from-store',
  'h-wild-helper': '- | - | - | - | - | ":" | ":" | - | - | - | - | - | - | - | -',
} as const;

export type Form = keyof typeof rows;
export const forms = Object.keys(rows) as Form[];

/** What each client sent for a form. */
export const measured = (form: Form): readonly (readonly [client: ClientId, sent: string])[] => {
  const cells = rows[form].split(' | ');
  return columns.map((client, at) => [client, cells[at] ?? '']);
};

const login = (password: string): { readonly auth: string } => ({ auth: Buffer.from(`AWS:${password}`).toString('base64') });
const good = login('good');
const withKey = (key: string): string => JSON.stringify({ auths: { [key]: good } });
const entry = (value: object): string => JSON.stringify({ auths: { [host]: value } });
const two = (first: string, a: object, second: string, b: object): string => JSON.stringify({ auths: { [first]: a, [second]: b } });
const helped = (credHelpers: object | undefined, credsStore?: string, auths?: object): string =>
  JSON.stringify({ auths, credHelpers, credsStore });
/** Rewrites base64 in the alphabet for URLs. The base64 of `withPlus` contains characters that differ. */
const urlsafe = (text: string): string => text.replaceAll('+', '-').replaceAll('/', '_');
export const withPlus = 'good>>>???';

/** The text of config.json for each form. help, store, missing and none are programs; the last one says "not found". */
export const textOf: Readonly<Record<Form, string>> = {
  'k-HOST-upper': withKey(host.toUpperCase()),
  'k-host': withKey(host),
  'k-host-443': withKey(`${host}:443`),
  'k-host-ns': withKey(`${host}/team`),
  'k-host-ns-repo': withKey(`${host}/team/app`),
  'k-host-slash': withKey(`${host}/`),
  'k-host-v1': withKey(`https://${host}/v1/`),
  'k-host-v2': withKey(`https://${host}/v2/`),
  'k-http-host': withKey(`http://${host}`),
  'k-https-host': withKey(`https://${host}`),
  'k-https-host-443': withKey(`https://${host}:443`),
  'k-https-host-slash': withKey(`https://${host}/`),
  'k-wildcard': withKey('*.dkr.ecr.eu-west-1.amazonaws.com'),
  'a-auth-and-identitytoken': entry({ ...good, identitytoken: 'idt' }),
  'a-auth-and-other-userpass': entry({ ...login('fromauth'), username: 'AWS', password: 'fromplain' }),
  'a-colon-in-password': entry(login('a:b:c')),
  'a-identitytoken': entry({ identitytoken: 'idt' }),
  'a-newline-inside': entry(login('good\n')),
  'a-no-colon': entry({ auth: Buffer.from('AWS').toString('base64') }),
  'a-nul-inside': entry(login('good\0')),
  'a-registrytoken': entry({ registrytoken: 'rgt' }),
  'a-unpadded': entry({ auth: good.auth.replace(/=+$/, '') }),
  'a-urlsafe': entry({ auth: urlsafe(login(withPlus).auth) }),
  'a-userpass-only': entry({ username: 'AWS', password: 'plain' }),
  'a-wrapped': entry({ auth: `${good.auth}\n` }),
  'a-wrapped-mid': entry({ auth: `${good.auth.slice(0, 8)}\n${good.auth.slice(8)}` }),
  'x-bom': `\uFEFF${withKey(host)}`,
  'x-crlf': JSON.stringify({ auths: { [host]: good } }, undefined, 2).replaceAll('\n', '\r\n'),
  'x-empty-then-https': two(host, {}, `https://${host}`, good),
  'x-foreign-bad-base64': two('other.example', { auth: '!!!' }, host, good),
  'x-foreign-bad-entry': two('other.example', { auth: 'bm9jb2xvbg==' }, host, good),
  'x-host-and-ns': two(host, login('bare'), `${host}/team/app`, login('repo')),
  'x-trailing-comma': withKey(host).replace('}}}', '}},}'),
  'x-two-https-first': two(`https://${host}`, login('https'), host, login('bare')),
  'h-443-key-helper': helped({ [`${host}:443`]: 'help' }),
  'h-empty-helper': helped({ [host]: '' }, 'store', { [host]: good }),
  'h-helper-and-auths': helped({ [host]: 'help' }, undefined, { [host]: good }),
  'h-helper-only': helped({ [host]: 'help' }),
  'h-https-key-helper': helped({ [`https://${host}`]: 'help' }),
  'h-missing-program-and-auths': helped({ [host]: 'missing' }, undefined, { [host]: good }),
  'h-notfound-helper-and-auths': helped({ [host]: 'none' }, undefined, { [host]: good }),
  'h-notfound-helper-and-store': helped({ [host]: 'none' }, 'store'),
  'h-ns-helper': helped({ [`${host}/team`]: 'help' }),
  'h-store-and-auths': helped(undefined, 'store', { [host]: good }),
  'h-store-and-empty-entry': helped(undefined, 'store', { [host]: {} }),
  'h-store-only': helped(undefined, 'store'),
  'h-wild-helper': helped({ '*.dkr.ecr.eu-west-1.amazonaws.com': 'help' }),
};

/** What each client did when a helper failed with a message beside an entry with the password "stale". */
export const failingHelper: Readonly<Partial<Record<ClientId, string>>> = {
  docker28: 'stale',
  cli29: 'FAIL',
  crane: 'FAIL',
  oras: 'FAIL',
  regctl: 'stale',
  cimage: 'FAIL',
  nerdctl: '-',
  dockerpy: 'FAIL',
  tcnode: 'stale',
  tcjava: 'stale',
  jib: 'stale',
  rust: 'FAIL',
};
