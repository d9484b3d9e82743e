import { row, type Situation } from '../situation.ts';
import { regionOf } from './pulled.ts';

/** Failures of setting or reading policies. */
export const policies: readonly Situation[] = [
  row({
    id: 'policy-invalid',
    title: 'ECR does not take the repository policy',
    symptoms: [
      [
        'AWS CLI, Terraform',
        "InvalidParameterException: Invalid parameter at 'PolicyText' failed to satisfy constraint: 'Invalid repository policy provided'",
      ],
    ],
    when: ({ find }) => find(/Invalid repository policy provided/),
    tell: () => ({
      sentence:
        'ECR does not take the policy as it is written. Most often a principal in it is not there: a role that was deleted, or a wrong account.',
      side: 'the policy that was sent',
      remedy:
        'Look whether each role and account is there. A repository policy has no Resource. `ecr-courier policy` prints both sides as AWS takes them.',
    }),
  }),
  row({
    id: 'registry-policy-invalid',
    title: 'ECR does not take the registry policy',
    symptoms: [
      [
        'AWS CLI',
        "An error occurred (InvalidParameterException) when calling the PutRegistryPolicy operation: Invalid parameter at 'PolicyText' failed to satisfy constraint: 'Invalid registry policy provided'",
      ],
      [
        'Terraform',
        "Error: creating ECR Registry Policy: operation error ECR: PutRegistryPolicy, https response error StatusCode: 400, RequestID: 5c1, InvalidParameterException: Invalid parameter at 'PolicyText' failed to satisfy constraint: 'Invalid registry policy provided'",
      ],
    ],
    when: ({ find }) => find(/Invalid registry policy provided/),
    tell: told => ({
      sentence:
        'ECR does not take the registry policy. With the scope V1 it may speak of ecr:ReplicateImage, ecr:BatchImportUpstreamImage and ecr:CreateRepository alone; with V2 of all actions.',
      side: 'the registry (its scope), or the policy that was sent',
      remedy:
        'Look at the scope, and switch to V2 where the policy names other actions. If it is V2, look whether each principal is there, and whether each statement has a Resource. `ecr-courier policy ... --part registry` prints one that AWS takes.',
      paste: [
        {
          what: 'The scope',
          kind: 'command',
          text: `aws ecr get-account-setting --region ${regionOf(told)} --name REGISTRY_POLICY_SCOPE`,
        },
        {
          what: 'Switch to V2',
          kind: 'command',
          text: `aws ecr put-account-setting --region ${regionOf(told)} --name REGISTRY_POLICY_SCOPE --value V2`,
        },
      ],
    }),
  }),
  row({
    id: 'no-repository-policy',
    title: 'The repository has no policy',
    symptoms: [
      [
        'AWS CLI',
        "An error occurred (RepositoryPolicyNotFoundException) when calling the GetRepositoryPolicy operation: Repository policy does not exist for the repository with name 'team/app' in the registry with id '123456789012'",
      ],
    ],
    when: ({ find }) => find(/RepositoryPolicyNotFoundException|Repository policy does not exist for the repository/),
    tell: () => ({
      sentence:
        'The repository has no policy of its own: identities of its own account need none, those of other accounts cannot pull without one (or without a registry policy).',
      side: 'the repository policy, in the account of the repository',
      remedy: 'Nothing, where all pullers are of the same account. For others `ecr-courier policy` prints both sides.',
    }),
  }),
  row({
    id: 'no-policy-set',
    title: 'The registry or the repository has no such policy',
    symptoms: [
      [
        'AWS CLI',
        "An error occurred (RegistryPolicyNotFoundException) when calling the GetRegistryPolicy operation: Registry policy does not exist in the registry with id '123456789012'",
      ],
      [
        'AWS CLI',
        "An error occurred (LifecyclePolicyNotFoundException) when calling the GetLifecyclePolicy operation: Lifecycle policy does not exist for the repository with name 'team/app' in the registry with id '123456789012'",
      ],
    ],
    when: ({ find }) => find(/RegistryPolicyNotFoundException|LifecyclePolicyNotFoundException/),
    tell: () => ({
      sentence:
        'There is no policy of that kind, and none is needed: without a registry policy identity and repository policies decide, without a lifecycle policy nothing is removed.',
      side: 'whoever asked for it',
      remedy:
        'Nothing, unless somebody of another account should be let in by the registry: `ecr-courier policy ... --part registry` prints that.',
    }),
  }),
  row({
    id: 'lifecycle-invalid',
    title: 'ECR does not take the lifecycle policy',
    symptoms: [
      [
        'Terraform',
        "InvalidParameterException: Invalid parameter at 'LifecyclePolicyText' failed to satisfy constraint: 'Lifecycle policy validation failure: instance failed to match exactly one schema (matched 0 out of 2)'",
      ],
    ],
    when: ({ find }) => find(/Lifecycle policy validation failure/),
    tell: () => ({
      sentence: 'The lifecycle policy has a member that ECR does not know in that place, or lacks one.',
      side: 'the policy that was sent',
      remedy:
        'Look at each rule: no member may be empty (`targetStorageClass` goes with `transition` alone), tagged images need tagPrefixList or tagPatternList, and times need countUnit.',
    }),
  }),
  row({
    id: 'principal-invalid',
    title: 'IAM does not know a principal of the policy',
    symptoms: [
      [
        'AWS CLI',
        'An error occurred (MalformedPolicyDocument) when calling the CreateRole operation: Invalid principal in policy: "AWS":"arn:aws:iam::123456789012:role/pull"',
      ],
    ],
    when: ({ find }) =>
      find(/MalformedPolicyDocument\b.{0,200}?Invalid principal in policy|Invalid principal in policy: ?"(AWS|Service|Federated)"/),
    tell: () => ({
      sentence: 'A trust policy names somebody who is not there: IAM takes no role or user that does not exist.',
      side: 'the policy that was sent',
      remedy:
        'Make the role first, or write its ARN with its path. Where it may come later, let in its account, with a condition on aws:PrincipalArn. `ecr-courier policy assume ROLE --for WHO` prints both sides.',
    }),
  }),
];
