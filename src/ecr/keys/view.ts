import type { Own } from '../aws/endpoints.ts';
import { type Env, formOf, keyVariables } from '../aws/variables.ts';
import type { SourceSpec } from '../sources/choice.ts';
import { credentialsIn } from './ini.ts';
import type { Section, Shared } from './shared.ts';

/** The settings of a source that concern its keys, roles and addresses. */
export type Naming = Own & Pick<SourceSpec, 'service' | 'lambda' | 'command' | 'file' | 'roleArn' | 'roles'>;

/** The environment, as one source sees it. */
export interface View {
  readonly source: Naming;
  readonly env: Env;
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly shared: Shared;
  /** The profile that the source names, else that of AWS_PROFILE. */
  readonly named: string | undefined;
  readonly byVariable: boolean;
  /** The section of the named profile, else of the default one. */
  readonly section: Section | undefined;
}
export const hasKeys = (env: Env): boolean => formOf(keyVariables.id, env) !== undefined;
export const sayProfile = ({ named, byVariable }: View): string =>
  `the profile "${named ?? 'default'}"${byVariable ? ' of AWS_PROFILE' : ''}`;
export const namesCredentials = ({ section }: View): boolean => credentialsIn(section ?? {}).length > 0;
