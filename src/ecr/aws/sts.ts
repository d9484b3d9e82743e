import type { Keys } from '../keys/place.ts';
import { callAws, type Ways } from './call.ts';
import { elementOf } from './refusal.ts';

/** An STS endpoint. */
export interface StsAt {
  readonly url: URL;
  readonly region: string;
}

/** Calls an action of STS and returns the text of the response. Unsigned without keys. Throws what `callAws` throws. */
export async function askSts(
  form: Readonly<Record<string, string>> & { readonly Action: string },
  { url, region }: StsAt,
  keys: Keys | undefined,
  ways: Ways,
): Promise<string> {
  const headers = { 'content-type': 'application/x-www-form-urlencoded' };
  const body = new URLSearchParams({ ...form, Version: '2011-06-15' }).toString();
  return (await callAws({ service: 'sts', right: `sts:${form.Action}`, region, url, headers, body, keys }, ways)).text;
}

/**
 * Parses the session from a response of STS. Throws an error that quotes nothing, because the response may hold keys.
 */
export function sessionIn(xml: string): Keys {
  const [accessKeyId, secretAccessKey, sessionToken] = ['AccessKeyId', 'SecretAccessKey', 'SessionToken'].map(name => elementOf(xml, name));
  if (!accessKeyId || !secretAccessKey || !sessionToken)
    throw Object.assign(new Error('no session in the answer'), { name: 'Unknown', $metadata: { httpStatusCode: 200 } });
  const expiration = new Date(elementOf(xml, 'Expiration') ?? Number.NaN);
  return { accessKeyId, secretAccessKey, sessionToken, ...(Number.isFinite(expiration.getTime()) && { expiration }) };
}
