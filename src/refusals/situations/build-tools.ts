import { policyPaste } from '../diagnosis.ts';
import { isEcr, isPrivate, isRegistry, orUnsaid } from '../hosts.ts';
import { example, row, type Situation } from '../situation.ts';
import { identityStatement, rights } from '../statements.ts';
import { accountOf, imageOf, login } from './pulled.ts';

const { host } = example;

/** Failures of build and update tools that do not show the registry's message. */
export const buildTools: readonly Situation[] = [
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
    id: 'sam-unsaid',
    title: 'SAM could not pull an image, and does not say why',
    symptoms: [
      [
        'AWS SAM',
        'samcli.local.docker.manager.DockerImagePullFailedException: Could not find public.ecr.aws/sam/build-python3.12:latest-x86_64 image locally and failed to pull it from docker.',
      ],
    ],
    when: ({ find }) => find(/Could not find (?<image>\S{1,300}) image locally and failed to pull it from docker/, isRegistry),
    tell: ({ groups, host: at }) => ({
      sentence: `SAM has no copy of the image and could not pull it from ${at}; it does not show what was answered.`,
      side: 'Docker on the machine that builds: its file of logins, its network, or that it does not run',
      remedy:
        'Pull it by hand: that tells the reason, which `ecr-courier why` explains. For public.ecr.aws an old login is worse than none: log out there first.',
      paste: [{ what: 'Pull by hand', kind: 'command', text: `docker pull ${groups['image']}` }],
    }),
  }),
  row({
    id: 'refused-either-way',
    title: 'Jib and the .NET SDK say the same of a password and of a missing right',
    symptoms: [
      ['Jib', `com.google.cloud.tools.jib.registry.RegistryUnauthorizedException: Unauthorized for ${host}/team/app`],
      [
        '.NET SDK',
        `error CONTAINER1015: Unable to access the repository 'team/app' in the registry '${host}'. Please confirm your credentials are correct and that you have access to this repository and registry.`,
      ],
    ],
    when: ({ find }) =>
      find(
        /\bUnauthorized for (?=\d{12}\.|[\w*<>]+\.dkr)|(?<=Unable to access the repository '[^']{1,256}' in the registry ')[^']/,
        isPrivate,
      ),
    tell: told => ({
      sentence: `${told.host} refuses, and this client says the same of a password that is not taken (401) and of a right that is missing (403).`,
      side: `the login that the client is given; or the policies: identity policy of whoever fetched the token, repository policy and registry policy in ${accountOf(told)}`,
      remedy:
        'Log in again, as the user that builds: that rules out the password. Maven shows the status with -e, Gradle with --stacktrace. `ecr-courier check IMAGE` tells the reason of a pull; a push needs more rights.',
      paste: [
        login(told),
        { what: 'The rights to pull and to push', kind: 'command', text: `ecr-courier policy pull,push ${imageOf(told)}` },
      ],
    }),
  }),
  row({
    id: 'jib-forbidden',
    title: 'Jib is refused with 403, and does not show why',
    symptoms: [
      [
        'Jib',
        `Build image failed, perhaps you should make sure you have permissions for ${host}/team/app and set correct credentials. See https://github.com/GoogleContainerTools/jib/blob/master/docs/faq.md#what-should-i-do-when-the-registry-responds-with-forbidden-or-denied for help`,
      ],
      [
        'Jib, old',
        `com.google.cloud.tools.jib.plugins.common.BuildStepsExecutionException: Build image failed, perhaps you should make sure you have permissions for ${host}/team/app`,
      ],
    ],
    when: ({ find }) => find(/perhaps you should make sure you have permissions for \S{1,300}/, isPrivate),
    tell: told => ({
      sentence: `${told.host} refuses with 403, and Jib does not show the reason: a right is missing in one of the three gates, or the token is too old or of another region. (For a password that is not from ECR, Jib prints another message.)`,
      side: `the policies: identity policy of whoever fetched the token, repository policy and registry policy in ${accountOf(told)}; or the login that Jib is given`,
      remedy:
        'Log in again, as the user that builds: that rules out the token. Maven shows the answer with -e, Gradle with --stacktrace: give that to `ecr-courier why`. A push needs more rights than a pull.',
      paste: [
        login(told),
        { what: 'The rights to pull and to push', kind: 'command', text: `ecr-courier policy pull,push ${imageOf(told)}` },
      ],
    }),
  }),
  row({
    id: 'renovate-token',
    title: 'Renovate gets no ECR token',
    symptoms: [
      [
        'Renovate',
        'DEBUG: ECR getAuthorizationToken error (repository=team/app)\n WARN: No docker auth found - returning (repository=team/app)',
      ],
    ],
    when: ({ find }) => find(/ECR getAuthorizationToken error/),
    tell: () => ({
      sentence: 'Renovate could not fetch an ECR token. The reason stands in the member `err` of that line, in the debug log as JSON.',
      side: 'Renovate: the AWS identity of its process, or the keys in the host rule of this registry',
      remedy:
        'In a host rule `username` is the ID of an access key and `password` its secret; without a rule the process needs an identity of its own. `ecr-courier why` knows most reasons. The identity needs the statement.',
      paste: [policyPaste('Statement for the identity policy of Renovate', identityStatement(rights.token, []))],
    }),
  }),
  row({
    id: 'updater-script',
    title: 'The login script of Argo CD Image Updater gives no login',
    symptoms: [
      [
        'Argo CD Image Updater',
        `level=error msg="Could not set registry endpoint credentials: invalid script output, must be single line with syntax <username>:<password>" registry=${host}`,
      ],
      [
        'Argo CD Image Updater',
        `level=error msg="Could not set registry endpoint credentials: error executing /scripts/ecr-login.sh: \`/scripts/ecr-login.sh\` failed timeout after 10s" registry=${host}`,
      ],
    ],
    when: ({ find }) =>
      find(
        /Could not set registry endpoint credentials: (invalid script output|error executing .{1,200}failed (?<late>timeout after)?)/,
        orUnsaid(isEcr),
      ),
    tell: ({ groups }) => ({
      sentence:
        groups['late'] === undefined
          ? 'The login script of Argo CD Image Updater failed, or did not print `USER:PASSWORD`. In a script that pipes one command into another, a failure of the first shows nowhere.'
          : 'The login script of Argo CD Image Updater did not end in 10 s: mostly AWS, or what gives the pod its AWS identity, does not answer.',
      side: 'the script, and the AWS identity, home directory and network of the pod of Image Updater',
      remedy:
        'Run the script in that pod: it shows the error, which `ecr-courier why` knows. The AWS CLI needs a region, an identity (the annotation of the service account, or Pod Identity), and a HOME that it may write to. A pull Secret that is kept fresh needs no script: `credentials: pullsecret:NAMESPACE/NAME`.',
    }),
  }),
];
