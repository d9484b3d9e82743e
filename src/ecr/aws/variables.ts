import { homedir } from 'node:os';
import { join } from 'node:path';

export type Env = Readonly<NodeJS.ProcessEnv>;

/** The variables of static keys. Each has a second form that names a file, as secrets of Docker lie in files. */
export const keyVariables = { id: 'AWS_ACCESS_KEY_ID', secret: 'AWS_SECRET_ACCESS_KEY', session: 'AWS_SESSION_TOKEN' } as const;
export type KeyVariable = (typeof keyVariables)[keyof typeof keyVariables];

/** The form of a variable that is set: itself, or its file's; undefined when neither is. */
export const formOf = (variable: KeyVariable, env: Env): string | undefined => [variable, `${variable}_FILE`].find(name => env[name]);

/** The profile that is asked for by name: the source's, else that of AWS_PROFILE. undefined: nobody named one. */
export const namedProfile = (profile: string | undefined, env: Env): string | undefined => profile || env['AWS_PROFILE'] || undefined;

/** The variables that name the two files that the AWS tools share. */
export const fileVariables = { credentials: 'AWS_SHARED_CREDENTIALS_FILE', config: 'AWS_CONFIG_FILE' } as const;

/** Where the shared files are, as the SDK finds them; a leading `~/` is the home. */
export function pathsOf(env: Env): [credentials: string, config: string] {
  const home = env['HOME'] || homedir();
  // Joined as the SDK joins them: it looks a text up by its path.
  const at = (variable: string, name: string): string => {
    const path = env[variable] || `~/.aws/${name}`;
    return path.startsWith('~/') ? join(home, path.slice(2)) : path;
  };
  return [at(fileVariables.credentials, 'credentials'), at(fileVariables.config, 'config')];
}

/** The variable that says where a container asks for keys; undefined: none does. */
export const containerVariable = (env: Env): string | undefined =>
  ['AWS_CONTAINER_CREDENTIALS_RELATIVE_URI', 'AWS_CONTAINER_CREDENTIALS_FULL_URI'].find(name => env[name]);

/** Where a container asks for keys. */
export const containerUri = (env: Env): string | undefined => env[containerVariable(env) ?? ''];

/** An address without what may be secret in it: user, password, query. */
export const plainAddress = (address: string): string => address.replaceAll(/[?#].*$|(?<=^\w+:\/\/)[^/]*@/g, '');
