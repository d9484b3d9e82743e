import { policyPaste } from '../diagnosis.ts';
import { isEcr, isRegistry, orUnsaid } from '../hosts.ts';
import { holderOf } from '../principal.ts';
import { serviceStatement, serviceTrustStatement } from '../services.ts';
import { example, row, type Situation } from '../situation.ts';
import { identityStatement, rights } from '../statements.ts';
import { imageOf, imagesCommand, repositoryOf } from './pulled.ts';

const { host, image } = example;

/** Messages of AWS services about a pull, in their own words. */
export const tasks: readonly Situation[] = [
  row({
    id: 'task-network',
    title: 'A task of ECS gets no connection to ECR',
    symptoms: [
      [
        'ECS',
        `CannotPullContainerError: The task cannot pull 'app' from the Amazon ECR repository '${host}/team/app'. There is a connection issue between the task and Amazon ECR. Check your task network configuration.`,
      ],
      [
        'ECS',
        `CannotPullContainerError: The task cannot pull ${image} from the registry ${image}. There is a connection issue between the task and the registry. Check your task network configuration.`,
      ],
      ['ECS on EC2', "CannotPullECRContainerError: The task can't pull the image. Check your network configuration."],
    ],
    when: ({ find }) =>
      find(/connection issue between the task and Amazon ECR/) ??
      find(/cannot pull .{1,700}?connection issue between the task and the registry/, isRegistry) ??
      find(/CannotPullECRContainerError: The task can('|no)t pull the image\. Check your (task |host )?network configuration/),
    tell: () => ({
      sentence: 'ECS got no connection to ECR for this task, so login and rights were not judged.',
      side: 'the subnet, the route and the security group of the task',
      remedy:
        'A task without a public address needs a NAT gateway, or endpoints in its VPC: ecr.api, ecr.dkr (with private DNS), the gateway for S3, and logs. Its security group must let HTTPS out, that of the endpoints HTTPS in. In a public subnet the task needs `assignPublicIp`.',
      paste: [
        { what: 'The endpoints of the VPC', kind: 'command', text: 'aws ec2 describe-vpc-endpoints --filters Name=vpc-id,Values=VPC' },
      ],
    }),
  }),
  row({
    id: 'task-role',
    title: 'The execution role of a task may not pull',
    symptoms: [
      [
        'ECS',
        'CannotPullContainerError: The task cannot pull the image. Check that the role has the permissions to pull images from the registry.',
      ],
    ],
    when: ({ find }) => find(/The task can('|no)t pull .{1,400}?Check that the role has the permissions/),
    tell: told => ({
      sentence:
        'ECS was refused the image: the execution role of the task lacks a right to pull, or the repository of another account does not let it in.',
      side: 'the identity policy of the execution role (the task role does not count here), and the repository policy where the image is of another account',
      remedy:
        "Add the statements to the execution role, or give it AWS's own policy AmazonECSTaskExecutionRolePolicy. For another account `ecr-courier policy pull IMAGE --for ROLE` prints both sides.",
      paste: [
        {
          what: 'The rights of the execution role',
          kind: 'command',
          text: `ecr-courier policy pull ${imageOf(told)} --for EXECUTION_ROLE_ARN`,
        },
      ],
    }),
  }),
  row({
    id: 'service-not-let-in',
    title: 'A repository does not let in SageMaker',
    symptoms: [
      [
        'SageMaker',
        `ClientError: The repository of your image ${image} does not grant ecr:GetDownloadUrlForLayer, ecr:BatchGetImage, ecr:BatchCheckLayerAvailability permission to sagemaker.amazonaws.com service principal.`,
      ],
    ],
    when: ({ find }) => find(/does not grant (ecr:\w+,? ?){1,6}permissions? to (?<service>sagemaker\.amazonaws\.com) service principal/),
    tell: told => ({
      sentence: `SageMaker itself pulls this image${repositoryOf(told) === undefined ? '' : ` (repository ${repositoryOf(told)})`}, and the policy of the repository does not let in the service sagemaker.amazonaws.com. Rights of the execution role do not help here.`,
      side: 'the repository policy in the account of the image',
      remedy: `Add the statement to the policy of the repository: \`ecr-courier policy pull ${imageOf(told)} --for sagemaker.amazonaws.com\` prints the whole one.`,
      paste: [policyPaste('Statement for the repository policy', serviceStatement({ service: 'sagemaker.amazonaws.com', sources: [] }))],
    }),
  }),
  row({
    id: 'app-runner-role',
    title: 'App Runner cannot pull the image',
    symptoms: [
      [
        'App Runner',
        'Failed to pull your application image. Be sure you configure your service with a valid access role to your ECR repository.',
      ],
      ['App Runner', 'Failed to copy the image from ECR.'],
    ],
    when: ({ find }) =>
      find(/Failed to pull your application image\. Be sure you configure your service with a valid access role/) ??
      find(/Failed to copy the image from ECR\b/),
    tell: told => ({
      sentence:
        'App Runner did not get the image with the access role of the service: that role is missing, does not let in App Runner or may not pull, or the image is not there. App Runner says the same of all.',
      side: 'the access role of the service (not its instance role), and the image: its tag, its region, the repository policy of another account',
      remedy:
        "The access role must let in build.apprunner.amazonaws.com and have AWS's own policy AWSAppRunnerServicePolicyForECRAccess, or the statements. Look then whether the image is there, in the region of the service.",
      paste: [
        policyPaste('Statement for the identity policy of the access role', identityStatement(rights.token, [])),
        { what: 'Its rights to pull', kind: 'command', text: `ecr-courier policy pull,ecr:DescribeImages ${imageOf(told)}` },
        { what: 'The images of the repository', kind: 'command', text: imagesCommand(told) },
      ],
    }),
  }),
  row({
    id: 'app-runner-assume',
    title: 'App Runner may not assume the access role',
    symptoms: [
      [
        'App Runner',
        'InvalidRequestException: Error in assuming access role arn:aws:iam::123456789012:role/service-role/AppRunnerECRAccessRole',
      ],
    ],
    when: ({ find }) => find(/Error in assuming access role( (?<role>arn:aws[\w-]*:iam::\S{1,300}?:role\/[\w+=,.@/-]{1,300}))?/),
    tell: ({ groups }) => ({
      sentence: `App Runner may not assume ${groups['role'] === undefined ? 'the access role of the service' : holderOf(groups['role']).words}: its trust policy does not let in build.apprunner.amazonaws.com, or the role was made a moment ago. The image was not asked for.`,
      side: 'the trust policy of that role',
      remedy:
        'Add the statement to the trust policy. (tasks.apprunner.amazonaws.com is for the instance role.) IAM takes some seconds to follow a new role: wait ten seconds and try again.',
      paste: [policyPaste('Statement for the trust policy of the access role', serviceTrustStatement('build.apprunner.amazonaws.com'))],
    }),
  }),
  row({
    id: 'watchtower-head',
    title: 'Watchtower asks in another way',
    symptoms: [['Watchtower', `Could not do a head request for "${image}", falling back to regular pull.`]],
    when: ({ find }) => find(/Could not do a head request for/, isEcr),
    tell: ({ host: at }) => ({
      sentence: `Watchtower could not ask ${at} for the digest alone, and pulls the image to compare it. That is not a failure by itself: the reason, if there is one, stands on the next line.`,
      side: 'Watchtower: the login that it is given for this host, and its way to ask',
      remedy:
        'If the pull that follows is good, nothing is to be done (WATCHTOWER_WARN_ON_HEAD_FAILURE=never hides the line). If it is refused, give Watchtower a file of logins that is kept fresh, and the line of that pull to `ecr-courier why`.',
    }),
  }),
  row({
    id: 'push-without-header',
    title: 'The engine was asked to push without a login',
    symptoms: [
      ['Terraform, docker provider', 'Error: Error pushing docker image: Bad parameters and missing X-Registry-Auth: EOF'],
      ['Docker Engine API', `POST /images/${host}/team/app/push: Bad parameters and missing X-Registry-Auth: EOF`],
      [
        'Docker SDK for Python',
        `docker.errors.APIError: 500 Server Error for http+docker://localhost/v1.43/images/${host}/team/app/push: Internal Server Error ("Bad parameters and missing X-Registry-Auth: EOF")`,
      ],
    ],
    when: ({ find }) => find(/missing X-Registry-Auth: /, orUnsaid(isEcr)),
    tell: () => ({
      sentence:
        'The Docker engine was asked to push and got no login with that call (the header X-Registry-Auth is empty), so no registry was asked.',
      side: 'the program that calls the engine: it has no login for the registry of the image',
      remedy:
        'Give it one for the very host in the name of the image. Terraform: `registry_auth` of the docker provider, with the data source aws_ecr_authorization_token. Other programs: X-Registry-Auth as base64url of the JSON of user name and password.',
    }),
  }),
];
