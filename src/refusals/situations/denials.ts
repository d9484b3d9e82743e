import type { Diagnosis } from '../diagnosis.ts';
import { explainDenial } from '../gates.ts';
import { statementFor } from '../sides.ts';
import { example, type Situation } from '../situation.ts';
import { webIdentityTrustStatement } from '../statements.ts';

const { role, own, theirs, host, image } = example;
const user = 'arn:aws:iam::123456789012:user/ci';
const said = (action: string, resource: string, tail: string, who: string = role): string =>
  `User: ${who} is not authorized to perform: ${action} on resource: ${resource}${tail && ` ${tail}`}`;
const get = 'ecr:BatchGetImage';

/** A row for IAM's own sentence: it applies where `explainDenial` returns its id. */
const row = (id: string, title: string, ...symptoms: readonly (readonly [product: string, text: string])[]): Situation => ({
  id,
  title,
  symptoms: symptoms.map(([product, text]) => ({ product, text })),
  explain: ({ denial, puller }) => {
    const told = denial && explainDenial(denial, { puller });
    return told?.id === id ? told : undefined;
  },
});

const ofGitHub: Diagnosis = {
  id: 'denied-ci-identity',
  sentence: 'The trust policy of the role does not let in the job of GitHub Actions that asked for it, or there is no such role.',
  side: 'the trust policy of the role that the workflow names',
  remedy:
    'Compare its condition on sub with what the job is: repo:ORG/REPO:ref:refs/heads/BRANCH, repo:ORG/REPO:pull_request, or repo:ORG/REPO:environment:NAME for a job with an environment. A pattern needs StringLike. The audience is sts.amazonaws.com.',
  paste: [
    statementFor(
      'the trust policy of the role',
      webIdentityTrustStatement({
        provider: 'arn:aws:iam::ACCOUNT:oidc-provider/token.actions.githubusercontent.com',
        subject: 'repo:ORG/REPO:*',
        audience: 'sts.amazonaws.com',
      }),
    ),
  ],
};

export const denials: readonly Situation[] = [
  row(
    'denied-identity',
    'The identity policy does not allow it',
    [
      'Docker',
      `Error response from daemon: pull access denied for ${host}/team/app, repository does not exist or may require 'docker login': denied: ${said(get, own, `because no identity-based policy allows the ${get} action`)}`,
    ],
    [
      'Docker, the manifest could be read',
      `error pulling image configuration: download failed after attempts=1: denied: ${said('ecr:GetDownloadUrlForLayer', own, 'because no identity-based policy allows the ecr:GetDownloadUrlForLayer action')}`,
    ],
    [
      'AWS CLI',
      `An error occurred (AccessDeniedException) when calling the GetAuthorizationToken operation: ${said('ecr:GetAuthorizationToken', '*', 'because no identity-based policy allows the ecr:GetAuthorizationToken action', user)}`,
    ],
    [
      'amazon-ecr-credential-helper (its log)',
      `ecr: Failed to get authorization token: operation error ECR: GetAuthorizationToken, https response error StatusCode: 400, RequestID: 5c1, api error AccessDeniedException: ${said('ecr:GetAuthorizationToken', '*', 'because no identity-based policy allows the ecr:GetAuthorizationToken action')}`,
    ],
    [
      'ECR Public',
      `An error occurred (AccessDeniedException) when calling the GetAuthorizationToken operation: ${said('sts:GetServiceBearerToken', '*', 'because no identity-based policy allows the sts:GetServiceBearerToken action', user)}`,
    ],
    [
      'Docker, through a pull-through cache',
      `Error response from daemon: denied: ${said('ecr:BatchImportUpstreamImage', 'arn:aws:ecr:eu-west-1:123456789012:repository/docker-hub/library/nginx', 'because no identity-based policy allows the ecr:BatchImportUpstreamImage action')}`,
    ],
    [
      'Docker, push',
      `denied: ${said('ecr:InitiateLayerUpload', own, 'because no identity-based policy allows the ecr:InitiateLayerUpload action')}`,
    ],
    [
      'ecr-courier, a token from a Lambda function',
      said(
        'lambda:InvokeFunction',
        'arn:aws:lambda:eu-west-1:123456789012:function:ecr-token',
        'because no identity-based policy allows the lambda:InvokeFunction action',
        user,
      ),
    ],
  ),
  row(
    'denied-resource',
    'The repository policy or the registry policy does not allow it',
    [
      'kubelet with containerd',
      `Failed to pull image "${image}": rpc error: code = Unknown desc = failed to pull and unpack image "${image}": failed to resolve reference "${image}": pull access denied, repository does not exist or may require authorization: server message: denied: ${said(get, theirs, `because no resource-based policy allows the ${get} action`)}`,
    ],
    [
      'Docker, through a pull-through cache of another account',
      `denied: ${said('ecr:CreateRepository', 'arn:aws:ecr:eu-west-1:444455556666:repository/docker-hub/library/nginx', 'because no resource-based policy allows the ecr:CreateRepository action')}`,
    ],
  ),
  row('denied-boundary', 'The permissions boundary does not allow it', [
    'AWS',
    said(get, own, `because no permissions boundary allows the ${get} action`),
  ]),
  row('denied-scp', 'A service control policy does not allow it', [
    'AWS',
    said(get, own, `because no service control policy allows the ${get} action`),
  ]),
  row('denied-rcp', 'A resource control policy does not allow it', [
    'AWS',
    said(get, theirs, `because no resource control policy allows the ${get} action`),
  ]),
  row('denied-session', 'The session policy does not allow it', [
    'AWS',
    said(get, own, `because no session policy allows the ${get} action`),
  ]),
  row('denied-endpoint', 'The policy of the VPC endpoint does not allow it', [
    'AWS',
    said(get, own, `because no VPC endpoint policy allows the ${get} action`),
  ]),
  row('denied-explicitly-identity', 'An identity policy denies it', [
    'AWS CLI',
    said('ecr:GetAuthorizationToken', '*', 'with an explicit deny in an identity-based policy'),
  ]),
  row('denied-explicitly-resource', 'A repository policy or registry policy denies it', [
    'podman',
    `Error: initializing source docker://${image}: reading manifest 1 in ${host}/team/app: denied: ${said(get, own, 'with an explicit deny in a resource-based policy')}`,
  ]),
  row('denied-explicitly-boundary', 'A permissions boundary denies it', [
    'AWS',
    said(get, own, 'with an explicit deny in a permissions boundary'),
  ]),
  row('denied-explicitly-scp', 'A service control policy denies it', [
    'AWS',
    said(
      get,
      own,
      'with an explicit deny in a service control policy: arn:aws:organizations::111122223333:policy/o-exampleorg/service_control_policy/p-example1',
    ),
  ]),
  row('denied-explicitly-rcp', 'A resource control policy denies it', [
    'AWS',
    said(get, theirs, 'with an explicit deny in a resource control policy'),
  ]),
  row('denied-explicitly-session', 'A session policy denies it', ['AWS', said(get, own, 'with an explicit deny in a session policy')]),
  row('denied-explicitly-endpoint', 'The policy of a VPC endpoint denies it', [
    'AWS',
    said(get, own, 'with an explicit deny in a VPC endpoint policy'),
  ]),
  row('denied-explicitly', 'A policy that IAM does not name denies it', [
    'crane',
    `Error: fetching manifest ${image}: GET ${example.manifest}: DENIED: ${said(get, own, 'with an explicit deny')}`,
  ]),
  row(
    'denied-role',
    'A role may not be assumed',
    [
      'AWS SDKs, Terraform',
      `operation error STS: AssumeRole, https response error StatusCode: 403, RequestID: 5c1, api error AccessDenied: ${said('sts:AssumeRole', 'arn:aws:iam::444455556666:role/puller', '', user)}`,
    ],
    ['GitHub Actions', `Error: ${said('sts:TagSession', 'arn:aws:iam::444455556666:role/puller', '', user)}`],
  ),
  {
    id: 'denied-ci-identity',
    title: 'A job of GitHub Actions may not assume its role',
    symptoms: [
      {
        product: 'GitHub Actions',
        text: 'Error: Could not assume role with OIDC: Not authorized to perform sts:AssumeRoleWithWebIdentity',
      },
    ],
    explain: ({ denial, find }) =>
      denial?.action === 'sts:AssumeRoleWithWebIdentity' &&
      !denial.explicit &&
      find(/Could not assume role with OIDC|token\.actions\.githubusercontent\.com/)
        ? ofGitHub
        : undefined,
  },
  row('denied-web-identity', 'A service account may not assume its role', [
    'Pods with IRSA',
    'operation error STS: AssumeRoleWithWebIdentity, https response error StatusCode: 403, RequestID: 5c1, api error AccessDenied: Not authorized to perform sts:AssumeRoleWithWebIdentity',
  ]),
  row('denied-unsaid', 'IAM refuses and does not say why', ['Docker, push', `denied: ${said('ecr:InitiateLayerUpload', own, '', user)}`]),
];
