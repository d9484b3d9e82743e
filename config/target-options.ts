import type { Adapter, OptionFormat } from '../src/contract/adapter.ts';
import { type Field, type Table, type Values, withFiles } from './field.ts';

/**
 * The word under `registries` for the registry of the account that the courier itself belongs to, whatever its number.
 */
export const ownWord = 'own';

/** Options of every target. `env` is only the end of a variable's name: _CA_FILE for PORTAINER_CA_FILE. */
const common = {
  kind: { doc: 'What the target is.', format: 'name' },
  name: { doc: 'Unique. Default: the kind, then kind-2 and so on.', format: 'name' },
  required: { doc: 'Whether the courier counts as ready only with this target.', format: 'boolean', default: true },
  create: { doc: 'Whether entries for `registries` that are not there are created.', format: 'boolean', default: false, env: '_CREATE' },
  paused: { doc: 'Configured, but left alone.', format: 'boolean', default: false },
  registries: {
    doc: `ECR hosts that the target should have. \`${ownWord}\` stands for the registry of the account whose identity the source \`default\` is, in the region of that source.`,
    format: 'registries',
    default: [],
    env: '_REGISTRIES',
  },
  verify: {
    doc: 'Images that the target should be able to pull. The daemon reads each of them once a day at most, as a pull would, and says what is refused and why. What it could not read it asks for each hour.',
    format: 'images',
    default: [],
    env: '_VERIFY',
  },
  concurrency: { doc: 'Writes in flight at a time.', format: 'number', min: 1, max: 64, whole: true },
  discoverSeconds: { doc: 'Deadline of a discovery.', format: 'number', min: 0.1, max: 3600 },
  deliverSeconds: { doc: 'Deadline of a write.', format: 'number', min: 0.1, max: 3600 },
  window: {
    doc: 'Cron pattern (UTC) for when deliveries may begin that restart something, such as a redeploy: `* 2-4 * * *` is from two until five. It is open for whole minutes. They wait for it unless the credential would end first. At any time unless given.',
    format: 'cron',
    default: null,
  },
} as const satisfies Table;

/** Options of targets that are reached by requests. */
const connection = {
  caFile: { doc: 'Certificates (PEM) to trust beside the usual authorities.', format: 'path', default: null, env: '_CA_FILE' },
  tlsServerName: {
    doc: 'Name to expect in the certificate, where the address has another.',
    format: 'serverName',
    default: null,
    env: '_TLS_SERVER_NAME',
  },
  tlsFingerprint: { doc: 'The one certificate to accept.', format: 'fingerprint', default: null, env: '_TLS_FINGERPRINT' },
  insecureSkipVerify: {
    doc: 'Accepts any certificate. Whoever is in between then reads key and tokens.',
    format: 'boolean',
    default: false,
    env: '_INSECURE_SKIP_VERIFY',
  },
  clientCertFile: {
    doc: 'Certificate (PEM) that the courier shows to a server that demands one. Goes with `clientKeyFile`.',
    format: 'path',
    default: null,
    env: '_CLIENT_CERT_FILE',
  },
  clientKeyFile: { doc: 'Private key (PEM, no passphrase) of `clientCertFile`.', format: 'path', default: null, env: '_CLIENT_KEY_FILE' },
  headers: {
    doc: 'Sent with every request, as what stands in front of the manager wants them (an access proxy).',
    format: 'headers',
    default: null,
    env: '_HEADERS',
  },
  allowHttp: { doc: 'Allows an address that begins with http://.', format: 'boolean', default: false, env: '_ALLOW_HTTP' },
} as const satisfies Table;

/** The values that every target has. Those of the adapter's options are beside them. */
export type Common = Values<typeof common> & Partial<Values<typeof connection>> & { readonly headersFile?: string };

/** The option whose variable makes a target without any file: the first one that must be given and has a variable. */
export function trigger(adapter: Adapter): { readonly key: string; readonly env: string } | undefined {
  const found = Object.entries(adapter.options).find(([, option]) => option.env !== undefined && option.default === undefined);
  return found?.[1].env === undefined ? undefined : { key: found[0], env: found[1].env };
}

/**
 * The prefix of a kind's variables, after the one that makes a target: PORTAINER for PORTAINER_URL, CATTLE for the
 * CATTLE_URL of rancher.
 */
export const prefix = (adapter: Adapter): string =>
  trigger(adapter)?.env.replace(/_[A-Z]+$/, '') ?? adapter.kind.toUpperCase().replaceAll('-', '_');

/**
 * All options of a target of this kind, common ones first. Common options have variables only where the adapter has a
 * short form. Throws an Error when an option of the adapter has the name of another one.
 */
export function targetTable(adapter: Adapter): Table {
  const { concurrency, discoverMs, deliverMs } = adapter.limits;
  const given: Record<string, unknown> = {
    name: adapter.kind,
    create: adapter.creates ?? false,
    concurrency,
    discoverSeconds: discoverMs / 1000,
    deliverSeconds: deliverMs / 1000,
  };
  const shared = Object.entries<Field>({ ...common, ...(adapter.keeps === 'files' ? {} : connection) }).map(
    ([key, { env, ...field }]): [string, Field] => [
      key,
      { ...field, ...(key in given ? { default: given[key] } : {}), ...(env && trigger(adapter) ? { env: prefix(adapter) + env } : {}) },
    ],
  );
  const own = Object.entries<Field & { format: OptionFormat }>(adapter.options);
  const taken = own.find(
    ([key]) => Object.hasOwn(withFiles({ ...common, ...connection }), key) || Object.hasOwn(adapter.options, `${key}File`),
  );
  if (taken)
    throw new Error(`Adapter ${adapter.kind}: the option name ${taken[0]} is taken by an option of every target or by a file of its own.`);
  return withFiles(Object.fromEntries([...shared, ...own]));
}
