import type { Clock } from '../../../src/contract/clock.ts';
import type { PortainerState, Row } from './state.ts';

/** What AWS says of an access key that it does not know, in the words of its client. */
const refusal =
  'operation error ECR: GetAuthorizationToken, https response error StatusCode: 400, RequestID: , api error UnrecognizedClientException: The security token included in the request is invalid.';

/**
 * What a registry takes for a row: of type 7 what AWS gives for its key pair, and that is kept in the row until it
 * expires. Throws when AWS gives nothing.
 */
export function effectiveLogin(row: Row, { upstream: { aws } }: PortainerState, clock: Clock): { username: string; password: string } {
  if (row.Type !== 7) return { username: row.Username, password: row.Password };
  const now = Math.floor(clock.wall() / 1000);
  if (!row.AccessToken || (row.AccessTokenExpiry ?? 0) <= now) {
    if (!aws || aws.accessKeyId !== row.Username || aws.region !== row.Ecr.Region) throw new Error(refusal);
    row.AccessToken = `${aws.user}:${aws.password}`;
    row.AccessTokenExpiry = now + aws.ttlSeconds;
  }
  const [, username = '', password = ''] = /^([^:]*):(.*)$/s.exec(row.AccessToken) ?? [];
  return { username, password };
}

/** So that the next use asks AWS again. */
export function forgetToken(row: Row): void {
  delete row.AccessToken;
  delete row.AccessTokenExpiry;
}
