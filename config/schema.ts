import type { TextForm } from '../src/contract/adapter.ts';
import { heartbeatFormats, type ReceiverFormat, receiverFormats } from '../src/contract/receiver.ts';
import { type Table, withFiles } from './field.ts';

/** The form of a secret address. What else it must be depends on the format of its receiver. */
const secretUrl: TextForm = {
  pattern: String.raw`^[hH][tT][tT][pP][sS]?://[^\s\\]+$`,
  words: 'a URL that begins with https:// or http://',
  most: 8192,
};

/** Groups at the top of a file: `server:`, `log:` and so on. */
export const groups = {
  server: {
    listen: {
      doc: 'Where status page, metrics and health doors are served. 0.0.0.0:8080 serves every interface.',
      format: 'listen',
      default: '127.0.0.1:8080',
      env: 'ECR_COURIER_LISTEN',
      flag: 'listen',
    },
    port: { doc: 'Replaces the port of `listen`.', format: 'number', default: null, min: 0, max: 65_535, whole: true, env: 'LISTEN_PORT' },
    publicUrl: {
      doc: 'Address under which people reach the status page, such as https://courier.example.com: messages of `notify` link to it.',
      format: 'url',
      default: null,
      env: 'ECR_COURIER_PUBLIC_URL',
    },
    socket: {
      doc: 'Unix socket through which `status`, `refresh` and `bundle` reach the daemon on its own machine. For its owner only.',
      format: 'path',
      default: null,
      env: 'ECR_COURIER_SOCKET',
    },
    adminToken: {
      doc: 'Bearer token for POST /-/refresh and /-/reload and GET /-/bundle. Without one these doors are shut.',
      format: 'secret',
      default: null,
      env: 'ECR_COURIER_ADMIN_TOKEN',
    },
  },
  log: {
    level: {
      doc: 'The least important level that is written.',
      format: 'choice',
      choices: ['debug', 'info', 'warn', 'error'],
      default: 'info',
      env: 'ECR_COURIER_LOG_LEVEL',
      flag: 'log-level',
    },
    format: {
      doc: 'auto: pretty on a terminal, JSON otherwise.',
      format: 'choice',
      choices: ['auto', 'pretty', 'json'],
      default: 'auto',
      env: 'ECR_COURIER_LOG_FORMAT',
      flag: 'log-format',
    },
  },
  lease: {
    name: {
      doc: 'Name of a Lease in Kubernetes. Of all couriers with the same one, one works and the others stand by; it is made where there is none.',
      format: 'objectName',
      default: null,
      env: 'ECR_COURIER_LEASE',
    },
    namespace: {
      doc: 'Its namespace; that of the pod unless given.',
      format: 'objectName',
      default: null,
      env: 'ECR_COURIER_LEASE_NAMESPACE',
    },
    kubeconfig: {
      doc: 'A kubeconfig that says how its cluster is reached. In a pod it is left out: then the ServiceAccount of the pod counts.',
      format: 'path',
      default: null,
      blank: 'refused',
      env: 'ECR_COURIER_LEASE_KUBECONFIG',
    },
    context: {
      doc: 'Which context of the `kubeconfig`; its current one unless given.',
      format: 'string',
      default: null,
      blank: 'refused',
    },
  },
  discovery: {
    cron: {
      doc: 'When targets are asked which registries they need. A pattern without seconds means a random second of each minute. UTC.',
      format: 'cron',
      default: '* * * * *',
      env: 'ECR_COURIER_DISCOVERY_CRON',
    },
  },
  engine: {
    tickSeconds: {
      doc: 'How often the courier looks at the clock for what is due.',
      format: 'number',
      default: 15,
      min: 1,
      max: 300,
      whole: true,
      env: 'ECR_COURIER_TICK_SECONDS',
    },
    startSpreadSeconds: {
      doc: 'The daemon begins at a random moment of so many seconds after its start, so that many that start together do not ask AWS and the managers in one.',
      format: 'number',
      default: 5,
      min: 0,
      max: 3600,
      env: 'ECR_COURIER_START_SPREAD_SECONDS',
    },
    shard: {
      doc: 'The share of this courier, where n of them have the same configuration: `0/3`, `1/3` and `2/3` are three. Which share a slot belongs to follows from its name alone. Everything unless given.',
      format: 'shard',
      default: null,
      env: 'ECR_COURIER_SHARD',
    },
    shardBy: {
      doc: 'What is shared out. `target`: all slots of a target go to one courier, which alone reaches it, so that they hold the same token.',
      format: 'choice',
      choices: ['slot', 'target'],
      default: 'slot',
      env: 'ECR_COURIER_SHARD_BY',
    },
  },
  heartbeat: {
    url: {
      doc: 'Address that is called while all is well, of healthchecks.io or an Uptime Kuma push monitor for example. It is a secret, and only its host is shown. See docs/notify.md.',
      format: 'secret',
      form: secretUrl,
      default: null,
      env: 'ECR_COURIER_HEARTBEAT_URL',
    },
    format: {
      doc: 'healthchecks and uptime-kuma also get an immediate failure call when something is wrong; plain gets no more calls. auto: chosen by the address.',
      format: 'choice',
      choices: heartbeatFormats,
      default: 'auto',
      env: 'ECR_COURIER_HEARTBEAT_FORMAT',
    },
    everySeconds: {
      doc: 'From one call to the next. Whoever waits for them should wait at least twice as long.',
      format: 'number',
      default: 60,
      min: 30,
      max: 86_400,
      whole: true,
      env: 'ECR_COURIER_HEARTBEAT_SECONDS',
    },
    caFile: {
      doc: 'Certificates (PEM) to trust beside the usual authorities.',
      format: 'path',
      default: null,
      env: 'ECR_COURIER_HEARTBEAT_CA_FILE',
    },
  },
} as const satisfies Record<string, Table>;

/** One entry of `notify:`. */
export const receiver = {
  name: { doc: 'Unique. Default: the format, then slack-2 and so on.', format: 'name', default: null },
  format: { doc: 'What takes the messages.', format: 'choice', choices: receiverFormats },
  url: {
    doc: 'Its address, as docs/notify.md says for each format. It is a secret, and only its host is shown. A user name and a password in it are sent as a login.',
    format: 'secret',
    form: secretUrl,
  },
  caFile: { doc: 'Certificates (PEM) to trust beside the usual authorities.', format: 'path', default: null },
} as const satisfies Table;

/** The options of a receiver that variables set: one for each format, named after it. */
export function receiverVariables(format: ReceiverFormat): Table {
  const doc = `Address of a receiver of the format \`${format}\`: makes one of that name, or sets the address of the one of that name in a file.`;
  return withFiles({ url: { ...receiver.url, doc, env: `ECR_COURIER_NOTIFY_${format.toUpperCase()}_URL` } });
}

/** Marks an option that may be left out, but not given without a value. */
const said = { default: null, blank: 'refused' } as const;

export const roles = {
  roleArn: { doc: 'Role to assume with the identity of the step before.', format: 'role' },
  externalId: { doc: 'External id that the role asks for.', format: 'string', ...said },
} as const satisfies Table;

/** One entry of `sources:`. The variables are those of the source `default`. */
export const source = {
  name: {
    doc: 'Unique. The source `default` serves every registry that no other source matches; it exists without being written.',
    format: 'name',
  },
  service: {
    doc: 'What the source gives tokens for: private registries (`ecr`, unless said), or `public.ecr.aws` (`ecr-public`), which is served by no other source. It needs ecr-public:GetAuthorizationToken and sts:GetServiceBearerToken.',
    format: 'choice',
    choices: ['ecr', 'ecr-public'],
    ...said,
  },
  lambda: {
    doc: 'Lambda function that gives the tokens: its name, `NAME:ALIAS`, or its ARN. It is invoked with the AWS identity of the source, which needs no other right than lambda:InvokeFunction. See docs/lambda.md.',
    format: 'function',
    ...said,
  },
  command: {
    doc: 'Command that writes a token: a line, or a list of a program and its arguments. `{host}`, `{region}` and `{account}` in it stand for those of the registry. See docs/lambda.md.',
    format: 'command',
    ...said,
  },
  file: {
    doc: 'File that holds a token, or logins with one; it is read anew at every fetch. See docs/lambda.md.',
    format: 'path',
    ...said,
  },
  profile: {
    doc: 'Profile of the AWS configuration files, and then the only place of keys. Without one: see docs/aws.md.',
    format: 'string',
    ...said,
  },
  roleArn: { doc: 'Role to assume with the AWS identity that is found.', format: 'role', ...said, env: 'ECR_COURIER_ROLE_ARN' },
  externalId: { doc: 'External id that the role asks for.', format: 'string', ...said, env: 'ECR_COURIER_EXTERNAL_ID' },
  roles: {
    doc: 'Roles to assume one after the other, each with the identity of the one before; `roleArn` comes last.',
    format: 'strings',
    ...said,
    items: roles,
  },
  region: {
    doc: 'Region where a registry does not say it; with `lambda` also that of the function, unless its ARN says it; with `lambda`, `command` and `file` that of the tokens, where they do not say it. Falls back to AWS_REGION, then AWS_DEFAULT_REGION.',
    format: 'region',
    default: null,
  },
  endpoint: { doc: 'ECR endpoint, such as that of a PrivateLink; with `lambda` the endpoint of Lambda.', format: 'url', ...said },
  stsEndpoint: { doc: 'STS endpoint.', format: 'url', ...said },
  accounts: { doc: 'Registries of these accounts take their tokens here.', format: 'accounts', ...said },
  registries: {
    doc: 'Registries whose host matches one of these patterns (`*` stands for anything) take their tokens here.',
    format: 'hosts',
    ...said,
  },
  slots: {
    doc: 'The only slots (target/id, as patterns) that this source serves, whatever else matches. They may also ask for it by its name. Without it: all, and none may ask.',
    format: 'strings',
    ...said,
  },
} as const satisfies Table;

/** One entry of `aliases:`. A list, because a host as a key would have dots in it. */
export const alias = {
  host: { doc: 'Another name of a registry, as images spell it.', format: 'host' },
  registry: { doc: 'The ECR registry behind it.', format: 'registry' },
} as const satisfies Table;
