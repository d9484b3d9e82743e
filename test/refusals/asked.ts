export const host = '123456789012.dkr.ecr.eu-west-1.amazonaws.com';
export const image = `${host}/team/app:1.2`;
export const role = 'arn:aws:iam::210987654321:role/ci/puller';
const session = 'arn:aws:sts::210987654321:assumed-role/puller/i-0123';
export const provider = 'arn:aws:iam::123456789012:oidc-provider/oidc.eks.eu-west-1.amazonaws.com/id/ABC';
export const repository = (name: string): string => `arn:aws:ecr:eu-west-1:123456789012:repository/${name}`;

/** Every form of every job, with the policies that it leads to. */
export const asked: readonly (readonly [args: readonly string[], parts: readonly string[]])[] = [
  [[image], ['identity']],
  [['token'], ['identity']],
  [['public'], ['identity']],
  [['pull', image], ['identity']],
  [['pull', host, 'public.ecr.aws/nginx/nginx'], ['identity']],
  [
    ['pull', image, '--for', role],
    ['identity', 'repository'],
  ],
  [
    ['pull', image, '--for', session],
    ['identity', 'repository'],
  ],
  [
    ['pull', image, `${host}/team/*`, '--for', `${role},${session},111111111111`],
    ['identity', 'repository'],
  ],
  [['pull', image, '--for', role, '--part', 'registry'], ['registry']],
  [['pull', image, '--for', 'arn:aws:iam::123456789012:role/own'], ['identity']],
  [['pull', image, '--for', 'arn:aws:iam::123456789012:role/own', '--part', 'repository'], ['repository']],
  [
    [
      'pull',
      image,
      `210987654321.dkr.ecr.eu-west-1.amazonaws.com/x/y`,
      '--for',
      'arn:aws:iam::123456789012:role/a,arn:aws:iam::210987654321:role/b',
    ],
    ['identity', 'repository-1', 'repository-2'],
  ],
  [['pull', image, '--for', 'lambda.amazonaws.com'], ['repository']],
  [['pull', host, '--for', 'arn:aws:lambda:eu-west-1:210987654321:function:web-*'], ['repository']],
  [
    ['pull', image, '--for', `lambda,${role}`],
    ['identity', 'repository'],
  ],
  [['pull', image, '--for', 'codebuild.amazonaws.com'], ['repository']],
  [['pull', image, `${host}/web`, '--for', 'arn:aws:codebuild:eu-west-1:123456789012:project/web'], ['repository']],
  [['pull', image, '--for', 'sagemaker.amazonaws.com'], ['repository']],
  [['pull', image, '--for', 'emr-serverless.amazonaws.com,omics.amazonaws.com,lambda'], ['repository']],
  [['pull', image, '--for', 'arn:aws:emr-serverless:eu-west-1:123456789012:/applications/00f1'], ['repository']],
  [['push', image], ['identity']],
  [
    ['push', image, '--for', '210987654321'],
    ['identity', 'repository'],
  ],
  [['cache', `${host}/docker-hub/*`], ['identity']],
  [
    ['cache', `${host}/docker-hub/*`, '--tags', '--for', role],
    ['identity', 'registry'],
  ],
  [
    ['cache', `${host}/docker-hub/*`, '123456789012.dkr.ecr.eu-west-2.amazonaws.com/quay/*', '--for', role],
    ['identity', 'registry-1', 'registry-2'],
  ],
  [
    ['cache', `${host}/docker-hub/library/nginx`, '--existing', '--for', role],
    ['identity', 'repository'],
  ],
  [['assume', 'arn:aws:iam::123456789012:role/ecr-pull'], ['identity']],
  [
    ['assume', 'arn:aws:iam::123456789012:role/ecr-pull', '--for', role, '--external-id', 'blue:1'],
    ['identity', 'trust'],
  ],
  [
    ['assume', 'arn:aws:iam::123456789012:role/ecr-pull', '--for', session, '--external-id', 'blue:1'],
    ['identity', 'trust'],
  ],
  [['assume', 'arn:aws:iam::123456789012:role/task', '--for', 'ecs-tasks.amazonaws.com'], ['trust']],
  [
    ['assume', 'arn:aws:iam::123456789012:role/task', '--for', `ec2.amazonaws.com,${role}`],
    ['identity', 'trust'],
  ],
  [['pod-identity', 'arn:aws:iam::123456789012:role/pod'], ['trust']],
  [['web-identity', 'arn:aws:iam::123456789012:role/pod', '--for', provider, '--subject', 'system:serviceaccount:web:app'], ['trust']],
  [['invoke', 'arn:aws:lambda:eu-west-1:123456789012:function:ecr-token:live'], ['identity']],
  [
    ['invoke', 'arn:aws:lambda:eu-west-1:123456789012:function:ecr-token', '--for', role],
    ['identity', 'function'],
  ],
  [
    [
      'invoke',
      'arn:aws:lambda:eu-west-1:123456789012:function:ecr-token:live,arn:aws:lambda:eu-west-1:123456789012:function:other',
      '--for',
      `${role},210987654321`,
    ],
    ['identity', 'function'],
  ],
  [['pull', image, '--part', 'endpoint'], ['endpoint']],
  [['ecr:ListImages', host], ['identity']],
  [
    ['pull,push,ecr:ListImages', image, '--for', role],
    ['identity', 'repository'],
  ],
  [
    ['ecr:DescribeRepositories', '--account', '123456789012', '--region', 'eu-west-1', '--for', role],
    ['identity', 'repository'],
  ],
  [
    ['ecr:CreateRepository', `${host}/new/*`, '--for', role],
    ['identity', 'registry'],
  ],
  [['ecr:DescribeRegistry'], ['identity']],
  [['sts:GetServiceBearerToken'], ['identity']],
];
