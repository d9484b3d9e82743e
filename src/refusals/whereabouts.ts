import { accountOf } from './admitted.ts';
import { holderOf } from './principal.ts';
import { type Rights, rights } from './statements.ts';
import type { Repository } from './wish.ts';

export const together = (words: readonly string[]): string => [...new Set(words)].join(', ');

/** The name, with a number where there are several of its kind. */
export const oneOfEach = (name: string, at: number, of: number): string => (of === 1 ? name : `${name}-${at + 1}`);

export const roleWords = (arn: string): string => holderOf(arn).words;

/**
 * The rights that the identity that fetches the tokens needs. Other actions of the API belong to the caller of each.
 */
const ofTokens: readonly Rights[] = Object.values(rights);

export function whoseWords(principals: readonly string[], needs: readonly Rights[]): string {
  if (principals.length === 0)
    return needs.some(need => ofTokens.includes(need))
      ? 'the role or user that fetches the tokens (`ecr-courier whoami` names it)'
      : `the role or user that calls ${together(needs.flatMap(({ actions }) => actions))}`;
  return together(principals.map(holderWords));
}

/**
 * The holder of an identity policy, in words. An account has no policy of its own: its administrators grant the rights
 * to its roles and users.
 */
const holderWords = (principal: string): string =>
  principal.endsWith(':root') ? `those roles and users of account ${accountOf(principal)} that need it` : holderOf(principal).words;

export function repositoryWords(repositories: readonly Repository[]): string {
  return together(
    repositories.map(({ account, region, name }) => {
      const place = `in account ${account}, ${region}`;
      if (name === '*') return `every repository ${place}`;
      return name.endsWith('*') ? `every repository ${place}, whose name begins with ${name.slice(0, -1)}` : `repository ${name} ${place}`;
    }),
  );
}

/** The note that explains the condition for sessions; empty where there are none. */
export function sessionNotes(principals: readonly string[]): readonly string[] {
  const sessions = principals.filter(principal => principal.includes(':assumed-role/'));
  if (sessions.length === 0) return [];
  return [`A condition names ${together(sessions.map(roleWords))}, as a session does not tell the path of its role.`];
}

/** The VPC endpoints for these rights. ECR has one for its API and one for its registries. */
export function endpointWords(needs: readonly Rights[]): string {
  const services = needs.flatMap(({ actions }) => actions.map(action => action.slice(0, action.indexOf(':'))));
  return together(services.map(service => (service === 'ecr' ? 'those for ecr.api and ecr.dkr' : `that for ${service}`)));
}
