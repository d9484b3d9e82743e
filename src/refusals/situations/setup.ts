import { row, type Situation } from '../situation.ts';

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
    when: ({ find }) => find(/Invalid repository policy provided|Invalid registry policy provided/),
    tell: () => ({
      sentence:
        'ECR does not take the policy as it is written. Most often a principal in it is not there: a role that was deleted, or a wrong account.',
      side: 'the policy that was sent',
      remedy:
        'Look whether each role and account is there. A repository policy has no Resource. `ecr-courier policy` prints both sides as AWS takes them.',
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
