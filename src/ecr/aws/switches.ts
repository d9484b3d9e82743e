import { isRegion, isRoleArn, isSessionName, namesInWords } from '../../contract/aws-names.ts';
import type { Section } from '../keys/shared.ts';

/** An invalid setting of a profile: `why` continues a sentence that begins with the setting, `remedy` is what to do. */
interface WrongSetting {
  readonly option: string;
  readonly why: string;
  readonly remedy: string;
}

/** Checks a value. undefined: it is valid. */
type Rule = (value: string, option: string) => Omit<WrongSetting, 'option'> | undefined;

const silently = 'AWS tools take that for unset, or refuse it';

const trueOrFalse: Rule = (value, option) =>
  value === 'true' || value === 'false'
    ? undefined
    : { why: `is neither true nor false; ${silently}`, remedy: `Write ${option} = true or ${option} = false, in lower case.` };

const oneOf =
  (choices: readonly string[], written = (value: string): string => value): Rule =>
  value =>
    choices.includes(written(value))
      ? undefined
      : { why: `is none of ${choices.join(', ')}; ${silently}`, remedy: 'Write one of these, as it stands here, or remove the option.' };

const from =
  (least: number, most: number): Rule =>
  value =>
    /^\d{1,5}$/.test(value) && Number(value) >= least && Number(value) <= most
      ? undefined
      : { why: `is not a whole number from ${least} to ${most}`, remedy: 'Write such a number, or remove the option.' };

const address: Rule = value =>
  /^https?:\/\/[^\s/]/i.test(value) && URL.canParse(value)
    ? undefined
    : { why: 'is not a URL that begins with https:// or http://', remedy: 'Write the whole address, or remove the option.' };

const named =
  (isOne: (text: string) => boolean, words: string): Rule =>
  value =>
    isOne(value) ? undefined : { why: `is not ${words}`, remedy: 'Write such a name, or remove the option.' };

/** The profile settings that matter here. Variables of the same meaning are validated with the configuration. */
const rules: Readonly<Record<string, Rule>> = {
  use_fips_endpoint: trueOrFalse,
  use_dualstack_endpoint: trueOrFalse,
  ignore_configured_endpoint_urls: trueOrFalse,
  ec2_metadata_v1_disabled: trueOrFalse,
  defaults_mode: oneOf(['auto', 'in-region', 'cross-region', 'mobile', 'standard', 'legacy'], value => value.toLowerCase()),
  retry_mode: oneOf(['standard', 'adaptive', 'legacy']),
  max_attempts: from(1, 99),
  metadata_service_timeout: from(1, 3600),
  metadata_service_num_attempts: from(1, 99),
  sts_regional_endpoints: oneOf(['regional', 'legacy']),
  region: named(isRegion, namesInWords.region),
  sso_region: named(isRegion, namesInWords.region),
  role_arn: named(isRoleArn, namesInWords.role),
  role_session_name: named(isSessionName, namesInWords.session),
  duration_seconds: from(900, 43_200),
  ec2_metadata_service_endpoint_mode: oneOf(['IPv4', 'IPv6']),
  ec2_metadata_service_endpoint: address,
};

/** The first setting of a profile that AWS tools would ignore silently, or refuse without naming it. */
export function wrongSetting(section: Section): WrongSetting | undefined {
  for (const [option, rule] of Object.entries(rules)) {
    const value = section[option];
    const wrong = value === undefined ? undefined : rule(value, option);
    if (wrong) return { option, ...wrong };
  }
  return undefined;
}
