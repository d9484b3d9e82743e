import assert from 'node:assert/strict';
import type { Part } from '../../src/refusals/documents.ts';

/**
 * The resources that AWS lets each action name, and the policies that may grant it. From the Service Authorization
 * Reference (Amazon Elastic Container Registry, Amazon Elastic Container Registry Public, AWS Security Token Service,
 * AWS Lambda; read in November 2026), and from the ECR user guide for ecr:TagResource (identity policies only, or a
 * registry's) and ecr:CreateRepository (there is no repository yet that could have a policy).
 */
const repository = /^arn:aws(-[a-z]+)*:ecr:[a-z]{2,}(-[a-z]+)+-\d{1,2}:\d{12}:repository\/[a-z0-9._/-]*\*?$/;
const role = /^arn:aws(-[a-z]+)*:iam::\d{12}:role\/[\w+=,.@/-]+$/;
const lambda = /^arn:aws(-[a-z]+)*:lambda:[a-z0-9-]+:\d{12}:function:[\w-]+(:[\w$-]+)?$/;
/**
 * Services that pull without a role, and the form of the aws:SourceArn that AWS documents for them; undefined where it
 * documents none (user guides of Lambda, CodeBuild, SageMaker, EMR Serverless and HealthOmics).
 */
const pullers: ReadonlyMap<string, RegExp | undefined> = new Map([
  ['lambda.amazonaws.com', /^arn:aws(-[a-z]+)*:lambda:[a-z0-9-]+:\d{12}:function:([\w-]+|[\w-]*\*)$/],
  ['codebuild.amazonaws.com', /^arn:aws(-[a-z]+)*:codebuild:[a-z0-9-]+:\d{12}:project\/([\w-]+|[\w-]*\*)$/],
  ['emr-serverless.amazonaws.com', /^arn:aws(-[a-z]+)*:emr-serverless:[a-z0-9-]+:\d{12}:\/applications\/([\w-]+|[\w-]*\*)$/],
  ['sagemaker.amazonaws.com', undefined],
  ['omics.amazonaws.com', undefined],
]);
const all = /^\*$/;

const ofRepositories: readonly Part[] = ['identity', 'repository', 'registry'];
export const authorization: ReadonlyMap<string, { readonly resource: RegExp; readonly in: readonly Part[] }> = new Map([
  ['ecr:GetAuthorizationToken', { resource: all, in: ['identity'] }],
  ['ecr:BatchGetImage', { resource: repository, in: ofRepositories }],
  ['ecr:GetDownloadUrlForLayer', { resource: repository, in: ofRepositories }],
  ['ecr:BatchCheckLayerAvailability', { resource: repository, in: ofRepositories }],
  ['ecr:InitiateLayerUpload', { resource: repository, in: ofRepositories }],
  ['ecr:UploadLayerPart', { resource: repository, in: ofRepositories }],
  ['ecr:CompleteLayerUpload', { resource: repository, in: ofRepositories }],
  ['ecr:PutImage', { resource: repository, in: ofRepositories }],
  ['ecr:BatchImportUpstreamImage', { resource: repository, in: ofRepositories }],
  ['ecr:DescribeImages', { resource: repository, in: ofRepositories }],
  ['ecr:ListImages', { resource: repository, in: ofRepositories }],
  ['ecr:DescribeRepositories', { resource: repository, in: ofRepositories }],
  ['ecr:DescribeRegistry', { resource: all, in: ['identity'] }],
  ['ecr:CreateRepository', { resource: repository, in: ['identity', 'registry'] }],
  ['ecr:TagResource', { resource: repository, in: ['identity', 'registry'] }],
  ['ecr:ReplicateImage', { resource: repository, in: ['identity', 'registry'] }],
  ['ecr-public:GetAuthorizationToken', { resource: all, in: ['identity'] }],
  ['sts:GetServiceBearerToken', { resource: all, in: ['identity'] }],
  ['sts:AssumeRole', { resource: role, in: ['identity', 'trust'] }],
  ['sts:TagSession', { resource: role, in: ['identity', 'trust'] }],
  ['sts:SetSourceIdentity', { resource: role, in: ['identity', 'trust'] }],
  ['sts:AssumeRoleWithWebIdentity', { resource: role, in: ['trust'] }],
  ['lambda:InvokeFunction', { resource: lambda, in: ['identity', 'function'] }],
] as const);

/** Global condition keys and keys of STS; the keys of a web identity begin with its issuer (IAM user guide). */
const conditionKeys: readonly string[] = ['aws:PrincipalArn', 'aws:SourceArn', 'sts:ExternalId'];
const operators: readonly string[] = ['StringLike', 'StringEquals', 'ArnLike'];
const principal = /^arn:aws(-[a-z]+)*:(iam::\d{12}:(root|user\/[\w+=,.@/-]+|role\/[\w+=,.@/-]+)|sts::\d{12}:federated-user\/[\w+=,.@-]+)$/;

const provider = /^arn:aws(-[a-z]+)*:iam::\d{12}:oidc-provider\/[\w./-]+$/;

/**
 * The maximum length in characters, without whitespace (IAM quotas; SetRepositoryPolicy and PutRegistryPolicy of the
 * API of ECR).
 */
const longest: Readonly<Record<Part, number>> = {
  identity: 6144,
  trust: 2048,
  repository: 10_240,
  registry: 10_240,
  function: 20_480,
  endpoint: 20_480,
};

const membersOf: Readonly<Record<Part, readonly string[]>> = {
  identity: ['Sid', 'Effect', 'Action', 'Resource'],
  repository: ['Sid', 'Effect', 'Principal', 'Action'],
  registry: ['Sid', 'Effect', 'Principal', 'Action', 'Resource'],
  trust: ['Sid', 'Effect', 'Principal', 'Action'],
  function: ['Sid', 'Effect', 'Principal', 'Action', 'Resource'],
  endpoint: ['Sid', 'Effect', 'Principal', 'Action', 'Resource'],
};

type Json = Readonly<Record<string, unknown>>;
const textsOf = (value: unknown): readonly string[] => [value].flat() as string[];

/** Fails where AWS would reject the policy, or where the policy would mean something else than it seems to. */
export function assertGrammar(policy: unknown, part: Part): void {
  const { Version, Statement, ...rest } = policy as Json & { readonly Statement: readonly Json[] };
  assert.equal(Version, '2012-10-17');
  assert.deepEqual(rest, {});
  assert.ok(Statement.length > 0);
  const sids = Statement.map(({ Sid }) => String(Sid));
  assert.equal(new Set(sids).size, sids.length, `each Sid once: ${sids.join()}`);
  for (const statement of Statement) assertStatement(statement, part);
  const text = JSON.stringify(policy);
  assert.ok(text.length <= longest[part], `${text.length} characters`);
  assert.match(text, /^[\t\n\r\u0020-\u00ff]*$/);
}

export function assertStatement(statement: Json, part: Part): void {
  const { Condition, ...members } = statement;
  assert.deepEqual(Object.keys(members), membersOf[part]);
  assert.match(String(statement['Sid']), /^[A-Za-z0-9]+$/);
  assert.equal(statement['Effect'], 'Allow');
  assertActions(statement, part);
  if (part === 'repository') assertSource(statement);
  if (part === 'endpoint') assert.equal(statement['Principal'], '*');
  else if (part !== 'identity') assertPrincipal(statement['Principal']);
  if (Condition !== undefined) assertCondition(Condition as Json);
}

/** Asserts that a statement for a service restricts aws:SourceArn where AWS documents it. */
function assertSource({ Principal, Condition }: Json): void {
  const { Service } = Principal as { readonly Service?: string };
  if (Service === undefined) return;
  assert.ok(pullers.has(Service), Service);
  const sources = pullers.get(Service);
  if (sources === undefined) assert.equal(Condition, undefined);
  else for (const arn of textsOf((Condition as { readonly StringLike: Json }).StringLike['aws:SourceArn'])) assert.match(arn, sources);
}

function assertActions(statement: Json, part: Part): void {
  const actions = textsOf(statement['Action']);
  assert.ok(actions.length > 0 && new Set(actions).size === actions.length);
  for (const action of actions) {
    const known = authorization.get(action);
    assert.ok(known, `${action} is an AWS action`);
    // An endpoint policy grants nothing; it only lets requests through.
    assert.ok(part === 'endpoint' || known.in.includes(part), `${action} is granted in a policy of the ${part}`);
    if (statement['Resource'] === undefined) continue;
    for (const resource of textsOf(statement['Resource'])) assert.match(resource, known.resource, action);
  }
}

function assertPrincipal(given: unknown): void {
  const { AWS, Federated, Service, ...rest } = given as Json;
  assert.deepEqual(rest, {});
  if (Service !== undefined) {
    assert.match(Service as string, /^[a-z0-9.-]+\.amazonaws\.com(\.cn)?$/);
    assert.deepEqual([AWS, Federated], [undefined, undefined]);
    return;
  }
  if (Federated !== undefined) {
    assert.match(Federated as string, provider);
    assert.equal(AWS, undefined);
    return;
  }
  const arns = textsOf(AWS);
  assert.ok(arns.length > 0);
  for (const arn of arns) assert.match(arn, principal);
}

function assertCondition(condition: Json): void {
  assert.ok(Object.keys(condition).length > 0);
  for (const [operator, keys] of Object.entries(condition)) {
    assert.ok(operators.includes(operator), operator);
    for (const [key, values] of Object.entries(keys as Json)) {
      assert.ok(conditionKeys.includes(key) || /^[\w./-]+:(sub|aud)$/.test(key), key);
      assert.ok(textsOf(values).every(value => value.length > 0));
    }
  }
}
