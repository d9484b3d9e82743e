import { row, type Situation } from '../situation.ts';

/** Responses of AWS while registries, repositories and policies are set up. */
export const setup: readonly Situation[] = [
  row({
    id: 'region-malformed',
    title: 'The region is not written as one',
    symptoms: [
      ['AWS CLI, boto3', "Provided region_name 'eu west 1' doesn't match a supported format."],
      ['AWS CLI', 'Invalid endpoint: https://api.ecr.eu west 1.amazonaws.com'],
      ['AWS SDK for JavaScript', 'Region not accepted: region="eu west 1" is not a valid hostname component.'],
      ['AWS SDK for Go', 'Invalid Configuration: Invalid region: region was not a valid DNS name.'],
    ],
    when: ({ find }) =>
      find(
        /Provided region_name .{1,80}? doesn't match a supported format|Invalid endpoint: https?:\/\/(api\.ecr|sts)\.|Region not accepted: region=|[Rr]egion was not a valid DNS name/,
      ),
    tell: () => ({
      sentence: 'The name of the region is not one that can stand in an address (blanks, quotes, a whole sentence), so AWS was not asked.',
      side: 'the settings of the program that asked: AWS_REGION, AWS_DEFAULT_REGION, --region, or `region` of the profile',
      remedy: 'Write it as AWS does: eu-west-1, without quotes and blanks. A variable of a CI that was not replaced is the usual mistake.',
      paste: [{ what: 'What is set', kind: 'command', text: 'aws configure list; env | grep REGION' }],
    }),
  }),
  row({
    id: 'registry-id-malformed',
    title: 'The account is not written as a number',
    symptoms: [
      [
        'AWS CLI',
        "An error occurred (InvalidParameterException) when calling the GetAuthorizationToken operation: Invalid parameter at 'registryIds' failed to satisfy constraint: 'Member must satisfy constraint: [Member must satisfy regular expression pattern: [0-9]{12}]'",
      ],
    ],
    when: ({ find }) =>
      find(/Invalid parameter at 'registryIds?' failed to satisfy constraint|InvalidParameterException.{0,300}registryIds?\b/),
    tell: () => ({
      sentence:
        'ECR was asked for a registry whose ID is not an account: that ID is the twelve digits of an AWS account, without host, dashes or name.',
      side: 'the script that asks: its --registry-ids (of workflows: `registries`)',
      remedy:
        'Write the twelve digits, in quotes where they begin with 0, and several with commas or blanks as the tool wants them. For a token it may be left out.',
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
    when: ({ find }) =>
      find(
        /\(KmsException\) when calling the \w{0,40}(Repositor|Layer|Image|Registry|PullThrough)|operation error ECR: .{0,300}?\bKmsException\b|\becr\.model\.KmsException|The operation failed due to a KMS exception/,
      ),
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
    title: 'An ECR quota is reached',
    symptoms: [
      [
        'AWS CLI',
        "An error occurred (LimitExceededException) when calling the CreateRepository operation: The registry with id '123456789012' already has the maximum allowed number of repositories which is '10000'",
      ],
    ],
    when: ({ find }) =>
      find(
        /maximum allowed number of (?!images)[a-z ]{3,40} which is|(?<!\w)LimitExceededException.{0,80}(CreateRepository|PutImage|PullThroughCache)/,
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
    title: 'The role ARN is not valid',
    symptoms: [['GitHub Actions', 'Error: Could not assume role with OIDC: Request ARN is invalid']],
    when: ({ find }) => find(/Request ARN is invalid/),
    tell: () => ({
      sentence: 'STS does not take the ARN of the role: it is not well formed, or it is empty.',
      side: 'the role-to-assume of the workflow, or the setting of the program that asked',
      remedy: 'Write arn:aws:iam::ACCOUNT:role/NAME, with its path. A secret that the job does not see (pull requests of forks) is empty.',
    }),
  }),
];
