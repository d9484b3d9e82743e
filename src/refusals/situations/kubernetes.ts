import { isRegistry, orUnsaid } from '../hosts.ts';
import { example, row, type Situation } from '../situation.ts';

const { image } = example;
const node = 'the kubelet of the node: its flags --image-credential-provider-config and --image-credential-provider-bin-dir';

/** A credential provider that does not support the requested API version. */
const groupVersion = /group version credentialprovider\S* is not supported/;

/** Messages of the kubelet, where no registry was asked or the kubelet does not show its message. */
export const kubernetes: readonly Situation[] = [
  row({
    id: 'provider-missing',
    title: 'The kubelet does not find the credential provider',
    symptoms: [
      ['kubelet', 'err="failed to register CRI auth plugins: plugin binary executable /opt/ecr/bin/ecr-credential-provider did not exist"'],
      [
        'kubelet on Talos',
        'Failed getting credential from external registry credential provider: error execing credential provider plugin ecr-credential-provider for image 123456789012.dkr.ecr.eu-central-1.amazonaws.com/app: fork/exec /usr/local/lib/kubelet/credentialproviders/ecr-credential-provider: no such file or directory: ',
      ],
      ['kubelet', 'Failed to run kubelet: plugin binary executable  did not exist'],
    ],
    when: ({ find }) =>
      find(
        /plugin binary executable .{0,200}did not exist|failed to register CRI auth plugins|credential provider plugin .{0,400}fork\/exec \S{1,300}: (no such file or directory|permission denied|exec format error)/,
      ),
    tell: () => ({
      sentence:
        'A credential provider that the kubelet is configured with is not in the folder of providers, or cannot be run there. (If its name is missing at the start, the kubelet does not start.)',
      side: node,
      remedy:
        'The name in the configuration must be a file in that folder, which the kubelet may execute, for this processor and C library: `no such file` of a file that is there means its loader (musl, glibc). `ecr-courier kubelet check CONFIG` says what is wrong, `kubelet install` puts ours there.',
    }),
  }),
  row({
    id: 'provider-config',
    title: 'The configuration of credential providers is wrong',
    symptoms: [
      ['kubelet', 'failed to validate credential provider config: providers.defaultCacheDuration: Required value'],
      ['kubelet', 'duplicate provider name "ecr" found in configuration file(s)'],
      [
        'kubelet',
        'failed to validate credential provider config: providers.tokenAttributes.cacheType: Required value: cacheType is required to be set when tokenAttributes is specified.',
      ],
    ],
    when: ({ find }) => find(/validate credential provider config|duplicate provider name .{0,80} found in configuration/),
    tell: () => ({
      sentence:
        'The kubelet does not start, as it does not accept its configuration of credential providers: the member is named behind the colon.',
      side: node,
      remedy: '`ecr-courier kubelet check CONFIG` tells all mistakes and remedies, `ecr-courier kubelet config` prints a good one.',
    }),
  }),
  row({
    id: 'provider-answer',
    title: 'The kubelet does not understand the credential provider',
    symptoms: [
      [
        'kubelet',
        '"Failed to provide credentials for image" err="failed to get credential from external registry credential provider: error decoding credential provider plugin response from stdout"',
      ],
      [
        'kubelet',
        'apiVersion from credential plugin response did not match expected apiVersion:credentialprovider.kubelet.k8s.io/v1, actual apiVersion:credentialprovider.kubelet.k8s.io/v1beta1',
      ],
      ['kubelet', 'credential provider plugin did not return a valid cacheKeyType: registry'],
      [
        'ecr-credential-provider',
        'E0502 10:00:00.123456 1 main.go:361] Error running credential provider plugin: group version credentialprovider.kubelet.k8s.io/v1 is not supported',
      ],
    ],
    when: ({ find }) =>
      find(
        /apiVersion from credential plugin response did not match|decoding credential provider plugin response|error reading GVK from response|plugin did not return a valid cacheKeyType|returned the service account token as the password/,
      ) ?? find(groupVersion),
    tell: ({ facts: { find } }) => ({
      sentence: find(groupVersion)
        ? 'The credential provider does not speak the apiVersion with which the kubelet asks it, so it gave no login. The kubelet takes that version from its configuration of providers.'
        : 'The credential provider answered in a form that the kubelet does not take, so the image was pulled without its login.',
      side: `${node}; and the provider that it starts`,
      remedy:
        'The apiVersion of the provider in the configuration must be one that the provider speaks (today credentialprovider.kubelet.k8s.io/v1; an old one speaks v1beta1 or v1alpha1 alone, so update it). A wrapper script must print nothing else. `ecr-courier kubelet check CONFIG` looks at the configuration.',
    }),
  }),
  row({
    id: 'provider-failed',
    title: 'The credential provider failed',
    symptoms: [
      [
        'kubelet',
        `"Failed to provide credentials for image" err="failed to get credential from external registry credential provider: error execing credential provider plugin ecr-credential-provider for image ${image}: exit status 1: "`,
      ],
      ['ecr-credential-provider', 'E main.go:361] Error running credential provider plugin: authorization data was empty'],
    ],
    when: ({ find }) =>
      find(
        /error execing credential provider plugin|Error running credential provider plugin|Failed to provide credentials for image|credential provider plugin .{0,80}(failed|exit status)/,
      ),
    tell: () => ({
      sentence:
        'The credential provider of the node failed, so the kubelet pulled without its login. The reason stands behind the exit status; this text has no known one.',
      side: `${node}; and the AWS identity of the node, with which the provider asks`,
      remedy:
        'Read the lines before in the log of the kubelet. Run the provider by hand in the environment of the kubelet. ECR_COURIER_TRACE of our provider keeps a record of each call.',
      paste: [{ what: 'The log of the node', kind: 'command', text: 'journalctl -u kubelet --since -1h | grep -i "credential provider"' }],
    }),
  }),
  row({
    id: 'pull-secret-missing',
    title: 'The pull secret is not there',
    symptoms: [
      [
        'kubelet event FailedToRetrieveImagePullSecret',
        'Unable to retrieve some image pull secrets (ecr); attempting to pull the image may not succeed.',
      ],
      ['kubelet', 'Couldn\'t get secret team-a/ecr: secret "ecr" not found'],
    ],
    when: ({ find }) =>
      find(
        /Unable to retrieve some image pull secrets|FailedToRetrieveImagePullSecret|Couldn't get secret \S{1,200}: secret|image ?pull ?secret.{0,80}not found/,
        orUnsaid(isRegistry),
      ),
    tell: () => ({
      sentence: 'The pod names a pull secret that is not in its own namespace: the image was asked for without that login.',
      side: 'the namespace of the pod: a secret of another namespace does not count',
      remedy:
        'Make the secret in each namespace (type kubernetes.io/dockerconfigjson), or take a credential provider on the nodes, which needs none.',
      paste: [
        {
          what: 'The secrets of that namespace',
          kind: 'command',
          text: 'kubectl get secrets --namespace NAMESPACE --field-selector type=kubernetes.io/dockerconfigjson',
        },
      ],
    }),
  }),
  row({
    id: 'image-never-pulled',
    title: 'The kubelet may not pull, or may not use what is there',
    symptoms: [['kubelet', `ErrImageNeverPull: Container image "${image}" is not present with pull policy of Never`]],
    when: ({ find }) => find(/ErrImageNeverPull|is not present with pull policy of Never/, orUnsaid(isRegistry)),
    tell: () => ({
      sentence:
        'The pull policy is Never, and the image is not on the node, or (from Kubernetes 1.35 on) it was pulled with a login that this pod does not have: a pull secret that was deleted and made again counts as another one.',
      side: 'the pod: its pull policy and its pull secrets',
      remedy: 'Use IfNotPresent, and update pull secrets in place instead of making them anew.',
    }),
  }),
  row({
    id: 'kubelet-backoff',
    title: 'The kubelet waits before it tries again',
    symptoms: [
      ['kubelet', `Back-off pulling image "${image}"`],
      ['kubectl get pods', `team-app-5c1 0/1 ImagePullBackOff ${image}`],
      ['kubelet', `Error: ErrImagePull (${image})`],
    ],
    when: ({ find }) => find(/Back-off pulling image|ImagePullBackOff|ErrImagePull/, isRegistry),
    tell: () => ({
      sentence: 'A pull failed before, and the kubelet waits (up to five minutes). This line does not say why.',
      side: 'unknown as yet: an earlier event of the pod has the reason',
      remedy:
        'Look for the event "Failed to pull image", and put its text into `ecr-courier why`. Once the reason is gone, a new pod is tried at once.',
      paste: [{ what: 'The events of the pod', kind: 'command', text: 'kubectl describe pod POD | grep "Failed to pull"' }],
    }),
  }),
];
