import { actions } from './actions.ts';
import { admitted, type Condition, one, type Principal } from './admitted.ts';

/** A statement of an AWS policy, as JSON has it. One that allows: nothing here ever denies. */
export interface Statement {
  readonly Sid: string;
  readonly Effect: 'Allow';
  /** In policies that hang on a resource, and only there. */
  readonly Principal?: Principal;
  readonly Action: string | readonly string[];
  /** Missing where the policy hangs on its resource: on a repository, on a role. */
  readonly Resource?: string | readonly string[];
  readonly Condition?: Condition;
}

/** Actions that belong together: whoever lacks one of them for a job lacks all. */
export interface Rights {
  /** Letters and digits: the Sid of the statement. */
  readonly name: string;
  readonly actions: readonly string[];
  /** AWS knows no narrower resource for these than all (Service Authorization Reference). */
  readonly resource?: '*';
  /** Of another account, the registry lets in: there is no repository yet that could (ECR user guide). */
  readonly by?: 'registry';
}

/**
 * What the jobs need. Push as in AWS's "IAM permissions for pushing an image". ECR Public's token is a token of STS as
 * well (ECR Public user guide). Import, creation and tags are what a pull-through cache does in the puller's name;
 * replication is what another registry does.
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
 * The narrowest job to which a denied action belongs; an action of no job is one of its own. Who may not look for a
 * layer need not be somebody who pushes.
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
 * For the policies of a role or user, for a permissions boundary, a session policy, or an SCP that lists what is
 * allowed. resources: ARNs; * takes the place of what AWS cannot narrow.
 */
export const identityStatement = ({ name, actions, resource }: Rights, resources: readonly string[]): Statement => ({
  Sid: name,
  Effect: 'Allow',
  Action: one(actions),
  Resource: resource ?? one(resources),
});

/** For the policy of a repository: its resource is that repository. principals: as `admitted` takes them. */
export function repositoryStatement({ name, actions }: Rights, principals: readonly string[]): Statement {
  const { Principal, Condition } = admitted(principals);
  return { Sid: name, Effect: 'Allow', Principal, Action: one(actions), ...(Condition && { Condition }) };
}

/**
 * For the policy of a registry (scope V2: it covers every action of ECR), and of a Lambda function. resources: ARNs.
 */
export function resourceStatement({ name, actions }: Rights, principals: readonly string[], resources: readonly string[]): Statement {
  const { Principal, Condition } = admitted(principals);
  return { Sid: name, Effect: 'Allow', Principal, Action: one(actions), Resource: one(resources), ...(Condition && { Condition }) };
}

/**
 * A statement of the policy of a function, as Lambda takes it: it takes no whole policy. A permission of the function
 * is not one of its alias or version: that is `qualifier`. `name`: the ARN without it; `id`: of the statement.
 */
export interface Permission {
  readonly name: string;
  readonly qualifier?: string;
  readonly id: string;
  readonly principal: string;
}

/** arn: of the function. */
export function permissionOf(arn: string, principal: string, id: string): Permission {
  const parts = arn.split(':');
  const [, , , , , , , qualifier] = parts;
  return { name: parts.slice(0, 7).join(':'), ...(qualifier !== undefined && { qualifier }), id, principal };
}

/** The command for it. */
export function addPermission({ name, qualifier, id, principal }: Permission): string {
  const of = qualifier === undefined ? name : `${name} --qualifier ${qualifier}`;
  return `aws lambda add-permission --region ${name.split(':')[3]} --function-name ${of} --statement-id ${id} --action lambda:InvokeFunction --principal ${principal}`;
}

/** For the policy of a VPC endpoint: whoever comes that way still needs rights of his own. */
export function endpointStatement(needed: Rights, resources: readonly string[]): Statement {
  const { Sid, Effect, ...what } = identityStatement(needed, resources);
  return { Sid, Effect, Principal: '*', ...what };
}

/** For the trust policy of a role that these principals assume. */
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

/** For the trust policy of a role of a service account. provider: ARN of the OIDC provider in the role's account. */
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
  /** `system:serviceaccount:NAMESPACE:NAME`, or `repo:ORG/REPO:...`, which may have wildcards. */
  readonly subject: string;
  readonly audience: string;
}
