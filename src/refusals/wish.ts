import type { Source } from './services.ts';
import type { Rights, WebIdentity } from './statements.ts';

/** A repository, or several: the name may end in *. */
export interface Repository {
  readonly partition: string;
  readonly region: string;
  readonly account: string;
  readonly name: string;
}

/** The rights to grant, on which resources and to which principals. */
export interface Wish {
  readonly needs: readonly Rights[];
  readonly repositories: readonly Repository[];
  /** ARNs of roles to assume, or of functions to invoke. */
  readonly resources: readonly string[];
  /** ARNs; empty for a principal of the account that owns the resources. */
  readonly principals: readonly string[];
  /** AWS services that pull images, or that assume the roles. */
  readonly services: readonly Source[];
  readonly externalId?: string;
  /** The subject and audience of the token, where the principal is an OIDC provider. */
  readonly webIdentity?: Omit<WebIdentity, 'provider'>;
}

export const arnOf = ({ partition, region, account, name }: Repository): string =>
  `arn:${partition}:ecr:${region}:${account}:repository/${name}`;

export const arnsOf = ({ repositories, resources }: Wish): readonly string[] => [...repositories.map(arnOf), ...resources];
