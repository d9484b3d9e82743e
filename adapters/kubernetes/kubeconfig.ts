import { Failure } from '../../src/contract/failures.ts';
import { Secret } from '../../src/contract/secret.ts';
import { label } from '../../src/contract/text.ts';
import { listOf, mapOf } from './objects.ts';

/** Text of a certificate or key, or the file with it. */
export type Given = { readonly text: Secret; readonly from: string } | { readonly file: string; readonly from: string };

/** What a context of a kubeconfig says of a cluster and of the login there (clientcmd/api/v1 of client-go). */
export interface Context {
  readonly url: string;
  readonly serverName: string | undefined;
  readonly proxy: Secret | undefined;
  readonly authorities: Given | undefined;
  readonly certificate: { readonly chain: Given; readonly key: Given } | undefined;
  readonly token: { readonly text: Secret } | { readonly file: string } | undefined;
}

/** Which kubeconfig, and which context of it; undefined: its current one. */
export interface Choice {
  readonly path: string;
  readonly context: string | undefined;
}

type Fields = Readonly<Record<string, unknown>>;

/** Throws MISCONFIGURED with the member that is in the way, and never with its value. */
export function contextIn(root: unknown, { path, context }: Choice): Context {
  const config = mapOf(root);
  if (config['contexts'] === undefined && config['clusters'] === undefined)
    throw wrong(`${path} is no kubeconfig: it has neither contexts nor clusters`, 'Name the file that kubectl uses.');
  const name = context ?? textIn(config, 'current-context', path);
  if (name === undefined) throw wrong(`${path} has no current-context`, `Choose one with \`context\`: ${namesIn(config['contexts'])}.`);
  const chosen = named(config, 'context', name, path);
  const clusterName = textIn(chosen, 'cluster', `the context ${label(name)} in ${path}`);
  const userName = textIn(chosen, 'user', `the context ${label(name)} in ${path}`);
  if (clusterName === undefined || userName === undefined)
    throw wrong(`The context ${label(name)} in ${path} has no ${clusterName === undefined ? 'cluster' : 'user'}`);
  const cluster = `the cluster ${label(clusterName)} in ${path}`;
  const user = `the user ${label(userName)} in ${path}`;
  return {
    ...serverIn(named(config, 'cluster', clusterName, path), cluster, path),
    ...loginIn(named(config, 'user', userName, path), user, path),
  };
}

type Server = Pick<Context, 'url' | 'serverName' | 'proxy' | 'authorities'>;

/**
 * `insecure-skip-tls-verify` counts for nothing: what is not verified is said by the options of the target alone, and a
 * certificate that nobody knows is told with its fingerprint.
 */
function serverIn(cluster: Fields, what: string, path: string): Server {
  const url = textIn(cluster, 'server', what);
  if (url === undefined) throw wrong(`${capital(what)} has no server`);
  const proxy = textIn(cluster, 'proxy-url', what);
  return {
    url: url.replace(/\/+$/, ''),
    serverName: textIn(cluster, 'tls-server-name', what),
    proxy: proxy === undefined ? undefined : new Secret(proxy),
    authorities: givenIn(cluster, 'certificate-authority', what, path),
  };
}

function loginIn(user: Fields, what: string, path: string): Pick<Context, 'certificate' | 'token'> {
  for (const [member, why] of refused) if (user[member] !== undefined) throw wrong(`${capital(what)} has ${member}: ${why}`, instead);
  const chain = givenIn(user, 'client-certificate', what, path);
  const key = givenIn(user, 'client-key', what, path);
  if (!chain !== !key)
    throw wrong(`${capital(what)} has a client ${chain ? 'certificate without its key' : 'key without its certificate'}`);
  const [text, file] = [textIn(user, 'token', what), textIn(user, 'tokenFile', what)];
  if (!chain && text === undefined && file === undefined) throw wrong(`${capital(what)} has neither token nor client certificate`, instead);
  // A file comes before the text beside it, as for kubectl.
  const token = file !== undefined ? { file: beside(path, file) } : text !== undefined ? { text: new Secret(text) } : undefined;
  return { certificate: chain && key && { chain, key }, token };
}

const instead = 'Give the courier a user of its own there: a token, the file of a token, or a client certificate.';

/** What would let us in as somebody else than is written, or not at all. */
const refused: readonly (readonly [string, string])[] = [
  ['username', 'no Kubernetes since 1.19 takes user name and password'],
  ['password', 'no Kubernetes since 1.19 takes user name and password'],
  ['as', 'the courier does not act in the name of somebody else'],
  ['as-uid', 'the courier does not act in the name of somebody else'],
  ['as-groups', 'the courier does not act in the name of somebody else'],
  ['as-user-extra', 'the courier does not act in the name of somebody else'],
  ['exec', 'the courier starts no programs for a login'],
  ['auth-provider', 'no kubectl since 1.26 knows any but oidc, and the courier knows none'],
];

/** `NAME-data` comes before the file `NAME`. */
function givenIn(fields: Fields, name: string, what: string, path: string): Given | undefined {
  const from = (member: string): string => `${member} of ${what}`;
  const data = textIn(fields, `${name}-data`, what);
  if (data !== undefined) return { text: new Secret(Buffer.from(data, 'base64').toString()), from: from(`${name}-data`) };
  const file = textIn(fields, name, what);
  return file === undefined ? undefined : { file: beside(path, file), from: from(name) };
}

/** A path in a kubeconfig is seen from the folder of that kubeconfig. */
export function beside(kubeconfig: string, path: string): string {
  if (/^([/\\]|[a-z]:[/\\])/i.test(path)) return path;
  return `${/^.*[/\\]/s.exec(kubeconfig)?.[0] ?? ''}${path}`;
}

function named(config: Fields, kind: 'context' | 'cluster' | 'user', name: string, path: string): Fields {
  const all = config[`${kind}s`];
  const found = listOf(all)
    .map(mapOf)
    .find(one => one['name'] === name);
  if (!found) throw wrong(`${path} has no ${kind} ${label(name)}`, `It has ${namesIn(all)}.`);
  return mapOf(found[kind]);
}

const mostNames = 20;
function namesIn(list: unknown): string {
  const names = listOf(list).flatMap(one => label(mapOf(one)['name'], 80) || []);
  const more = names.length > mostNames ? ` and ${names.length - mostNames} more` : '';
  return names.length === 0 ? 'none' : `${names.slice(0, mostNames).join(', ')}${more}`;
}

/** undefined: nothing said. */
function textIn(fields: Fields, member: string, what: string): string | undefined {
  const value = fields[member];
  if (value === undefined || value === null || value === '') return undefined;
  if (typeof value !== 'string') throw wrong(`${member} of ${what} is no text`, 'Put it in quotes.');
  return value;
}

const capital = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
const wrong = (said: string, remedy?: string): Failure =>
  new Failure('MISCONFIGURED', `${said}.`, { remedy: `${remedy ?? 'Correct the kubeconfig.'} It is read again by itself.` });
