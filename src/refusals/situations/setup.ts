import { row, type Situation } from '../situation.ts';
import { regionOf } from './pulled.ts';

/** What AWS says while registries, repositories and policies are set up. */
export const setup: readonly Situation[] = [
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
    id: 'kms-key',
    title: 'The key of the repository cannot be used',
    symptoms: [
      [
        'AWS CLI',
        'An error occurred (KmsException) when calling the CreateRepository operation: The operation failed due to a KMS exception.',
      ],
      [
        'AWS SDKs',
        'operation error ECR: CreateRepository, https response error StatusCode: 400, RequestID: 5c1, KmsException: The operation failed due to a KMS exception.',
      ],
    ],
    when: ({ find }) => find(/\bKmsException\b/),
    tell: () => ({
      sentence:
        'KMS does not let ECR use the key of the repository: the key is not there, is switched off or about to be deleted, or does not let in whoever asks.',
      side: 'the key (its state and its key policy), and the identity policy of whoever creates the repository',
      remedy:
        'The key must be in the region of the repository, symmetric and enabled. Whoever creates the repository needs kms:DescribeKey and kms:CreateGrant on it; ECR goes on by that grant, so it must not be retired. The key of a repository cannot be changed.',
      paste: [
        { what: 'The state of the key', kind: 'command', text: "aws kms describe-key --key-id KEY --query 'KeyMetadata.[KeyState,Arn]'" },
        { what: 'Whether ECR has its grant', kind: 'command', text: 'aws kms list-grants --key-id KEY' },
      ],
    }),
  }),
  row({
    id: 'quota-reached',
    title: 'A quota of ECR is reached',
    symptoms: [
      [
        'AWS CLI',
        "An error occurred (LimitExceededException) when calling the CreateRepository operation: The registry with id '123456789012' already has the maximum allowed number of repositories which is '10000'",
      ],
    ],
    when: ({ find }) =>
      find(
        /maximum allowed number of (?!images)[a-z ]{3,40} which is|LimitExceededException.{0,80}(CreateRepository|PutImage|PullThroughCache)/,
      ),
    tell: () => ({
      sentence: 'The registry has as many of these as the account may have in this region. Login and rights are good.',
      side: 'the administrators of the AWS account',
      remedy: 'Remove what nobody needs, or ask for a higher quota (Service Quotas, Amazon ECR).',
    }),
  }),
  row({
    id: 'repository-not-empty',
    title: 'The repository has images, so it is not deleted',
    symptoms: [
      [
        'Terraform',
        "Error: ECR Repository (team/app) not empty, consider using force_delete: RepositoryNotEmptyException: The repository with name 'team/app' in registry with id '123456789012' cannot be deleted because it still contains images",
      ],
    ],
    when: ({ find }) => find(/RepositoryNotEmptyException|cannot be deleted because it still contains images/),
    tell: () => ({
      sentence: 'The repository still has images, and ECR deletes such a one by force alone.',
      side: 'the script or the module that deletes it',
      remedy:
        'If the images may go, use `--force` of `aws ecr delete-repository`, or `force_delete` of Terraform: that must be applied once before the destroy.',
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
    id: 'repository-there',
    title: 'The repository is there already',
    symptoms: [
      [
        'AWS CLI, Terraform',
        "An error occurred (RepositoryAlreadyExistsException) when calling the CreateRepository operation: The repository with name 'team/app' already exists in the registry with id '123456789012'",
      ],
    ],
    when: ({ find }) => find(/RepositoryAlreadyExistsException/),
    tell: () => ({
      sentence: 'The repository is there already in that account and region, so it was not created.',
      side: 'the script that creates it',
      remedy: 'Nothing, where it is the right one: let the script go on. In Terraform import it.',
    }),
  }),
  row({
    id: 'role-arn-invalid',
    title: 'The ARN of the role is none',
    symptoms: [['GitHub Actions', 'Error: Could not assume role with OIDC: Request ARN is invalid']],
    when: ({ find }) => find(/Request ARN is invalid/),
    tell: () => ({
      sentence: 'STS does not take the ARN of the role: it is not well formed, or it is empty.',
      side: 'the role-to-assume of the workflow, or the setting of the program that asked',
      remedy: 'Write arn:aws:iam::ACCOUNT:role/NAME, with its path. A secret that the job does not see (pull requests of forks) is empty.',
    }),
  }),
];
