import { row, type Situation } from '../situation.ts';
import { caller, identity } from './keys.ts';

const aws = 'An error occurred';

/** Expired sessions and identities. */
export const sessions: readonly Situation[] = [
  row({
    id: 'sso-session-over',
    title: 'The session of IAM Identity Center (SSO) is over',
    symptoms: [
      ['AWS CLI', 'Error when retrieving token from sso: Token has expired and refresh failed'],
      ['AWS CLI', 'Error loading SSO Token: Token for https://example.awsapps.com/start does not exist'],
      [
        'boto3',
        'The SSO session associated with this profile has expired or is otherwise invalid. To refresh this SSO session run aws sso login with the corresponding profile.',
      ],
      [
        'AWS SDK for Go',
        'failed to refresh cached credentials, refresh cached SSO token failed, unable to refresh SSO token, operation error SSO OIDC: CreateToken, https response error StatusCode: 400, RequestID: 5c1, InvalidGrantException',
      ],
    ],
    when: ({ find }) =>
      find(
        /Token has expired and refresh failed|SSO session associated with this profile|Error loading SSO Token|unable to refresh SSO token|cached SSO token (is |must be |has )?(expired|refreshed)|SSO session .{0,80}(is invalid|has expired)/,
      ),
    tell: () => ({
      sentence: 'The login at IAM Identity Center (SSO) is over, so there are no AWS keys to ask with.',
      side: caller,
      remedy:
        'Log in again, as the user whose ~/.aws the program reads. For a program without a person, take a role or a web identity instead.',
      paste: [{ what: 'Login', kind: 'command', text: 'aws sso login --profile PROFILE' }],
    }),
  }),
  row({
    id: 'login-session-over',
    title: 'The session of `aws login` is over',
    symptoms: [
      ['AWS CLI, boto3', "Your session has expired or credentials have changed. Please reauthenticate using 'aws login'."],
      ['AWS CLI', 'An error occurred (AccessDeniedException) when calling the CreateOAuth2Token operation: The refresh token has expired.'],
    ],
    when: ({ find }) => find(/Please reauthenticate using '?aws login|calling the CreateOAuth2Token operation|LoginRefreshRequired/),
    tell: () => ({
      sentence: 'The session that `aws login` began is over or was revoked, so there are no AWS keys to ask with.',
      side: caller,
      remedy:
        'Begin another one, as the user whose ~/.aws the program reads. It lasts twelve hours at most: for a program without a person, take a role or a web identity instead.',
      paste: [{ what: 'Login', kind: 'command', text: 'aws login --profile PROFILE' }],
    }),
  }),
  row({
    id: 'oidc-permission',
    title: 'The CI job may not ask for a web identity',
    symptoms: [
      [
        'GitHub Actions',
        'Error: It looks like you might be trying to authenticate with OIDC. Did you mean to set the `id-token` permission?',
      ],
      ['GitHub Actions', 'Error: Unable to get ACTIONS_ID_TOKEN_REQUEST_URL env variable'],
    ],
    when: ({ find }) => find(/set the `?id-token`? permission|ACTIONS_ID_TOKEN_REQUEST_URL/),
    tell: () => ({
      sentence: 'The job has no right to get a token from its CI, so it has no identity for AWS.',
      side: 'the workflow file',
      remedy: 'Give the job the permission `id-token: write` (and `contents: read`, as naming one takes all others away).',
    }),
  }),
  row({
    id: 'session-over',
    title: 'The AWS session is over',
    symptoms: [
      [
        'AWS CLI',
        `${aws} (ExpiredTokenException) when calling the GetAuthorizationToken operation: The security token included in the request is expired`,
      ],
      ['AWS CLI', `${aws} (ExpiredToken) when calling the AssumeRole operation: The security token included in the request is expired`],
      ['AWS SDKs', 'ExpiredTokenException: The security token included in the request is expired'],
      ['AWS SDKs', 'RequestExpired: Request has expired.'],
      [
        'AWS SDK for .NET',
        'Amazon.Runtime.AmazonClientException: The retrieved credentials have already expired: Now = 11/20/2026 06:43:19, Credentials expiration = 11/19/2026 23:49:10',
      ],
    ],
    when: ({ find }) =>
      find(
        /security token included in the request is expired|(?<![\w.])ExpiredToken(Exception)?\b(?!["']?[:,] ?["']?(?!The |message\b)[a-z])|retrieved credentials have already expired|\bRequestExpired\b/,
      ),
    tell: () => ({
      sentence: 'The session behind the AWS keys is over (these are keys with a session token). The ECR token is another thing.',
      side: caller,
      remedy:
        'Give the program new keys, or a place that renews them by itself: a role of the machine, a web identity, a profile with credential_process. Keys with a session token that were pasted into variables or files end after some hours.',
      paste: [identity],
    }),
  }),
  row({
    id: 'web-identity-file',
    title: 'The token of the service account cannot be read',
    symptoms: [
      [
        'AWS SDK for Go v1, in a pod',
        'WebIdentityErr: failed fetching WebIdentity token: caused by: WebIdentityErr: unable to read file at /var/run/secrets/eks.amazonaws.com/serviceaccount/token caused by: open /var/run/secrets/eks.amazonaws.com/serviceaccount/token: permission denied',
      ],
    ],
    when: ({ find }) =>
      find(
        /unable to read file at \S{1,200}\/serviceaccount\/token|open \S{1,200}eks\.amazonaws\.com\/serviceaccount\/token: (permission denied|no such file)/,
      ),
    tell: () => ({
      sentence: 'The pod has a role (IRSA), and its program may not read the token that opens it, or the token is not mounted.',
      side: 'the pod: its security context and its service account',
      remedy:
        'If the program does not run as root, set `fsGroup` in the security context of the pod (65534 for example). If the file is not there, make the pod anew: the webhook mounts it only into pods that are created after the service account was annotated.',
    }),
  }),
  row({
    id: 'session-too-long',
    title: 'The session is asked for too long',
    symptoms: [
      ['GitHub Actions', 'Error: The requested DurationSeconds exceeds the MaxSessionDuration set for this role.'],
      [
        'AWS CLI',
        `${aws} (ValidationError) when calling the AssumeRole operation: The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.`,
      ],
    ],
    when: ({ find }) => find(/requested DurationSeconds exceeds the/),
    tell: () => ({
      sentence:
        'STS gives no session of that role for so long: a role has a longest time (an hour unless set), and a role that another role assumes has one hour.',
      side: 'the program that asks (its session duration), or the role',
      remedy:
        'Ask for a shorter session: an ECR token is good for twelve hours all the same. Or raise the maximum session duration of the role, where no other role assumes it.',
    }),
  }),
];
