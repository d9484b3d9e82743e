import type { Io } from './io.ts';

type Run = (args: string[], io: Io) => Promise<number>;

/** A line of help: a sentence, or an argument or option with its explanation. */
export type Line = string | readonly [term: string, says: string];

interface About {
  readonly usage: string;
  readonly doc: string;
  /** Further lines of the command's own help. */
  readonly more?: readonly Line[];
  /** The command reads no configuration and has none of its options. */
  readonly bare?: boolean;
}
/** A command. Its code is loaded on demand, so that `token` does not wait for the status page. */
interface Leaf extends About {
  load(): Promise<Run>;
}
/** A command with verbs. The next argument selects one. */
interface Branch extends About {
  readonly verbs: Readonly<Record<string, Leaf>>;
}
export type Command = Leaf | Branch;

const kubernetes: Line = ['--kubernetes VERSION', 'of the kubelet, such as 1.33; the newest that is known unless given'];
const asJson: Line = ['--json', 'as JSON'];
/** Options that describe a configuration for the kubelet. Lists use commas or repeat the option. */
const wishes: readonly Line[] = [
  ['--account A,B', 'twelve digits each; all accounts unless given'],
  ['--region R,S', 'all regions unless given'],
  ['--partition P,Q', 'such as aws-cn; all partitions unless given'],
  ['--spelling S,T', 'plain, fips, dual-stack; all forms of a host unless given'],
  ['--no-public', 'without the hosts of ECR Public'],
  ['--token-mode optional|required', 'with the token of the service account of a pod; required: only for pods with a role'],
  ['--env NAME=VALUE', 'a variable for the provider; may come again'],
  kubernetes,
];

export const commands: Readonly<Record<string, Command>> = {
  run: { usage: 'run', doc: 'The daemon; also without any command.', load: async () => (await import('./run.ts')).run },
  once: {
    usage: 'once [--json]',
    doc: 'Discovers, fetches and delivers once, then ends.',
    more: [asJson],
    load: async () => (await import('./once.ts')).once,
  },
  check: {
    usage: 'check [IMAGE...] [--json]',
    doc: 'As once, but writes nothing: says what would be done. With images: whether they would be pulled, and why not.',
    more: [
      [
        'IMAGE',
        'HOST/REPOSITORY, with or without a tag or a digest: token, GET /v2/, manifest and config are asked for, and nothing is downloaded. No target need be configured.',
      ],
      ['--layer', 'also one byte of the config and of a layer from S3, without the credential: is the way there open?'],
      ['--source NAME', 'takes the credential of this source, whichever the configuration chooses'],
      [
        '--as ROLE',
        'as this role, which is assumed on top: by its ARN, such as the role of a node. Of a user or an account it says whose policies count',
      ],
      ['--json', 'as JSON'],
      "With images: exit 0 when all would be pulled, 3 when some would, 1 when none would. Images of other registries are listed as not ECR's and do not count; 2 when there is no ECR image at all.",
      'ECR counts what is asked for as a pull: rules that keep what was pulled lately see it.',
    ],
    load: async () => (await import('./check/check.ts')).check,
  },
  status: {
    usage: 'status [--target NAME] [--failing] [--json]',
    doc: 'What the running daemon knows: what fails first, then what ends first.',
    more: [
      ['--target NAME', 'one target, and whether that one is ready; all of them unless given'],
      ['--failing', 'only registries that do not hold what they should'],
      ['--json', 'as JSON, and all of it: the text has the worst registries alone'],
    ],
    load: async () => (await import('./status.ts')).status,
  },
  refresh: {
    usage: 'refresh [--target NAME]',
    doc: 'Makes the running daemon look at its targets now, and write every slot with a new token.',
    more: [['--target NAME', 'one target; all of them unless given']],
    load: async () => (await import('./refresh.ts')).refresh,
  },
  prune: {
    usage: 'prune [TARGET...] [--dry-run | --yes] [--json]',
    doc: 'Removes what the courier made in the managers: pull Secrets of Kubernetes. Shows them first, and asks.',
    more: [
      ['TARGET', 'name of a target; all that can do it unless given'],
      ['--dry-run', 'shows what would go, and changes nothing'],
      ['--yes', 'does not ask'],
      ['--json', 'as JSON; goes with one of the two'],
      'Stop the daemon or pause the target before: it makes again what is missing.',
      'Exit 0: all is gone, or would go. 3: some of it stays. 1: nothing goes.',
    ],
    load: async () => (await import('./prune.ts')).prune,
  },
  token: {
    usage: 'token [HOST... | --region REGION] [--format FORMAT]',
    doc: 'Prints a fresh password for `docker login --username AWS --password-stdin HOST`.',
    more: [
      ['--format docker-auth-config', 'what the variable DOCKER_AUTH_CONFIG may hold (Docker 28.4 and later, GitLab runners)'],
      ['--format env', 'the same as a line NAME=VALUE, for $GITHUB_ENV, env files and dotenv reports'],
      ['--format auth-json', 'a file for podman, skopeo, buildah, and for every other client'],
      ['--format k8s-secret', 'a pull secret: `| kubectl apply -f -`'],
      ['--name NAME', 'of the pull secret'],
      ['--namespace NAMESPACE', 'of the pull secret'],
      ['--region REGION', 'in place of a host: the registry of the own account there'],
      'With a format several hosts may be named. What is printed is secret, and good for twelve hours at most.',
    ],
    load: async () => (await import('./token.ts')).token,
  },
  whoami: {
    usage: 'whoami [--source NAME] [--json]',
    doc: 'Whose AWS keys are found, where and why, and where other AWS tools find others.',
    more: [
      ['--source NAME', 'one source of the configuration; all of them unless given'],
      ['--region REGION', 'asks the STS of this region; needed for keys of China and GovCloud where no region is set'],
      ['--json', 'the same for programs'],
      'No right is needed. Exit 1: no source has an identity. 3: some have none.',
    ],
    load: async () => (await import('./whoami.ts')).whoami,
  },
  config: {
    usage: 'config show|check|schema',
    doc: 'What is configured, and where each value comes from.',
    verbs: {
      show: {
        usage: 'config show',
        doc: 'every value in force and where it comes from; secrets are masked',
        load: async () => (await import('./config.ts')).configShow,
      },
      check: {
        usage: 'config check',
        doc: 'whether the configuration is fine, or everything that is wrong with it',
        load: async () => (await import('./config.ts')).configCheck,
      },
      schema: {
        usage: 'config schema',
        doc: 'the JSON Schema of a configuration file, for editors',
        load: async () => (await import('./config.ts')).configSchema,
      },
    },
  },
  kubelet: {
    usage: 'kubelet config|check|install',
    doc: "The configuration of the kubelet's credential providers.",
    bare: true,
    verbs: {
      config: {
        usage: 'kubelet config',
        doc: 'prints a CredentialProviderConfig; without options for every ECR registry',
        more: [...wishes, ['--name NAME', 'of the executable, for another provider than ours'], asJson],
        bare: true,
        load: async () => (await import('./kubelet/config.ts')).kubeletConfig,
      },
      install: {
        usage: 'kubelet install --bin-dir DIR --config PATH',
        doc: 'puts the program into a folder, and then the configuration that names it',
        more: [
          ['--bin-dir DIR', 'what the kubelet gets as --image-credential-provider-bin-dir'],
          ['--config PATH', 'what it gets as --image-credential-provider-config: a file, or a folder that is there'],
          ['--root DIR', 'where the file system of the node is mounted, in whose paths the other two are'],
          ['--dry-run', 'says what would be done, and writes nothing'],
          ['--replace', 'overwrites a program that is there, and a configuration that has this provider alone'],
          ...wishes,
        ],
        bare: true,
        load: async () => (await import('./kubelet/install.ts')).kubeletInstall,
      },
      check: {
        usage: 'kubelet check PATH',
        doc: 'looks at a file or folder by the rules of the kubelet',
        more: [
          ['--bin-dir DIR', 'looks for the executables as well: --image-credential-provider-bin-dir of the kubelet'],
          kubernetes,
          asJson,
          'Exit 1: the kubelet would not start. 3: it starts, and something in the file never works.',
        ],
        bare: true,
        load: async () => (await import('./kubelet/check.ts')).kubeletCheck,
      },
    },
  },
  why: {
    usage: 'why [TEXT | -] [--json]',
    doc: 'Explains an error of a client, a manager or AWS: whose matter it is, and what mends it.',
    more: [
      ['TEXT', 'the error, as it was printed; - or nothing: from standard input, as in `docker pull IMAGE 2>&1 | ecr-courier why -`'],
      asJson,
      'Nothing is asked of anybody. Exit 1: the text is not known.',
    ],
    bare: true,
    load: async () => (await import('./why.ts')).whyCommand,
  },
  explain: {
    usage: 'explain IMAGE|HOST [--offline] [--provider-config PATH] [--json]',
    doc: 'What happens between the name of an image and its pull, and what stops it.',
    more: [
      ['IMAGE', 'HOST/REPOSITORY, with or without a tag; a HOST alone is its registry'],
      ['--offline', 'asks neither AWS nor the registry'],
      ['--provider-config PATH', "adds the kubelet's part; PATH is what it gets as --image-credential-provider-config"],
      kubernetes,
      asJson,
      'Exit 1: something would stop the pull. 2: it is not an ECR image. With --provider-config that is 0, unless the kubelet would not start.',
    ],
    load: async () => (await import('./explain/explain.ts')).explainImage,
  },
  helper: {
    usage: 'helper install|doctor [HOST...]',
    doc: 'The credential helper in the Docker configuration of this user.',
    verbs: {
      install: {
        usage: 'helper install [HOST...] [--dry-run]',
        doc: 'makes docker-credential-ecr-courier answer for the hosts that are named or configured',
        more: [
          'It removes their stored logins. It writes $DOCKER_CONFIG/config.json, else ~/.docker/config.json of this user.',
          ['--dry-run', 'shows the change, with secrets masked, and writes nothing'],
        ],
        load: async () => (await import('./helper/install.ts')).helperInstall,
      },
      doctor: {
        usage: 'helper doctor [HOST[/REPOSITORY]...] [--json]',
        doc: 'what each registry client would send for these hosts, and why; nothing is run or asked',
        more: [
          'Without a host: those of the configuration, and those that the files of the clients name.',
          ['--json', 'the same for programs'],
          'Exit 1: a client sends something wrong, or fails.',
        ],
        load: async () => (await import('./helper/doctor.ts')).helperDoctor,
      },
    },
  },
  policy: {
    usage: 'policy JOB [IMAGE|HOST|ARN...] [--for WHO] [--format FORMAT]',
    doc: 'Prints the least AWS policies for a job, and says where each goes. Asks nobody.',
    more: [
      ['pull, push', 'of images: HOST/REPOSITORY, HOST/team/* or HOST; an image alone is one to pull'],
      ['cache', 'to pull through a cache'],
      ['token, public', 'to get an ECR token, of ECR Public'],
      ['assume ROLE', 'by its ARN'],
      ['invoke FUNCTION', 'by its ARN'],
      ['web-identity ROLE', 'by tokens of a service account or a CI job'],
      ['pod-identity ROLE', 'by EKS Pod Identity'],
      ['ACTION', 'such as ecr:ListImages: the statement for one action. Jobs may be joined: pull,ecr:ListImages'],
      ['--for WHO', 'ARN of a role, user or session, or an account: another account needs policies on both sides'],
      ['--for SERVICE', 'that pulls by itself, such as lambda.amazonaws.com, or for whom it does: arn:aws:lambda:R:A:function:*'],
      ['--existing', 'of cache: its repositories are there'],
      ['--tags', 'of cache: its template tags them'],
      ['--external-id ID', 'of assume: what the role demands'],
      ['--subject SUBJECT', 'of web-identity: whose tokens; --for is their provider'],
      ['--audience AUDIENCE', 'of web-identity: sts.amazonaws.com unless given'],
      ['--account A', 'with --region, in place of images'],
      ['--region R', 'with --account, in place of images'],
      ['--repository NAME', 'of them; all repositories unless given'],
      ['-c, --config FILE', 'for aliases; may be given more than once (ECR_COURIER_CONFIG)'],
      ['--part PART', 'only that of the identity, repository, registry, trust, function or (VPC) endpoint'],
      ['--format json|terraform', 'Terraform gets a data source for each policy, or permissions of a function; json unless given'],
      'One policy is printed as it is, so that it can be written to a file. Several are members of one object, but one by one on a terminal.',
      'Where each goes is said on stderr. Lists: commas separate, and an option may come again.',
    ],
    bare: true,
    load: async () => (await import('./policy.ts')).policy,
  },
  notify: {
    usage: 'notify test [NAME...]',
    doc: 'Who is told when something threatens: sends each a test message.',
    verbs: {
      test: {
        usage: 'notify test [NAME...] [--json]',
        doc: 'sends one test message to each receiver, and says what each answered',
        more: [
          ['NAME', 'of a receiver; all of them unless given. The heartbeat is not called.'],
          ['--json', 'as JSON'],
          'Exit 0: all took it. 3: some did. 1: none did. 78: none is configured.',
        ],
        load: async () => (await import('./notify.ts')).notifyTest,
      },
    },
  },
  completion: {
    usage: 'completion bash|zsh|fish',
    doc: 'Prints what makes a shell complete commands and options.',
    more: [
      'bash: source <(ecr-courier completion bash)',
      'zsh: source <(ecr-courier completion zsh)',
      'fish: ecr-courier completion fish | source',
    ],
    bare: true,
    load: async () => (await import('./completion.ts')).completion,
  },
  bundle: {
    usage: 'bundle',
    doc: 'Writes what belongs into a bug report, without secrets: `ecr-courier bundle > bundle.txt`.',
    load: async () => (await import('./bundle.ts')).bundle,
  },
  healthcheck: {
    usage: 'healthcheck [--ready]',
    doc: 'Exit 0 when the daemon lives.',
    more: [['--ready', 'and when every required target is supplied']],
    load: async () => (await import('./healthcheck.ts')).healthcheck,
  },
  demo: {
    usage: 'demo [--once] [--portainer URL --api-key-file FILE] [--log-level LEVEL]',
    doc: 'The whole job in a minute, without AWS and without Portainer.',
    more: [
      ['--once', 'ends after the first rotation'],
      ['--portainer URL', 'a real Portainer: three registries of made-up accounts are created there'],
      ['--api-key-file FILE', 'its access token'],
      ['--log-level LEVEL', 'debug, info, warn or error'],
    ],
    bare: true,
    load: async () => (await import('./demo.ts')).demo,
  },
};
