import { createHash } from 'node:crypto';
import { functionNamed } from '../../contract/function-name.ts';
import { apiAsked, endpointSetBy, type Own, regionOf } from '../aws/endpoints.ts';
import { containerUri, type Env, formOf, keyVariables, namedProfile, pathsOf, plainAddress } from '../aws/variables.ts';
import { type Command, programIn } from './command-line.ts';
import type { Role } from './role.ts';

/** The settings of a source that make up its identity. */
export interface IdentitySpec extends Own {
  readonly service?: 'ecr' | 'ecr-public' | undefined;
  readonly lambda?: string | undefined;
  readonly command?: Command | undefined;
  readonly file?: string | undefined;
  readonly roles?: readonly Role[] | undefined;
  readonly roleArn?: string | undefined;
}

/**
 * Describes the configured identity in one line without secrets: everything that decides whose credential it will be,
 * as far as source and environment tell. Two sources with the same line have the same identity. A role is part of it;
 * its session and its external id are not. Reads no file and asks no server.
 */
export function describeIdentity(spec: IdentitySpec, env: Env): string {
  if (spec.file !== undefined) return `file ${spec.file}`.replaceAll(/\s/g, ' ');
  const roles = [...(spec.roles ?? []).map(({ roleArn }) => roleArn), ...(spec.roleArn ? [spec.roleArn] : [])];
  // A different address is a different AWS, such as a test double.
  const api = apiAsked(spec);
  const endpoint = endpointSetBy(spec, api, env);
  const parts = [
    keysFrom(spec.profile, env),
    ...roles,
    ...(endpoint ? [`${api} at ${plainAddress(endpoint.value)}`] : []),
    ...asked(spec, env),
  ];
  return parts.join(', then ').replaceAll(/\s/g, ' ');
}

/**
 * What the identity asks in place of ECR. Only the program and a digest of a command are shown, because arguments may
 * be secret.
 */
function asked({ lambda, command, region }: IdentitySpec, env: Env): string[] {
  if (lambda !== undefined)
    return [`function ${lambda} in ${regionOf(functionNamed(lambda), { region }, env) ?? 'the region of the profile'}`];
  if (command === undefined) return [];
  const digest = createHash('sha256').update(JSON.stringify(command)).digest('hex').slice(0, 12);
  return [`command ${programIn(command)} (${digest})`];
}

/** Where the keys come from, in the order in which places are looked at. */
function keysFrom(profile: string | undefined, env: Env): string {
  const files = pathsOf(env).join(' and ');
  const named = namedProfile(profile, env);
  if (named !== undefined) return `profile "${named}" of ${files}`;
  const form = formOf(keyVariables.id, env);
  if (form !== undefined) return form === keyVariables.id ? `access key ${env[form]}` : `access key of the file ${env[form]}`;
  // A profile `default` comes first, but only the files tell whether it has keys.
  const role = env['AWS_WEB_IDENTITY_TOKEN_FILE'] ? env['AWS_ROLE_ARN'] : undefined;
  const container = containerUri(env);
  const last = role ? `web identity ${role}` : container ? `container ${plainAddress(container)}` : 'this machine';
  return `default chain of ${files} and ${last}`;
}
