import { isRegion, isRoleArn, isSessionName, namesInWords, regionForm, roleForm, sessionForm } from '../src/contract/aws-names.ts';
import { visiblyNoKey, visiblyNoKeyId } from '../src/contract/keys.ts';
import { wrongAmong } from './among.ts';
import type { Env } from './env.ts';
import { type Form, oneOf } from './forms.ts';
import { hint } from './nearest.ts';
import type { Report } from './read.ts';
import { isPath } from './showable.ts';
import { wrapped } from './texts.ts';

/** Keys of AWS that can be in files: exactly these have a form with _FILE, as Docker passes secrets in files. */
const keys = ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN'] as const;

/** Variables that begin with AWS_ and are ours. All others belong to the AWS SDK. */
export const variables: readonly { readonly name: string; readonly doc: string }[] = keys.map(name => ({
  name: `${name}_FILE`,
  doc: `File that holds \`${name}\`; it is read at every fetch.`,
}));

/**
 * What is wrong with a value, as the rest of a sentence that begins with the variable; undefined when it is fine. Never
 * quotes it.
 */
type Rule = (value: string) => string | undefined;

/** Switches. The SDK silently takes any other value than true and false for the default. */
const switches = [
  'AWS_USE_FIPS_ENDPOINT',
  'AWS_USE_DUALSTACK_ENDPOINT',
  'AWS_IGNORE_CONFIGURED_ENDPOINT_URLS',
  'AWS_EC2_METADATA_DISABLED',
  'AWS_EC2_METADATA_V1_DISABLED',
  'AWS_DISABLE_CLOCK_SKEW_CORRECTION',
];
function switchRule(value: string): string | undefined {
  if (value === 'true' || value === 'false') return undefined;
  const meant = /^\s*(true|yes|on|1|t)\s*$/i.test(value)
    ? 'write true'
    : /^\s*(false|no|off|0|f)\s*$/i.test(value)
      ? 'write false'
      : undefined;
  return `must be true or false, in lower case: the AWS tools read any other spelling differently${meant ? `; ${meant}` : ''}`;
}

const addresses = [
  'AWS_ENDPOINT_URL',
  ...['ECR', 'ECR_PUBLIC', 'STS', 'LAMBDA', 'SSO', 'SSO_OIDC', 'SIGNIN'].map(service => `AWS_ENDPOINT_URL_${service}`),
  'AWS_EC2_METADATA_SERVICE_ENDPOINT',
  'AWS_CONTAINER_CREDENTIALS_FULL_URI',
];
const addressRule: Rule = value =>
  /^https?:\/\/[^\s/]/i.test(value) && !/[\s\\]/.test(value) && URL.canParse(value)
    ? undefined
    : 'must be a URL that begins with https:// or http://';

const among =
  (...choices: readonly string[]): Rule =>
  value =>
    wrongAmong(value, choices);

const named =
  (isOne: (text: string) => boolean, words: string): Rule =>
  value =>
    isOne(value) ? undefined : (wrapped(value) ?? `must be ${words}`);

const inWords = (least: number, most: number): string => `a whole number from ${least} to ${most}`;
const number =
  (least: number, most: number): Rule =>
  value =>
    /^\d{1,6}$/.test(value) && Number(value) >= least && Number(value) <= most ? undefined : `must be ${inWords(least, most)}`;

const modes = ['auto', 'in-region', 'cross-region', 'mobile', 'standard', 'legacy'];
const choices: Readonly<Record<string, readonly string[]>> = {
  AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE: ['IPv4', 'IPv6'],
  AWS_RETRY_MODE: ['standard', 'adaptive', 'legacy'],
  AWS_STS_REGIONAL_ENDPOINTS: ['regional', 'legacy'],
  AWS_ACCOUNT_ID_ENDPOINT_MODE: ['preferred', 'disabled', 'required'],
};
const numbers: Readonly<Record<string, readonly [least: number, most: number]>> = {
  AWS_MAX_ATTEMPTS: [1, 99],
  AWS_METADATA_SERVICE_TIMEOUT: [1, 3600],
  AWS_METADATA_SERVICE_NUM_ATTEMPTS: [1, 99],
};

/** The forms of values, for programs that cannot call the rules. No form refuses a value that the rule accepts. */
export const forms: Readonly<Record<string, Form>> = {
  ...Object.fromEntries(switches.map(name => [name, { pattern: '^(true|false)$', words: 'true or false, in lower case' }])),
  ...Object.fromEntries(
    addresses.map(name => [
      name,
      { pattern: String.raw`^(?i:https?)://[^\s/\\][^\s\\]*$`, words: 'a URL that begins with https:// or http://' },
    ]),
  ),
  ...Object.fromEntries(Object.entries(choices).map(([name, words]) => [name, oneOf(words)])),
  ...Object.fromEntries(
    Object.entries(numbers).map(([name, [min, max]]) => [
      name,
      { pattern: '^[0-9]{1,6}$', words: inWords(min, max), range: { min, max, whole: true } },
    ]),
  ),
  AWS_DEFAULTS_MODE: { pattern: `^(?i:${modes.join('|')})$`, words: `one of ${modes.join(', ')}` },
  AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: { pattern: String.raw`^/\S*$`, words: 'a path that begins with /' },
  AWS_REGION: { pattern: regionForm.source, words: namesInWords.region },
  AWS_DEFAULT_REGION: { pattern: regionForm.source, words: namesInWords.region },
  AWS_ROLE_ARN: { pattern: roleForm.source, words: namesInWords.role },
  ...Object.fromEntries(
    keys.map(name => [name, { pattern: String.raw`^\s*[\x21-\x7e]+\s*$`, words: 'the AWS key, without a blank in it' }]),
  ),
  AWS_ROLE_SESSION_NAME: { pattern: sessionForm.source, words: namesInWords.session },
};

const rules: ReadonlyMap<string, Rule> = new Map<string, Rule>([
  ...switches.map((name): [string, Rule] => [name, switchRule]),
  ...addresses.map((name): [string, Rule] => [name, addressRule]),
  ...Object.entries(choices).map(([name, words]): [string, Rule] => [name, among(...words)]),
  ...Object.entries(numbers).map(([name, [least, most]]): [string, Rule] => [name, number(least, most)]),
  ['AWS_CONTAINER_CREDENTIALS_RELATIVE_URI', value => (/^\/\S*$/.test(value) ? undefined : 'must be a path that begins with /')],
  [
    'AWS_CONTAINER_AUTHORIZATION_TOKEN',
    value => (/[^\x20-\x7e]/.test(value) ? 'holds a line break or another character that HTTP cannot carry' : undefined),
  ],
  ['AWS_DEFAULTS_MODE', value => among(...modes)(value.toLowerCase())],
  ['AWS_REGION', named(isRegion, namesInWords.region)],
  ['AWS_DEFAULT_REGION', named(isRegion, namesInWords.region)],
  ['AWS_ROLE_ARN', named(isRoleArn, namesInWords.role)],
  ['AWS_ROLE_SESSION_NAME', named(isSessionName, namesInWords.session)],
  ['AWS_ACCESS_KEY_ID', visiblyNoKeyId],
  ['AWS_SECRET_ACCESS_KEY', visiblyNoKey],
  ['AWS_SESSION_TOKEN', visiblyNoKey],
]);

/** Known variables that name files. */
const files = [
  'AWS_CONFIG_FILE',
  'AWS_SHARED_CREDENTIALS_FILE',
  'AWS_WEB_IDENTITY_TOKEN_FILE',
  'AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE',
  ...variables.map(({ name }) => name),
];

/** Reports values that the AWS SDK would silently misread, or fail on later. Empty counts as unset. */
export function checkAws(env: Env, report: Report): void {
  const wrong = (origin: string, message: string): void => void report.mistakes.push({ path: '', origin, message });
  for (const [name, rule] of rules) {
    const value = env[name];
    const said = value && rule(value);
    if (said) wrong(name, said);
  }
  for (const key of keys) {
    const file = env[`${key}_FILE`];
    if (!file) continue;
    if (env[key]) wrong(`${key}_FILE`, `is given twice: here and as ${key}. Keep one`);
    if (!isPath(file))
      wrong(
        `${key}_FILE`,
        `names no file (not shown, as it may be the key itself). Let a path begin with / or ./; a key itself belongs into ${key}`,
      );
  }
  for (const name of Object.keys(env).filter(name => /^AWS_\w+_FILE$/.test(name) && env[name] && !files.includes(name)))
    report.warnings.push(`${name} is not read${hint(name, files) || `. The AWS keys that can lie in files are ${keys.join(', ')}.`}`);
}
