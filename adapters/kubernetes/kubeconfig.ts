import type { NamedProxy } from '../../src/contract/http.ts';
import { Secret } from '../../src/contract/secret.ts';
import { capital, few, label } from '../../src/contract/text.ts';
import { beside, type Fields, type Given, givenIn, textIn, wrong } from './fields.ts';
import { listOf, mapOf } from './objects.ts';
import { type Oidc, oidcIn } from './oidc-config.ts';

/** What a context of a kubeconfig says of a cluster and of the login there (clientcmd/api/v1 of client-go). */
export interface Context {
  readonly url: string;
  readonly serverName: string | undefined;
  readonly proxy: Pick<NamedProxy, 'address' | 'login'> | undefined;
  readonly authorities: Given | undefined;
  readonly certificate: { readonly chain: Given; readonly key: Given } | undefined;
  readonly token: { readonly text: Secret } | { readonly file: string } | undefined;
  /** Instead of certificate and token. */
  readonly exec: Exec | undefined;
  /** Instead of certificate, token and exec. */
  readonly oidc: Oidc | undefined;
}

/** The program that gives a login (ExecConfig of client-go). */
export interface Exec {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly version: string;
  readonly installHint: string | undefined;
  /** What the program is told of the cluster. undefined: nothing, as the kubeconfig does not ask for it. */
  readonly cluster: { readonly config: unknown } | undefined;
  /** The user in messages: `the user u in /k/config`. */
  readonly from: string;
}

/** Which kubeconfig, and which context of it; undefined: its current one. */
export interface Choice {
  readonly path: string;
  readonly context: string | undefined;
}

/** Reads a context of a parsed kubeconfig. Throws MISCONFIGURED with the offending member, and never with its value. */
export function contextIn(root: unknown, { path, context }: Choice): Context {
  const config = mapOf(root);
  if (config['contexts'] === undefined && config['clusters'] === undefined)
    throw wrong(`${path} is not a kubeconfig: it has neither contexts nor clusters`, 'Name the file that kubectl uses.');
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
    ...loginIn(named(config, 'user', userName, path), user, path, extensionIn(named(config, 'cluster', clusterName, path))),
  };
}

type Server = Pick<Context, 'url' | 'serverName' | 'proxy' | 'authorities'>;

/**
 * Reads a cluster. `insecure-skip-tls-verify` is ignored: only the options of the target can limit verification, and an
 * unknown certificate is reported with its fingerprint.
 */
function serverIn(cluster: Fields, what: string, path: string): Server {
  const url = textIn(cluster, 'server', what);
  if (url === undefined) throw wrong(`${capital(what)} has no server`);
  const proxy = textIn(cluster, 'proxy-url', what);
  return {
    url: url.replace(/\/+$/, ''),
    serverName: textIn(cluster, 'tls-server-name', what),
    proxy: proxy === undefined ? undefined : proxyIn(proxy.trim()),
    authorities: givenIn(cluster, 'certificate-authority', what, path),
  };
}

/** Splits the login of a proxy from its address, as messages show the address. */
function proxyIn(text: string): Pick<NamedProxy, 'address' | 'login'> {
  const [, scheme = 'http://', rest = ''] = /^([a-z][a-z0-9+.-]*:\/\/)?(.*)$/is.exec(text) ?? [];
  const at = rest.lastIndexOf('@');
  return { address: scheme + rest.slice(at + 1), ...(at >= 0 && { login: new Secret(rest.slice(0, at)) }) };
}

function loginIn(user: Fields, what: string, path: string, config: unknown): Pick<Context, 'certificate' | 'token' | 'exec' | 'oidc'> {
  for (const [member, why] of refused) if (user[member] !== undefined) throw wrong(`${capital(what)} has ${member}: ${why}`, instead);
  const chain = givenIn(user, 'client-certificate', what, path);
  const key = givenIn(user, 'client-key', what, path);
  if (!chain !== !key)
    throw wrong(`${capital(what)} has a client ${chain ? 'certificate without its key' : 'key without its certificate'}`);
  const [text, file] = [textIn(user, 'token', what), textIn(user, 'tokenFile', what)];
  const exec = user['exec'] === undefined ? undefined : execIn(mapOf(user['exec']), what, path, config);
  const oidc = user['auth-provider'] === undefined ? undefined : oidcIn(mapOf(user['auth-provider']), what, path);
  const program = exec ? 'exec' : oidc ? 'auth-provider' : undefined;
  if (program && ((chain ?? text ?? file) !== undefined || (exec && oidc)))
    throw wrong(`${capital(what)} has a login beside ${program}`, 'Take one of the two out.');
  if (!program && !chain && text === undefined && file === undefined)
    throw wrong(`${capital(what)} has neither token nor client certificate`, instead);
  // `tokenFile` takes precedence over `token`, as in kubectl.
  const token = file !== undefined ? { file: beside(path, file) } : text !== undefined ? { text: new Secret(text) } : undefined;
  return { certificate: chain && key && { chain, key }, token, exec, oidc };
}

const instead = 'Give the courier a user of its own there: a token, the file of a token, a client certificate, or a program (`exec`).';

/** Members that are refused, with the reason. They would log in under another identity, or not at all. */
const refused: readonly (readonly [string, string])[] = [
  ['username', 'no Kubernetes since 1.19 takes user name and password'],
  ['password', 'no Kubernetes since 1.19 takes user name and password'],
  ['as', 'the courier does not act in the name of somebody else'],
  ['as-uid', 'the courier does not act in the name of somebody else'],
  ['as-groups', 'the courier does not act in the name of somebody else'],
  ['as-user-extra', 'the courier does not act in the name of somebody else'],
];

const versions = ['client.authentication.k8s.io/v1', 'client.authentication.k8s.io/v1beta1'];

/**
 * Reads the `exec` of a user. A command with a slash is resolved against the folder of the kubeconfig. Any other is
 * looked up on PATH.
 */
function execIn(exec: Fields, user: string, path: string, config: unknown): Exec {
  const what = `exec of ${user}`;
  const [command, version] = [textIn(exec, 'command', what), textIn(exec, 'apiVersion', what)];
  if (command === undefined) throw wrong(`${what} has no command`);
  if (version === undefined || !versions.includes(version))
    throw wrong(
      `${what} has ${version === undefined ? 'no apiVersion' : `the apiVersion ${label(version)}`}`,
      `It must be ${versions.join(' or ')}.`,
    );
  if (exec['interactiveMode'] === 'Always')
    throw wrong(`${what} needs a terminal (interactiveMode: Always), which a daemon does not have`, instead);
  const args = listOf(exec['args']);
  if (args.some(one => typeof one !== 'string')) throw wrong(`args of ${what} are not texts`, 'Put them in quotes.');
  const env = listOf(exec['env'])
    .map(mapOf)
    .map(one => [textIn(one, 'name', `env of ${what}`) ?? '', textIn(one, 'value', `env of ${what}`) ?? '']);
  return {
    command: /[/\\]/.test(command) ? beside(path, command) : command,
    args: args as string[],
    env: Object.fromEntries(env.filter(([name]) => name !== '')) as Record<string, string>,
    version,
    installHint: textIn(exec, 'installHint', what),
    cluster: exec['provideClusterInfo'] === true ? { config } : undefined,
    from: user,
  };
}

/** The configuration that a cluster has for login programs. */
const extensionIn = (cluster: Fields): unknown =>
  mapOf(
    listOf(cluster['extensions'])
      .map(mapOf)
      .find(one => one['name'] === 'client.authentication.k8s.io/exec'),
  )['extension'];

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
  return names.length === 0 ? 'none' : few(names, mostNames);
}
