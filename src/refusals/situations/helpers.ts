import { isEcr, orUnsaid } from '../hosts.ts';
import { example, row, type Situation } from '../situation.ts';
import { ofLogins } from './pulled.ts';

const { host, image } = example;

/** Failures of credential helpers. */
export const helpers: readonly Situation[] = [
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
    when: ({ find }) =>
      find(/"?docker-credential-(?<helper>ecr-[\w.-]{1,60})"?: executable (file )?not found/, () => true) ??
      find(/"?docker-credential-(?<helper>[\w.-]{1,60})"?: executable (file )?not found/, orUnsaid(isEcr)),
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
    id: 'helper-silent',
    title: 'The credential helper has nothing for this registry',
    symptoms: [
      ['Docker 29, crane, podman', 'error getting credentials - err: exit status 1, out: `credentials not found in native keychain`'],
      ['a helper on the command line', 'credentials not found in native keychain'],
    ],
    when: ({ find }) => find(/credentials not found in native keychain/, orUnsaid(isEcr)),
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
    id: 'helper-as-provider',
    title: 'A credential helper of Docker stands in the place of a credential provider',
    symptoms: [
      [
        'kubelet',
        'error execing credential provider plugin docker-credential-ecr-login for image 123456789012.dkr.ecr.eu-west-1.amazonaws.com/app:1: exit status 1: Error parsing the serverURL error="docker-credential-ecr-login can only be used with Amazon Elastic Container Registry." serverURL={"kind":"CredentialProviderRequest","apiVersion":"credentialprovider.kubelet.k8s.io/v1"}',
      ],
    ],
    when: ({ find }) =>
      find(
        /Error parsing the serverURL.{0,1500}CredentialProviderRequest|CredentialProviderRequest.{0,1500}Error parsing the serverURL/,
        () => true,
      ),
    tell: () => ({
      sentence:
        'The kubelet starts a credential helper of Docker (docker-credential-ecr-login) as its credential provider. These are two protocols, and that helper takes the request of the kubelet for the name of a host.',
      side: 'the kubelet of the node: the name in its configuration of credential providers, and the file below that name',
      remedy: 'Put a credential provider there: ecr-credential-provider of AWS, or ours (`ecr-courier kubelet install`).',
      paste: [{ what: 'Look at the configuration', kind: 'command', text: 'ecr-courier kubelet check CONFIG' }],
    }),
  }),
  row({
    id: 'helper-foreign-host',
    title: 'The credential helper of ECR is asked for another registry',
    symptoms: [
      [
        'amazon-ecr-credential-helper',
        'Error parsing the serverURL: docker-credential-ecr-login can only be used with Amazon Elastic Container Registry.',
      ],
      [
        'Nomad',
        'Failed to find docker auth for repo "redis": docker-credential-ecr-login with input "redis" failed with stderr: Error parsing the serverURL: docker-credential-ecr-login can only be used with Amazon Elastic Container Registry.',
      ],
    ],
    when: ({ find }) => find(/docker-credential-ecr-login can only be used with/, () => true),
    tell: () => ({
      sentence:
        'The client asks docker-credential-ecr-login for a host that is not an ECR registry, or for a text that is not a host. That helper knows ECR alone, so the pull from elsewhere fails or goes on without a login.',
      side: 'the client: its `credsStore` (Nomad: `auth.helper` of the docker plugin) names this helper for all hosts',
      remedy:
        'Name the helper in `credHelpers` under the ECR hosts, and nowhere else. Nomad: take `auth.helper` out, and give `auth.config` a config.json with `credHelpers`.',
    }),
  }),
  row({
    id: 'helper-failed',
    title: 'The credential helper failed',
    symptoms: [
      ['Docker 29, buildx', 'error getting credentials - err: exit status 1, out: ``'],
      ['crane', `Error: fetching manifest ${image}: error getting credentials - err: exit status 1, out: \`no credentials server URL\``],
    ],
    when: ({ find }) => find(/error getting credentials - err: |no credentials server URL/, orUnsaid(isEcr)),
    tell: () => ({
      sentence: 'The client asked its credential helper, and the helper failed: the reason, if it gave one, stands behind `out:`.',
      side: `${ofLogins}, and the helper that it names`,
      remedy:
        'Run the helper by hand as the same user (`echo HOST | docker-credential-NAME get`). A helper for ECR belongs into credHelpers under the ECR hosts, not into credsStore.',
    }),
  }),
];
