import { addMember } from '../../adapters/common/json-edit.ts';
import { authOf } from '../../adapters/docker-config/entries.ts';
import type { Credential } from '../contract/credential.ts';

/** The login of one host. */
export interface Login {
  readonly host: string;
  readonly credential: Credential;
}
/** The name and namespace of a Kubernetes Secret. */
export interface Naming {
  readonly name: string;
  readonly namespace: string | undefined;
}

/**
 * Output formats by name. Docker and crane read DOCKER_AUTH_CONFIG strictly: a member other than `auths` and `auth`
 * makes them ignore the whole variable.
 */
export const formats: Readonly<Record<string, (logins: readonly Login[], naming: Naming) => string>> = {
  'docker-auth-config': logins => `${JSON.stringify({ auths: authsOf(logins) })}\n`,
  'auth-json': logins => `${logins.reduce((text, login) => addMember(text, ['auths'], login.host, { auth: authOfLogin(login) }), '')}\n`,
  // Without quotes: $GITHUB_ENV, env files of Docker and podman and dotenv reports of GitLab remove none.
  env: logins => `DOCKER_AUTH_CONFIG=${JSON.stringify({ auths: authsOf(logins) })}\n`,
  'k8s-secret': secretOf,
};

const authOfLogin = ({ credential: { username, password } }: Login): string => authOf({ username, password: password.reveal() });
const authsOf = (logins: readonly Login[]) => Object.fromEntries(logins.map(login => [login.host, { auth: authOfLogin(login) }]));

/**
 * A Secret with exactly three members per entry and no `email`. The kubelet compares credentials by a hash over the
 * members, so Secrets with the same login then count as equal.
 */
function secretOf(logins: readonly Login[], { name, namespace }: Naming): string {
  const entry = (login: Login) => ({
    username: login.credential.username,
    password: login.credential.password.reveal(),
    auth: authOfLogin(login),
  });
  const config = JSON.stringify({ auths: Object.fromEntries(logins.map(login => [login.host, entry(login)])) });
  return [
    'apiVersion: v1',
    'kind: Secret',
    'metadata:',
    `  name: ${JSON.stringify(name)}`,
    ...(namespace === undefined ? [] : [`  namespace: ${JSON.stringify(namespace)}`]),
    'type: kubernetes.io/dockerconfigjson',
    'data:',
    `  .dockerconfigjson: ${Buffer.from(config).toString('base64')}`,
    '',
  ].join('\n');
}

/** RFC 1123, as k8s.io/apimachinery validates names: a namespace is one label, a Secret is labels joined by dots. */
const label = '[a-z0-9](?:[-a-z0-9]*[a-z0-9])?';
export const isNamespace = (name: string): boolean => name.length <= 63 && new RegExp(`^${label}$`).test(name);
export const isSecretName = (name: string): boolean => name.length <= 253 && new RegExp(`^${label}(?:\\.${label})*$`).test(name);
