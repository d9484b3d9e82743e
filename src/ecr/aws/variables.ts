import { homedir } from 'node:os';
import { join } from 'node:path';

export type Env = Readonly<NodeJS.ProcessEnv>;

/** The variables of static keys. Each has a `_FILE` form that names a file, because Docker secrets are files. */
export const keyVariables = { id: 'AWS_ACCESS_KEY_ID', secret: 'AWS_SECRET_ACCESS_KEY', session: 'AWS_SESSION_TOKEN' } as const;
export type KeyVariable = (typeof keyVariables)[keyof typeof keyVariables];

/** The name of the variable that is set, plain or in its `_FILE` form. undefined: neither is set. */
export const formOf = (variable: KeyVariable, env: Env): string | undefined => [variable, `${variable}_FILE`].find(name => env[name]);

/** The profile that is named: the source's, else that of AWS_PROFILE. undefined: none is named. */
export const namedProfile = (profile: string | undefined, env: Env): string | undefined => profile || env['AWS_PROFILE'] || undefined;

/** The variables that name the two files that the AWS tools share. */
export const fileVariables = { credentials: 'AWS_SHARED_CREDENTIALS_FILE', config: 'AWS_CONFIG_FILE' } as const;

/** The paths of the shared files, as the SDK finds them. A leading `~/` stands for the home directory. */
export function pathsOf(env: Env): [credentials: string, config: string] {
  const home = env['HOME'] || homedir();
  // Must join paths as the SDK does: it looks up intercepted texts by path.
  const at = (variable: string, name: string): string => {
    const path = env[variable] || `~/.aws/${name}`;
    return path.startsWith('~/') ? join(home, path.slice(2)) : path;
  };
  return [at(fileVariables.credentials, 'credentials'), at(fileVariables.config, 'config')];
}

/** The variable with the URI at which a container gets keys. undefined: none is set. */
export const containerVariable = (env: Env): string | undefined =>
  ['AWS_CONTAINER_CREDENTIALS_RELATIVE_URI', 'AWS_CONTAINER_CREDENTIALS_FULL_URI'].find(name => env[name]);

/** The URI at which a container gets keys. */
export const containerUri = (env: Env): string | undefined => env[containerVariable(env) ?? ''];

/** An address without the parts that may be secret: user, password, query and fragment. */
export const plainAddress = (address: string): string => address.replaceAll(/[?#].*$|(?<=^\w+:\/\/)[^/]*@/g, '');
