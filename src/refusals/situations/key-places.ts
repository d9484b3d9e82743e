import { row, type Situation } from '../situation.ts';

/** Failures of the places that provide AWS keys: endpoints that do not respond, and a directory that is shut. */
export const keyPlaces: readonly Situation[] = [
  row({
    id: 'container-keys',
    title: 'The credentials of the task or pod cannot be reached',
    symptoms: [
      [
        'AWS SDK for Go, ECS',
        'failed to refresh cached credentials, failed to load credentials, : Get "http://169.254.170.2/v2/credentials/5c1": dial tcp 169.254.170.2:80: i/o timeout',
      ],
      [
        'boto3, EKS',
        'Error when retrieving credentials from container-role: Error retrieving metadata: Received error when attempting to retrieve container metadata: Connect timeout on endpoint URL: "http://169.254.170.23/v1/credentials"',
      ],
    ],
    when: ({ find }) =>
      find(/169\.254\.170\.(2|23)\b.{0,200}?(timeout|deadline|timed out|refused|no route|unreachable|40[0-9])/) ??
      find(/retrieving credentials from container-role/),
    tell: () => ({
      sentence: 'The place that gives a task (ECS) or pod (EKS Pod Identity) its AWS credentials did not answer or refused.',
      side: 'the task or pod: its role, and the way to 169.254.170.2 or 169.254.170.23',
      remedy:
        'ECS: the task needs a task role (the execution role is for the agent). EKS: the Pod Identity agent must run on the node, and the service account must have an association. A proxy must not be used for these addresses (NO_PROXY).',
    }),
  }),
  row({
    id: 'metadata-unreachable',
    title: 'The role of the EC2 instance cannot be reached (hop limit)',
    symptoms: [
      [
        'AWS SDK for Go, in a container',
        'failed to refresh cached credentials, no EC2 IMDS role found, operation error ec2imds: GetMetadata, canceled, context deadline exceeded',
      ],
      [
        'AWS SDK for Go, in a container',
        'operation error ec2imds: GetMetadata, failed to get API token, operation error ec2imds: getToken, http response error StatusCode: 0, request to EC2 IMDS failed',
      ],
      ['AWS SDK for Java', 'Unable to contact EC2 metadata service.'],
      ['AWS SDK for JavaScript', 'Error: Error response received from instance metadata service'],
      [
        'AWS SDK for .NET',
        'Amazon.Runtime.AmazonServiceException: Unable to get IAM security credentials from EC2 Instance Metadata Service.',
      ],
      ['AWS SDK for PHP', 'Error retrieving credentials from the instance profile metadata service. (cURL error 28: Connection timed out)'],
      ['any', 'Put "http://169.254.169.254/latest/api/token": context deadline exceeded (Client.Timeout exceeded while awaiting headers)'],
    ],
    when: ({ find }) =>
      find(
        /no EC2 IMDS role found|request to EC2 IMDS failed|ec2imds: (GetMetadata|getToken)|contact EC2 metadata service|IAM security credentials from EC2 Instance Metadata|from the instance profile metadata service|Error response received from instance metadata service|169\.254\.169\.254.{0,200}?(timeout|deadline|timed out|refused|no route|unreachable)|EC2MetadataError|Error retrieving (credentials|metadata) from (Instance Metadata|IMDS)|Failed to (load|retrieve) .{0,40}IMDS/,
      ),
    tell: () => ({
      sentence:
        'No keys were found in variables or files, and the metadata service of EC2, the last place, gave none: the machine has no role, or a container is one network hop too far away from it.',
      side: 'the EC2 instance: its role (instance profile) and its metadata options',
      remedy:
        'In a container without host network the hop limit must be 2; the default of many instances is 1. Outside of EC2 give keys, a profile or a web identity. Look also whether the instance has a role at all, and whether the metadata service is switched off.',
      paste: [
        {
          what: 'Raise the hop limit',
          kind: 'command',
          text: 'aws ec2 modify-instance-metadata-options --instance-id INSTANCE --http-put-response-hop-limit 2 --http-tokens required',
        },
      ],
    }),
  }),
  row({
    id: 'provider-slow',
    title: 'The credential provider of the kubelet does not end',
    symptoms: [
      [
        'kubelet',
        'Failed getting credential from external registry credential provider: error execing credential provider plugin ecr-credential-provider for image 123456789012.dkr.ecr.us-west-2.amazonaws.com/cilium/cilium: context deadline exceeded: I0925 21:34:13.657531 6329 main.go:129] Getting creds for private image',
      ],
    ],
    when: ({ find }) => find(/error execing credential provider plugin .{0,400}?: context deadline exceeded/),
    tell: () => ({
      sentence:
        'The credential provider of the node was ended by the kubelet after a minute: it waited for AWS credentials or for ECR, and nobody answered.',
      side: 'the node: its role (metadata service of EC2), or its way to api.ecr and sts',
      remedy:
        'Outside of EC2 the provider needs keys (`env` in its configuration) or a web identity. Elsewhere look whether the metadata service and api.ecr.REGION.amazonaws.com answer from the node. A proxy must be given in `env` as well.',
    }),
  }),
  row({
    id: 'aws-home-shut',
    title: 'The directory .aws cannot be written or read',
    symptoms: [
      ['AWS CLI', "[Errno 30] Read-only file system: '/app/.aws'"],
      ['AWS CLI', "[Errno 13] Permission denied: '/.aws'"],
      ['boto3', "PermissionError: [Errno 13] Permission denied: '/root/.aws/credentials'"],
    ],
    when: ({ find }) =>
      find(
        /\[Errno (?:13|(?<sealed>30))\] (?:Permission denied|Read-only file system): '(?<path>[^'\n]{0,200}\/\.aws(?:\/[^'\n]{0,200})?)'/,
      ),
    tell: ({ groups }) => ({
      sentence:
        groups['sealed'] === undefined
          ? `The user that runs the program has no right to ${groups['path']}, so it ended before ECR was asked. The AWS CLI also writes there: it keeps the sessions of roles.`
          : `The AWS CLI cannot write to ${groups['path']}, where it keeps the sessions of roles: that file system is read-only. So it ended before ECR was asked.`,
      side: 'the machine or container: the HOME of the user that runs the program, and the owner of that directory',
      remedy: 'Set HOME to a directory that this user may write to (in a pod an emptyDir, say), or give the directory to that user.',
    }),
  }),
];
