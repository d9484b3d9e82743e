import type { CacheRule } from '../contract/cache-rule.ts';

/** The rule that covers a repository. `none`: the rules are known, and none of them covers it. */
export type Cache = CacheRule | 'none';

/**
 * Returns the rule with the longest matching prefix; ROOT covers the names that no other rule does (ECR user guide,
 * pull through cache rules).
 */
export function cacheOf(rules: readonly CacheRule[], repository: string): Cache {
  const covers = ({ prefix }: CacheRule): boolean => repository.startsWith(`${prefix.replace(/\/$/, '')}/`);
  const [longest] = rules.filter(covers).toSorted((a, b) => b.prefix.length - a.prefix.length);
  return longest ?? rules.find(({ prefix }) => prefix === 'ROOT') ?? 'none';
}

/** Upstream registries for which ECR requires a login in the cache rule (ECR user guide, pull through cache rules). */
const closed: readonly string[] = [
  'docker-hub',
  'github-container-registry',
  'gitlab-container-registry',
  'azure-container-registry',
  'chainguard',
];
const closedHosts = /(^|\.)(docker\.io|ghcr\.io|gitlab\.com|azurecr\.(io|cn|us)|cgr\.dev)$/;

/** Whether the upstream requires a login and the rule has none. */
export const lacksLogin = ({ kind, upstream, secret, role }: CacheRule): boolean =>
  secret === undefined && role === undefined && (kind === undefined ? closedHosts.test(upstream) : closed.includes(kind));

/** The rule in words: "a pull-through cache of registry-1.docker.io (rule docker-hub)". */
export const cacheWords = ({ prefix, upstream }: CacheRule): string => `a pull-through cache of ${upstream} (rule ${prefix})`;
