import { privateRegistryHost } from '../src/contract/registry.ts';
import type { Env } from './env.ts';
import { account, type Form, forms as formats } from './forms.ts';
import { type Entries, type Placed, textOf } from './origin.ts';
import { type Report, warnOfDanger } from './read.ts';
import { ownWord } from './target-options.ts';

/**
 * The variable that makes a target of Rancher 1.6. The variables of rancher-ecr-credentials count only beside it, as
 * other programs use the same names.
 */
export const maker = 'CATTLE_URL';

/** Labels of a container of Rancher 1.6 for which Rancher sets that variable, and its keys. */
export const labels = 'io.rancher.container.create_agent and io.rancher.container.agent.role';

/** Variables of rancher-ecr-credentials that belong to no option in a table. */
export const variables: readonly { readonly name: string; readonly doc: string }[] = [
  {
    name: 'AUTO_CREATE',
    doc: `With \`${maker}\`: the same as \`CATTLE_CREATE\`; 1, t, T and 0, f, F are understood, too. Where neither \`CATTLE_REGISTRIES\` nor \`AWS_ECR_REGISTRY_IDS\` says what should be there, it is \`${ownWord}\`.`,
  },
  {
    name: 'AWS_ECR_REGISTRY_IDS',
    doc: `With \`${maker}\`: accounts whose registries in \`AWS_REGION\` the target should have, as hosts in \`CATTLE_REGISTRIES\` would say. What is there is kept fresh whatever its account; pulls from another account need a policy of its repository.`,
  },
  {
    name: 'AWS_ROLE_ARN',
    doc: `With \`${maker}\` and without \`AWS_WEB_IDENTITY_TOKEN_FILE\`: the same as \`ECR_COURIER_ROLE_ARN\`. Otherwise it belongs to the AWS SDK.`,
  },
  {
    name: 'LOG_LEVEL',
    doc: `With \`${maker}\`: the same as \`ECR_COURIER_LOG_LEVEL\`, in any letter case; fatal, panic, warning and trace are understood, too.`,
  },
];

const ids = 'AWS_ECR_REGISTRY_IDS';

/** The forms of variables whose other values are refused, for programs that cannot call the rule. */
export const forms: Readonly<Record<string, Form>> = {
  AUTO_CREATE: { ...formats.boolean(), pattern: '^(?i:true|false|yes|no|on|off|1|0|t|f)$' },
  [ids]: { ...account, words: '12 digits of an AWS account, with commas between several', several: 'commas' },
};

const said = (value: Placed['value'], name: string): Placed => ({ value, origin: { text: name } });

/** The options of the target that the environment makes. */
export function targetOf(env: Env, report: Report): Entries {
  const entries = new Map<string, Placed>();
  const { AUTO_CREATE: create, CATTLE_URL: url = '' } = env;
  // Go's booleans have two more spellings than ours. Any other text is left to the rule of the option.
  if (create) entries.set('create', said(create.replace(/^t$/i, 'true').replace(/^f$/i, 'false'), 'AUTO_CREATE'));
  // Rancher itself injects such an address into containers, and the former updater took it.
  if (/^http:/i.test(url) && !env['CATTLE_ALLOW_HTTP']) {
    entries.set('allowHttp', said('true', maker));
    warnOfDanger(
      report,
      `${maker} is plain http: whoever is in between can read keys and tokens. Better use https; CATTLE_ALLOW_HTTP=false insists on it.`,
    );
  }
  const [first, ...more] = env['CATTLE_REGISTRIES'] ? [] : wanted(env, report);
  if (first) entries.set('registries', { value: [first, ...more], origin: first.origin });
  return entries;
}

/**
 * Reports a mistake and returns true when a target of a file has another address than the injected one. Rancher injects
 * address and keys of the environment in which a container runs, and these are not meant for that target.
 */
export function isTakenOver({ path, entries }: { readonly path: string; readonly entries: Entries }, env: Env, report: Report): boolean {
  const injected = env[maker];
  const url = textOf(entries, 'url');
  if (!injected || !url || bare(url) === bare(injected)) return false;
  report.mistakes.push({
    path: `${path}.url`,
    origin: entries.get('url')?.origin.text ?? path,
    message: `is not what ${maker} says, which with its keys would take the place of this target; Rancher injects them for the labels ${labels}. Give this target another name, such as \`name: shop\`, and both are served; or remove this url, or ${maker}`,
  });
  return true;
}
const bare = (url: string): string => (URL.parse(url)?.href ?? url).replace(/(\/schemas)?\/*$/, '');

/**
 * The registries that the target should have: those of the listed accounts, or else, where entries are created, that of
 * the caller's own account, as the former updater took it from the token.
 */
function wanted(env: Env, report: Report): Placed[] {
  const accounts = (env[ids] ?? '').split(',').flatMap(id => id.trim() || []);
  const creator = env['CATTLE_CREATE'] ? 'CATTLE_CREATE' : 'AUTO_CREATE';
  const creates = /^(1|t|true|yes|on)$/i.test(env[creator] ?? '');
  if (accounts.length === 0) return creates ? [said(ownWord, creator)] : [];
  const region = env['AWS_REGION'] || env['AWS_DEFAULT_REGION'];
  const wrong = (origin: string, message: string): void => void report.mistakes.push({ path: '', origin, message });
  for (const [at, account] of accounts.entries())
    if (!/^\d{12}$/.test(account)) wrong(ids, `entry ${at + 1} must be the 12 digits of an AWS account`);
  if (creates && !region) wrong(creator, 'needs AWS_REGION: the region of the registries to create');
  return region ? accounts.filter(id => /^\d{12}$/.test(id)).map(id => said(privateRegistryHost(id, region), ids)) : [];
}

/** The role that the former updater assumed. With a token file beside it, the variable belongs to the AWS SDK. */
function roleOf(env: Env): string | undefined {
  return (env[maker] && !env['AWS_WEB_IDENTITY_TOKEN_FILE'] && env['AWS_ROLE_ARN']) || undefined;
}

/** Options of the source `default`. */
export function sourceOf(env: Env): Entries {
  const role = roleOf(env);
  return new Map(role ? [['roleArn', said(role, 'AWS_ROLE_ARN')]] : []);
}

/** The names that logrus knows. */
const levels = new Map(
  Object.entries({
    panic: 'error',
    fatal: 'error',
    error: 'error',
    warn: 'warn',
    warning: 'warn',
    info: 'info',
    debug: 'debug',
    trace: 'debug',
  }),
);

/** The options of the group `log`. An unknown level is only a warning, as it did not stop the former updater. */
export function logOf(env: Env, report: Report): Entries {
  const text = env[maker] ? env['LOG_LEVEL'] : undefined;
  if (!text) return new Map();
  const level = levels.get(text.toLowerCase());
  if (!level) report.warnings.push('LOG_LEVEL is not a known level (debug, info, warn, error), and is ignored.');
  return new Map(level ? [['level', said(level, 'LOG_LEVEL')]] : []);
}
