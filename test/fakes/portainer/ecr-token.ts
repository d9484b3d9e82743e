import type { Clock } from '../../../src/contract/clock.ts';
import type { PortainerState, Row } from './state.ts';

/** The error of the AWS client for an unknown access key. */
const refusal =
  'operation error ECR: GetAuthorizationToken, https response error StatusCode: 400, RequestID: , api error UnrecognizedClientException: The security token included in the request is invalid.';

/**
 * Returns the login for a row. For type 7 it is the token that AWS returns for the key pair, cached in the row until it
 * expires. Throws if AWS refuses the key pair.
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

/** Drops the cached token, so that the next use requests a new one. */
export function forgetToken(row: Row): void {
  delete row.AccessToken;
  delete row.AccessTokenExpiry;
}
