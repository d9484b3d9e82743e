import { quote } from '../../contract/text.ts';

/**
 * Everyday errors of the SDK's providers, and what a person is told. `$1` stands for what the pattern captured. Texts
 * of @aws-sdk/credential-provider-* 3.1054 and @smithy/credential-provider-imds 4.
 */
const sentences: readonly (readonly [said: RegExp, told: string])[] = [
  [/^Could not resolve credentials using profile/, 'it names no credentials'],
  [/requires multi-factor authentication/, 'it asks for a code of mfa_serial, and nobody is here to type one'],
  [/^Conflicting SSO (region|start_url)/, 'its sso_$1 is another one than that of its sso-session'],
  // The providers of SSO and those of tokens have five sentences for it.
  [
    /\bSSO\b.*(session|token|invalid|expired)|SSO Token|^Token is expired|^UnauthorizedException: /i,
    'its SSO session has expired, or was never begun: `aws sso login` begins one',
  ],
  [
    /\baws login\b|^Failed to load token|^Token (validation|refresh)/,
    'its login session has expired, or was never begun: `aws login` begins one',
  ],
  [/^URL not accepted/, 'nothing was sent: plain http is for loopback, 169.254.170.2, 169.254.170.23 and [fd00:ec2::23] alone'],
  [/^Server responded with status: (\d+)/, 'it answered $1'],
  [/response not of the required format/, 'its answer holds no keys (AccessKeyId, SecretAccessKey, Token, Expiration)'],
  // The parser quotes what it read, which may be part of a key.
  [/^SyntaxError|is not valid JSON$|in JSON at position|JSON input$/, 'its answer is not JSON'],
  [/^Unable to connect to instance metadata service/, 'the instance metadata cannot be reached'],
  [/^TimeoutError from instance metadata service/, 'the instance metadata service does not answer in time'],
  [/^Invalid response received from instance metadata service/, 'the instance metadata answered with something else than keys'],
  [/^Error response received from instance metadata service/, 'the instance metadata answered with an error'],
  [/Metadata v1 fallback has been blocked/, 'the instance metadata give no session token, and their version 1 is switched off'],
  [/^ForbiddenException: /, 'SSO gives its user no access to that sso_role_name in that sso_account_id'],
  [/^(Unknown: )?UnknownError$/, 'its answer is not one of AWS'],
  [/^(?:(?:[A-Za-z]*Error|Failure): )+(.*)$/, '$1'],
];

/** The command that begins a new session, where `wordsOf` has said that one is over. */
export const loginIn = (words: string): string | undefined => /has expired, or was never begun: `(aws (?:sso )?login)`/.exec(words)?.[1];

/** The message of an error of the SDK or the system, for people. */
export function wordsOf(error: unknown): string {
  const said = quote(error instanceof Error ? error.message : String(error));
  for (const [pattern, told] of sentences) {
    const match = pattern.exec(said);
    if (match) return told.replace('$1', match[1] ?? '');
  }
  return said;
}
