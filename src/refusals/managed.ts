import type { Rights } from './statements.ts';

/** The actions that AWS managed policies allow on all resources (AWS Managed Policy Reference, v1 of 2024-10-04). */
export const managedPolicies: Readonly<Record<string, readonly string[]>> = {
  AmazonEC2ContainerRegistryPullOnly: [
    'ecr:GetAuthorizationToken',
    'ecr:BatchGetImage',
    'ecr:GetDownloadUrlForLayer',
    'ecr:BatchImportUpstreamImage',
  ],
};

/** A note that names the AWS managed policy that covers these rights, for all repositories; empty where none does. */
export function managedNotes(needs: readonly Rights[], partition?: string): readonly string[] {
  const needed = needs.flatMap(({ actions }) => actions);
  const found = Object.entries(managedPolicies).find(([, allowed]) => needed.every(action => allowed.includes(action)));
  if (!found) return [];
  const arn = partition === undefined ? '' : ` (arn:${partition}:iam::aws:policy/${found[0]})`;
  return [`AWS's own policy ${found[0]}${arn} is enough as well. It is for pulling from all repositories.`];
}
