import type { Source } from './services.ts';
import type { Rights, WebIdentity } from './statements.ts';

/** One repository, or many: the name may end in *. */
export interface Repository {
  readonly partition: string;
  readonly region: string;
  readonly account: string;
  readonly name: string;
}

/** Who shall be allowed what. */
export interface Wish {
  readonly needs: readonly Rights[];
  readonly repositories: readonly Repository[];
  /** ARNs of roles to assume, or of functions to invoke. */
  readonly resources: readonly string[];
  /** ARNs; empty for somebody of the account that owns the resources. */
  readonly principals: readonly string[];
  /** Services of AWS: that pull by themselves, or that assume the roles. */
  readonly services: readonly Source[];
  readonly externalId?: string;
  /** Whose token opens a role, where the principal is a provider of such tokens. */
  readonly webIdentity?: Omit<WebIdentity, 'provider'>;
}

export const arnOf = ({ partition, region, account, name }: Repository): string =>
  `arn:${partition}:ecr:${region}:${account}:repository/${name}`;

export const arnsOf = ({ repositories, resources }: Wish): readonly string[] => [...repositories.map(arnOf), ...resources];
