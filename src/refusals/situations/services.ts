import { policyPaste } from '../diagnosis.ts';
import { row, type Situation } from '../situation.ts';
import { identityStatement, rights } from '../statements.ts';

/** Failures of services that pull on behalf of a user and do not show the registry's message. */
export const services: readonly Situation[] = [
  row({
    id: 'task-without-token',
    title: 'ECS gets no ECR token for a task',
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
        'ECS could not fetch an ECR token for the task. What stood behind it is cut off: a request that was not sent is a matter of the network, a denial one of the execution role.',
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
];
