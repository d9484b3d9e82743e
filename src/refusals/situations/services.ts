import { policyPaste } from '../diagnosis.ts';
import { isPrivate } from '../hosts.ts';
import { example, row, type Situation } from '../situation.ts';
import { identityStatement, rights } from '../statements.ts';
import { login } from './pulled.ts';

const { host } = example;

/** Services that pull for somebody, where they do not hand on what they were told. */
export const services: readonly Situation[] = [
  row({
    id: 'task-without-token',
    title: 'ECS gets no token of ECR for a task',
    symptoms: [
      [
        'ECS on Fargate',
        'ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: unable to retrieve ecr registry auth: service call has been retried 3 time(s)',
      ],
      [
        'ECS on Fargate, cut by the console',
        'ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: unable to retrieve ecr registry auth: service call has been retried 5 time(s): RequestError: send request failed caused by: Post https://api.ecr....',
      ],
    ],
    when: ({ find }) => find(/unable to retrieve ecr registry auth/),
    tell: () => ({
      sentence:
        'ECS could not fetch a token of ECR for the task. What stood behind it is cut off: a request that was not sent is a matter of the network, a denial one of the execution role.',
      side: 'the subnet and security group of the task, or its execution role (the task role does not count here)',
      remedy:
        'Read the whole "stopped reason" of the task. A task without a public address needs a NAT gateway, or endpoints in its VPC: ecr.api, ecr.dkr, the gateway for S3, and logs; its security group must let HTTPS out. The execution role needs the statement.',
      paste: [policyPaste('Statement for the identity policy of the execution role', identityStatement(rights.token, []))],
    }),
  }),
  row({
    id: 'build-without-image',
    title: 'CodeBuild cannot pull the image of its environment',
    symptoms: [['CodeBuild', "BUILD_CONTAINER_UNABLE_TO_PULL_IMAGE: Unable to pull customer's container image."]],
    when: ({ find }) => find(/BUILD_CONTAINER_UNABLE_TO_PULL_IMAGE|Unable to pull customer's container image/),
    tell: () => ({
      sentence: 'CodeBuild could not pull the image in which it should build. The reason, if there is one, stands behind this line.',
      side: 'the project: the image, its region, and with whose rights it is pulled (imagePullCredentialsType)',
      remedy:
        'The image must be there, in the region of the project. With SERVICE_ROLE the service role needs the rights to pull, and for an image of another account the repository must let it in. With CODEBUILD the repository must let in the service codebuild.amazonaws.com.',
      paste: [
        { what: 'The rights of the service role', kind: 'command', text: 'ecr-courier policy pull IMAGE --for SERVICE_ROLE_ARN' },
        {
          what: 'The policy of the repository, with CODEBUILD',
          kind: 'command',
          text: 'ecr-courier policy pull IMAGE --for codebuild.amazonaws.com',
        },
      ],
    }),
  }),
  row({
    id: 'algorithm-without-image',
    title: 'SageMaker cannot pull the image of a job',
    symptoms: [
      [
        'SageMaker',
        'Failed Reason: ClientError: Cannot pull algorithm container. Either the image does not exist or its permissions are incorrect.',
      ],
    ],
    when: ({ find }) => find(/Cannot pull algorithm container/),
    tell: () => ({
      sentence:
        'SageMaker could not pull the image of the job, and says the same of each reason: the image is not there, its execution role may not pull it, or the disk of the instance is too small for it.',
      side: 'the job: its image, its execution role and its volume; for an image of another account also the policy of that repository',
      remedy:
        'Look whether the image is there, in the region of the job. Then compare the rights of the execution role, and give the instance a larger volume.',
      paste: [
        { what: 'The rights of the execution role', kind: 'command', text: 'ecr-courier policy pull IMAGE --for EXECUTION_ROLE_ARN' },
      ],
    }),
  }),
  row({
    id: 'jenkins-credentials',
    title: 'Jenkins does not find the AWS credentials of a registry',
    symptoms: [['Jenkins, Amazon ECR plugin', 'ERROR: Could not find credentials matching ecr:eu-west-1:my-aws-id']],
    when: ({ find }) => find(/Could not find credentials matching ecr:(?<region>[a-z0-9*<>_-]{1,30}):(?<id>[\w.@-]{1,100})/),
    tell: ({ groups }) => ({
      sentence: `Jenkins has no AWS credentials with the ID ${groups['id']} for that job: the ID is wrong, they are of another kind or in another folder, or the plugin does not know the region ${groups['region']}.`,
      side: 'Jenkins: its credentials, and the version of its plugins',
      remedy:
        'The credentials must be of the kind "AWS Credentials", and visible to the job. Update the plugins Amazon ECR and AWS Credentials for new regions. Or log in by `aws ecr get-login-password`.',
    }),
  }),
  row({
    id: 'cdk-login',
    title: 'CDK could not log in',
    symptoms: [['AWS CDK', `[100%] fail: docker login --username AWS --password-stdin https://${host} exited with error code 1`]],
    when: ({ find }) => find(/fail: docker login --username AWS --password-stdin \S{1,200} exited with error code \d/, isPrivate),
    tell: told => ({
      sentence: `CDK had a token for ${told.host}, and \`docker login\` failed with it. What Docker said of that stands behind the colon, or on the lines around.`,
      side: 'the machine that deploys: its Docker, and the credential store of that',
      remedy:
        'Log in by hand: that tells the reason. Is the daemon up, and is HOME a folder that can be written? A `credsStore` that stores nothing, such as ecr-login, fails each `docker login`: name it in `credHelpers` for the other registries alone.',
      paste: [login(told)],
    }),
  }),
  row({
    id: 'renovate-token',
    title: 'Renovate gets no token of ECR',
    symptoms: [
      [
        'Renovate',
        'DEBUG: ECR getAuthorizationToken error (repository=team/app)\n WARN: No docker auth found - returning (repository=team/app)',
      ],
    ],
    when: ({ find }) => find(/ECR getAuthorizationToken error/),
    tell: () => ({
      sentence: 'Renovate could not fetch a token of ECR. The reason stands in the member `err` of that line, in the debug log as JSON.',
      side: 'Renovate: the AWS identity of its process, or the keys in the host rule of this registry',
      remedy:
        'In a host rule `username` is the ID of an access key and `password` its secret; without a rule the process needs an identity of its own. `ecr-courier why` knows most reasons. The identity needs the statement.',
      paste: [policyPaste('Statement for the identity policy of Renovate', identityStatement(rights.token, []))],
    }),
  }),
];
