import { isEcr, isRegistry, orUnsaid } from '../hosts.ts';
import { example, row, type Situation } from '../situation.ts';
import { login } from './registry.ts';

const { host, image } = example;
const ofLogins = 'the file of logins (config.json) of the user that runs the client';

/** What the clients of registries say of their own files, helpers and arguments. */
export const clients: readonly Situation[] = [
  row({
    id: 'helper-missing',
    title: 'The credential helper is not found',
    symptoms: [
      ['Docker 29', 'error getting credentials - err: exec: "docker-credential-ecr-login": executable file not found in $PATH, out: ``'],
      [
        'buildx',
        `ERROR: failed to solve: ${image}: error getting credentials - err: exec: "docker-credential-desktop": executable file not found in $PATH, out: \`\``,
      ],
      [
        'podman',
        'Error: getting username and password: 1 error occurred: * error getting credentials - err: exec: "docker-credential-ecr-courier": executable file not found in $PATH',
      ],
    ],
    when: ({ find }) => find(/"?docker-credential-(?<helper>[\w.-]{1,60})"?: executable (file )?not found/),
    tell: ({ groups }) => ({
      sentence: `The file of logins names the credential helper docker-credential-${groups['helper'] ?? 'NAME'}, and the client does not find that program on its PATH.`,
      side: `${ofLogins}, and the PATH of that user or service`,
      remedy:
        'Install the program where the service looks (/usr/local/bin), or take its name out of credHelpers and credsStore. `desktop` is left over from Docker Desktop. The PATH of a service is not that of your shell.',
    }),
  }),
  row({
    id: 'helper-stores-nothing',
    title: '`docker login` with a helper that stores nothing',
    symptoms: [
      [
        'Docker with amazon-ecr-credential-helper',
        'Error saving credentials: error storing credentials - err: exit status 1, out: `not implemented`',
      ],
    ],
    when: ({ find }) => find(/error storing credentials.{0,120}?not implemented|logout.{0,80}not implemented/),
    tell: () => ({
      sentence:
        'The helper fetches tokens by itself, so it stores none, and `docker login` is not needed with it. The login itself was good.',
      side: 'the script that logs in although a helper is configured',
      remedy: 'Leave `docker login` out. Or set AWS_ECR_IGNORE_CREDS_STORAGE=true; the helper of ecr-courier does not complain at all.',
    }),
  }),
  row({
    id: 'logins-one-file-mount',
    title: 'The file of logins is mounted alone',
    symptoms: [
      [
        'Docker, crane, oras, skopeo in a container',
        'Error saving credentials: rename /root/.docker/config.json123 /root/.docker/config.json: device or resource busy',
      ],
    ],
    when: ({ find }) => find(/rename .{0,200}?(config|auth)\.json.{0,60}device or resource busy/),
    tell: () => ({
      sentence: 'The file of logins is a mount of its own, so no program can replace it.',
      side: 'the mount of the container',
      remedy: 'Mount the directory, not the file.',
    }),
  }),
  row({
    id: 'keychain-refused',
    title: 'The keychain does not store the password',
    symptoms: [
      [
        'Docker on Windows',
        'Error saving credentials: error storing credentials - err: exit status 1, out: `error storing credentials - err: exit status 1, out: The stub received bad data.`',
      ],
      [
        'Docker on Linux',
        'Error saving credentials: error storing credentials - err: exit status 1, out: `pass not initialized: exit status 1: Error: password store is empty. Try "pass init".`',
      ],
      [
        'Docker on macOS',
        'Error saving credentials: error storing credentials - err: exit status 1, out: `The specified item already exists in the keychain.`',
      ],
    ],
    when: ({ find }) => find(/error storing credentials/),
    tell: () => ({
      sentence:
        'The login was good; the store that credsStore names did not take the password. Tokens of ECR are long (Windows takes 2,560 bytes).',
      side: 'the credential store of that user (credsStore in config.json)',
      remedy:
        'Use a credential helper for the hosts of ECR (credHelpers), which stores nothing there, or remove credsStore. On Linux set up `pass`; on macOS delete the old entry in the keychain.',
    }),
  }),
  row({
    id: 'helper-silent',
    title: 'The credential helper has nothing for this registry',
    symptoms: [
      ['Docker 29, crane, podman', 'error getting credentials - err: exit status 1, out: `credentials not found in native keychain`'],
      ['a helper on the command line', 'credentials not found in native keychain'],
    ],
    when: ({ find }) => find(/credentials not found in native keychain/),
    tell: () => ({
      sentence:
        'The credential helper says that it has no login for this host. amazon-ecr-credential-helper says so for every failure: no AWS credentials, a refusal, no network. (Others say so for hosts that are not theirs.)',
      side: 'the credential helper, or the AWS identity of the user that runs it',
      remedy:
        'Run the helper by hand as the same user. amazon-ecr-credential-helper writes the reason into ~/.ecr/log/ecr-login.log; put that line into `ecr-courier why`. The helper of ecr-courier says it on stderr.',
      paste: [
        {
          what: 'Run it by hand',
          kind: 'command',
          text: `echo ${host} | docker-credential-ecr-login get >/dev/null; tail -n 3 ~/.ecr/log/ecr-login.log`,
        },
      ],
    }),
  }),
  row({
    id: 'helper-failed',
    title: 'The credential helper failed',
    symptoms: [
      ['Docker 29, buildx', 'error getting credentials - err: exit status 1, out: ``'],
      ['crane', `Error: fetching manifest ${image}: error getting credentials - err: exit status 1, out: \`no credentials server URL\``],
      [
        'amazon-ecr-credential-helper',
        'Error parsing the serverURL: docker-credential-ecr-login can only be used with Amazon Elastic Container Registry.',
      ],
    ],
    when: ({ find }) =>
      find(/error getting credentials - err: |no credentials server URL|docker-credential-ecr-login can only be used with/),
    tell: () => ({
      sentence: 'The client asked its credential helper, and the helper failed: the reason, if it gave one, stands behind `out:`.',
      side: `${ofLogins}, and the helper that it names`,
      remedy:
        'Run the helper by hand as the same user (`echo HOST | docker-credential-NAME get`). A helper for ECR belongs into credHelpers under the hosts of ECR, not into credsStore.',
    }),
  }),
  row({
    id: 'logins-broken',
    title: 'The file of logins is broken',
    symptoms: [
      ['Docker', 'WARNING: Error loading config file: /root/.docker/config.json: illegal base64 data at input byte 4'],
      ['crane', 'Error: parsing config file (/root/.docker/config.json): invalid auth configuration file'],
      [
        'oras',
        "Error: failed to decode auth field: invalid config format: auth 'QVdT' does not conform the base64(username:password) format",
      ],
      [
        'podman',
        'Error parsing the "auth" field of a credential entry "123456789012.dkr.ecr.eu-west-1.amazonaws.com" in "/run/containers/0/auth.json", missing semicolon',
      ],
      ['Docker', 'WARNING: Error loading config file: /root/.docker/config.json: EOF'],
    ],
    when: ({ find }) =>
      find(
        /(Error loading config file|config\.json|auth\.json|dockerconfig).{0,160}?(illegal base64|invalid character|EOF\b|unexpected end)|invalid auth configuration file|does not conform the base64|"auth" field of a credential entry/,
      ),
    tell: () => ({
      sentence:
        'The file of logins cannot be read: it is no JSON, or the `auth` of an entry (of any host) is no base64 of USER:PASSWORD in one line.',
      side: ofLogins,
      remedy:
        'Mend or remove the entry. One bad entry can take the logins of all other hosts away. `base64 -w0` makes one line. `ecr-courier check` with docker-config tells which entry it is.',
    }),
  }),
  row({
    id: 'login-without-password',
    title: '`docker login` got no password',
    symptoms: [
      ['Docker', 'Error: Cannot perform an interactive login from a non TTY device'],
      ['Docker', 'Error: Password Required'],
    ],
    when: ({ find }) => find(/Cannot perform an interactive login from a non.?TTY device|Error: Password Required/),
    tell: told => ({
      sentence: '`docker login` got no password: --password-stdin is missing, or the command before the pipe failed and wrote nothing.',
      side: 'the script that logs in',
      remedy:
        'Run the first command alone and read its error, which `ecr-courier why` can explain. Let the script end at the first failure (`set -o pipefail`).',
      paste: [login(told)],
    }),
  }),
  row({
    id: 'swarm-digest',
    title: 'Swarm could not ask the registry',
    symptoms: [
      [
        'Docker Swarm',
        `image ${image} could not be accessed on a registry to record its digest. Each node will access ${image} independently, possibly leading to different nodes running different versions of the image.`,
      ],
    ],
    when: ({ find }) => find(/could not be accessed on a registry/, orUnsaid(isRegistry)),
    tell: () => ({
      sentence:
        'The manager of the Swarm has no good login for the registry: the service goes on with the login that it was given before, if any.',
      side: 'the command that made or updated the service: it sent no login, or an old one',
      remedy:
        'Log in on that machine and update the service with its login. The login of a service ends with its token, after twelve hours.',
      paste: [{ what: 'Give the service a new login', kind: 'command', text: 'docker service update --with-registry-auth SERVICE' }],
    }),
  }),
  row({
    id: 'swarm-no-image',
    title: '"No such image" of a Swarm task',
    symptoms: [
      ['Docker Swarm, Portainer', `No such image: ${image}`],
      ['Docker Swarm', `Error: No such image: ${host}/team/app@sha256:558c99aa0c2feaf4785cae329dd32b3a37190e0ba522571eed6f159f450e98ff`],
    ],
    when: ({ find }) => find(/No such image: /, isRegistry),
    tell: () => ({
      sentence:
        'Of a task of Swarm it says that the node could not pull the image and has no copy of it, and hides the reason: mostly the login that is stored in the service is too old. (Of `docker push`, `tag` or `inspect` it says only that the image is not on this machine.)',
      side: 'the login in the service: each service keeps the one that it was given with its last update',
      remedy:
        'Update the service with a new login; tasks that failed start again by themselves. If it stays so, pull by hand on that node: that tells the reason.',
      paste: [{ what: 'Give the service a new login', kind: 'command', text: 'docker service update --with-registry-auth SERVICE' }],
    }),
  }),
  row({
    id: 'lambda-image',
    title: 'Lambda may not read the image',
    symptoms: [
      [
        'AWS Lambda',
        'An error occurred (AccessDeniedException) when calling the CreateFunction operation: Lambda does not have permission to access the ECR image. Check the ECR permissions.',
      ],
      ['AWS Lambda', `Source image ${image} is not valid. Provide a valid source image.`],
    ],
    when: ({ find }) =>
      find(/Lambda does not have permission to access the ECR image/) ??
      find(/Source image .{1,300} (is not valid|does not exist)/, orUnsaid(isEcr)),
    tell: () => ({
      sentence:
        'Lambda itself, not your function, pulls the image, and may not: the policy of the repository does not let the service lambda.amazonaws.com in, or the image is in another region or not there.',
      side: 'the repository policy in the account of the image',
      remedy:
        'Let the service lambda.amazonaws.com do ecr:BatchGetImage and ecr:GetDownloadUrlForLayer in the policy of the repository (from another account also the account of the function). The repository must be in the region of the function.',
      paste: [{ what: 'What its policy says', kind: 'command', text: 'aws ecr get-repository-policy --repository-name NAME' }],
    }),
  }),
];
