/**
 * By which a registry fetches what it does not have yet (API of ECR, DescribePullThroughCacheRules). `prefix`: of the
 * repositories that it makes; ROOT: all those of no other rule. `upstream`: the host behind it. `kind`: as ECR calls
 * that one. `secret` and `role`: ARN of what it logs in there with.
 */
export interface CacheRule {
  readonly prefix: string;
  readonly upstream: string;
  readonly kind?: string;
  readonly secret?: string;
  readonly role?: string;
}
