/**
 * A rule by which a registry pulls through what it does not have yet (API of ECR, DescribePullThroughCacheRules).
 * `prefix`: the prefix of the repositories that the rule creates; ROOT stands for all that match no other rule.
 * `upstream`: the host behind the rule. `kind`: ECR's name for the upstream.
 * `secret` and `role`: ARNs of what the registry logs in to the upstream with.
 */
export interface CacheRule {
  readonly prefix: string;
  readonly upstream: string;
  readonly kind?: string;
  readonly secret?: string;
  readonly role?: string;
}
