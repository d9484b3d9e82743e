import { actions } from './actions.ts';
import { admitted, type Condition, one, type Principal } from './admitted.ts';

/** A statement of an AWS policy, as in its JSON. It always allows: no statement here denies. */
export interface Statement {
  readonly Sid: string;
  readonly Effect: 'Allow';
  /** Only in policies that are attached to a resource. */
  readonly Principal?: Principal;
  readonly Action: string | readonly string[];
  /** Missing where the policy is attached to its resource: a repository, a role. */
  readonly Resource?: string | readonly string[];
  readonly Condition?: Condition;
}

/** Actions that one job needs together, so a caller that lacks one is given all of them. */
export interface Rights {
  /** Letters and digits: the Sid of the statement. */
  readonly name: string;
  readonly actions: readonly string[];
  /** Present where AWS supports no narrower resource than all (Service Authorization Reference). */
  readonly resource?: '*';
  /** For callers of other accounts, the registry policy decides: there is no repository yet (ECR user guide). */
  readonly by?: 'registry';
}

/**
 * The rights for each job. Push is as in AWS's "IAM permissions for pushing an image". The token of ECR Public also
 * needs a token of STS (ECR Public user guide). A pull-through cache imports, creates and tags on behalf of the caller
 * that pulls. Another registry replicates.
 */
export const rights = {
  token: { name: 'FetchToken', actions: ['ecr:GetAuthorizationToken'], resource: '*' },
  publicToken: { name: 'FetchPublicToken', actions: ['ecr-public:GetAuthorizationToken', 'sts:GetServiceBearerToken'], resource: '*' },
  pull: { name: 'Pull', actions: ['ecr:BatchGetImage', 'ecr:GetDownloadUrlForLayer'] },
  push: {
    name: 'Push',
    actions: [
      'ecr:BatchCheckLayerAvailability',
      'ecr:BatchGetImage',
      'ecr:CompleteLayerUpload',
      'ecr:InitiateLayerUpload',
      'ecr:PutImage',
      'ecr:UploadLayerPart',
    ],
  },
  import: { name: 'ImportUpstream', actions: ['ecr:BatchImportUpstreamImage'] },
  create: { name: 'CreateRepository', actions: ['ecr:CreateRepository'], by: 'registry' },
  tag: { name: 'TagRepository', actions: ['ecr:TagResource'], by: 'registry' },
  replicate: { name: 'ReplicateImage', actions: ['ecr:ReplicateImage'], by: 'registry' },
  assume: { name: 'AssumeRole', actions: ['sts:AssumeRole'] },
  webIdentity: { name: 'AssumeRoleWithWebIdentity', actions: ['sts:AssumeRoleWithWebIdentity'] },
  invoke: { name: 'InvokeFunction', actions: ['lambda:InvokeFunction'] },
} as const satisfies Record<string, Rights>;

/**
 * The narrowest job that a denied action belongs to; an action of no job stands alone. So does
 * BatchCheckLayerAvailability, as its caller need not be one that pushes.
 */
export function rightsFor(action: string): Rights {
  if (action === 'ecr:BatchCheckLayerAvailability') return alone(action);
  return Object.values(rights).find(({ actions }) => (actions as readonly string[]).includes(action)) ?? alone(action);
}

function alone(action: string): Rights {
  const name = action.replaceAll(/^.*:|[^A-Za-z0-9]/g, '');
  return { name, actions: [action], ...(actions.get(action) === 'registry' && { resource: '*' }) };
}

/**
 * The statement for an identity policy, a permissions boundary, a session policy, or an SCP that lists what is allowed.
 * resources: ARNs; replaced by * for actions that AWS cannot narrow.
 */
export const identityStatement = ({ name, actions, resource }: Rights, resources: readonly string[]): Statement => ({
  Sid: name,
  Effect: 'Allow',
  Action: one(actions),
  Resource: resource ?? one(resources),
});

/** The statement for a repository policy, which has no Resource. principals: as for `admitted`. */
export function repositoryStatement({ name, actions }: Rights, principals: readonly string[]): Statement {
  const { Principal, Condition } = admitted(principals);
  return { Sid: name, Effect: 'Allow', Principal, Action: one(actions), ...(Condition && { Condition }) };
}

/**
 * The statement for a registry policy (scope V2, which covers every ECR action) or a Lambda function. resources:
 * ARNs.
 */
export function resourceStatement({ name, actions }: Rights, principals: readonly string[], resources: readonly string[]): Statement {
  const { Principal, Condition } = admitted(principals);
  return { Sid: name, Effect: 'Allow', Principal, Action: one(actions), Resource: one(resources), ...(Condition && { Condition }) };
}

/**
 * A permission of a Lambda function: Lambda accepts single statements, not whole policies. `qualifier`: the alias or
 * version, which a permission of the function does not cover. `name`: the ARN without it. `id`: the id of the
 * statement.
 */
export interface Permission {
  readonly name: string;
  readonly qualifier?: string;
  readonly id: string;
  readonly principal: string;
}

/** The permission to invoke a function. arn: that of the function, with a qualifier if it has one. */
export function permissionOf(arn: string, principal: string, id: string): Permission {
  const parts = arn.split(':');
  const [, , , , , , , qualifier] = parts;
  return { name: parts.slice(0, 7).join(':'), ...(qualifier !== undefined && { qualifier }), id, principal };
}

/** The AWS CLI command that adds the permission. */
export function addPermission({ name, qualifier, id, principal }: Permission): string {
  const of = qualifier === undefined ? name : `${name} --qualifier ${qualifier}`;
  return `aws lambda add-permission --region ${name.split(':')[3]} --function-name ${of} --statement-id ${id} --action lambda:InvokeFunction --principal ${principal}`;
}

/** The statement for the policy of a VPC endpoint. Its principal is *, as every caller still needs its own rights. */
export function endpointStatement(needed: Rights, resources: readonly string[]): Statement {
  const { Sid, Effect, ...what } = identityStatement(needed, resources);
  return { Sid, Effect, Principal: '*', ...what };
}

/** The statement for the trust policy of a role that these principals assume. */
export function trustStatement({ name, actions }: Rights, principals: readonly string[], externalId?: string): Statement {
  const { Principal, Condition } = admitted(principals);
  const demanded = externalId === undefined ? undefined : { StringEquals: { 'sts:ExternalId': externalId } };
  const both = { ...Condition, ...demanded };
  return {
    Sid: name,
    Effect: 'Allow',
    Principal,
    Action: one(actions),
    ...(Object.keys(both).length > 0 && { Condition: both }),
  };
}

/**
 * The statement for the trust policy of a role that a web identity assumes. provider: ARN of the OIDC provider in the
 * role's account.
 */
export function webIdentityTrustStatement({ provider, subject, audience }: WebIdentity): Statement {
  const issuer = provider.replace(/^.*:oidc-provider\//, '');
  return {
    Sid: 'AssumeRoleWithWebIdentity',
    Effect: 'Allow',
    Principal: { Federated: provider },
    Action: 'sts:AssumeRoleWithWebIdentity',
    Condition: /[*?]/.test(subject)
      ? { StringEquals: { [`${issuer}:aud`]: audience }, StringLike: { [`${issuer}:sub`]: subject } }
      : { StringEquals: { [`${issuer}:sub`]: subject, [`${issuer}:aud`]: audience } },
  };
}

export interface WebIdentity {
  readonly provider: string;
  /** `system:serviceaccount:NAMESPACE:NAME`, or `repo:ORG/REPO:...`; may contain wildcards. */
  readonly subject: string;
  readonly audience: string;
}
