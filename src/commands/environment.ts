import { adaptersVariable, variables } from '../../config/env.ts';
import { shownModules, shownPath } from '../../config/showable.ts';
import { prefix } from '../../config/target-options.ts';
import type { Adapter } from '../contract/adapter.ts';
import { secretAddress, wrongAddress } from '../contract/receiver.ts';
import { Secret } from '../contract/secret.ts';

type Env = Readonly<Record<string, string | undefined>>;

/** Variables that the AWS SDK, Node, TLS and proxies read, in addition to ours and those of the adapters. */
const ofNote = /^(AWS_|NODE_|SSL_CERT_|CREDENTIALS_DIRECTORY$|RUNTIME_DIRECTORY$|XDG_RUNTIME_DIR$)|_proxy$/i;

/** Variables whose values cannot be secret. The bundle shows any other variable without its value. */
const harmless = new Set([
  'AWS_ACCESS_KEY_ID_FILE',
  'AWS_CA_BUNDLE',
  'AWS_CONFIG_FILE',
  'AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE',
  'AWS_DEFAULTS_MODE',
  'AWS_DEFAULT_PROFILE',
  'AWS_DEFAULT_REGION',
  'AWS_DISABLE_CLOCK_SKEW_CORRECTION',
  'AWS_EC2_METADATA_DISABLED',
  'AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE',
  'AWS_EC2_METADATA_V1_DISABLED',
  'AWS_EXECUTION_ENV',
  'AWS_IGNORE_CONFIGURED_ENDPOINT_URLS',
  'AWS_MAX_ATTEMPTS',
  'AWS_PROFILE',
  'AWS_REGION',
  'AWS_RETRY_MODE',
  'AWS_ROLE_ARN',
  'AWS_ROLE_SESSION_NAME',
  'AWS_SECRET_ACCESS_KEY_FILE',
  'AWS_SDK_LOAD_CONFIG',
  'AWS_SESSION_TOKEN_FILE',
  'AWS_SHARED_CREDENTIALS_FILE',
  'AWS_STS_REGIONAL_ENDPOINTS',
  'AWS_USE_DUALSTACK_ENDPOINT',
  'AWS_USE_FIPS_ENDPOINT',
  'AWS_WEB_IDENTITY_TOKEN_FILE',
  'CREDENTIALS_DIRECTORY',
  'ECR_COURIER_ADAPTERS',
  'ECR_COURIER_CONFIG',
  'NODE_ENV',
  'NODE_EXTRA_CA_CERTS',
  'NODE_EXTRA_CA_CERTS_LEFT_OUT',
  'NODE_TLS_REJECT_UNAUTHORIZED',
  'NODE_VERSION',
  'NO_PROXY',
  'RUNTIME_DIRECTORY',
  'SSL_CERT_DIR',
  'SSL_CERT_FILE',
  'XDG_RUNTIME_DIR',
  'no_proxy',
]);

/** Variables that name files or directories. */
const paths = /_(FILE|CONFIG|BUNDLE|CERTS|OUT|DIR|DIRECTORY)$/;

/**
 * Variables with addresses. Only scheme, host and port are shown: a proxy's address may hold a password, and the path
 * of a container endpoint is as sensitive as one.
 */
const addresses = /^(AWS_ENDPOINT_URL\w*|AWS_CONTAINER_CREDENTIALS_FULL_URI|AWS_EC2_METADATA_SERVICE_ENDPOINT|(https?|all)_proxy)$/i;

/** One line per variable that affects the courier: `NAME = value` if the value is harmless, else `NAME is set`. */
export function environment(env: Env, adapters: readonly Adapter[]): string {
  const known = new Set(variables(adapters).map(({ name }) => name));
  const ours = ['ECR_COURIER_', ...adapters.map(adapter => `${prefix(adapter)}_`)];
  const names = Object.keys(env).filter(name => ofNote.test(name) || known.has(name) || ours.some(start => name.startsWith(start)));
  return names.length === 0 ? 'None of the variables that matter is set.' : names.sort().map(lineOf(env)).join('\n');
}

const lineOf = (env: Env) => (name: string) => {
  const value = env[name] ?? '';
  if (value === '') return `${name} is empty, which counts as unset`;
  const shown = harmless.has(name) ? asShown(name, value) : addresses.test(name) ? origin(value) : undefined;
  return shown === undefined ? `${name} is set` : `${name} = ${shown}`;
};

function asShown(name: string, value: string): string {
  if (name === adaptersVariable) return shownModules(value);
  return paths.test(name) ? shownPath(value) : value;
}

/** The address without user, password and path; undefined if it cannot be parsed reliably. */
function origin(address: string): string | undefined {
  const url = URL.parse(address);
  if (!url || !/^(https?|socks\w*):$/.test(url.protocol) || /@/.test(url.pathname + url.search + url.hash)) return undefined;
  return `${url.protocol}//${url.host}`;
}

/** Variables with addresses of which only the host may be shown. */
const ofReceivers = /^ECR_COURIER_(NOTIFY_[A-Z]+|HEARTBEAT)_URL$/;
const sensitive = /(KEY|TOKEN|SECRET|PASSWORD|PASSWD|CREDENTIAL)S?$/i;
/** Shorter values are often ordinary words, which would then be redacted from every sentence. */
const leastSearched = 8;

/** Registers the sensitive values of variables as secrets, so that `redact` finds them. */
export function secretsOf(env: Env): Secret[] {
  const values = Object.entries(env).flatMap(([name, value = '']) => {
    if (ofReceivers.test(name)) return wrongAddress(value) ? [value] : secretAddress(value).parts.map(part => part.reveal());
    if (sensitive.test(name)) return [value];
    return addresses.test(name) ? userInfo(value) : [];
  });
  return [...new Set(values)].filter(value => value.length >= leastSearched).map(value => new Secret(value));
}

function userInfo(address: string): string[] {
  const text = /^(?:\w+:\/\/)?(.*)@/.exec(address)?.[1];
  const password = text?.slice(text.indexOf(':') + 1);
  return text === undefined || password === undefined ? [] : [text, password];
}
