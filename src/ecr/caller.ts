import { Sha256 } from '@smithy/core/checksum';
import { HttpRequest } from '@smithy/core/protocols';
import { SignatureV4 } from '@smithy/signature-v4';
import type { Clock } from '../contract/clock.ts';
import { privateRegistryHost, type Registry } from '../contract/registry.ts';
import type { Settings } from './endpoints.ts';
import type { Keys } from './place.ts';
import type { Wire } from './wire.ts';

/** Who asks is told for people only: an STS that does not answer must not hold up a token. */
const patienceMs = 4_000;

/**
 * What `GetCallerIdentity` says of the keys; no right is needed for it. undefined: STS cannot be reached, or gives no
 * proper answer.
 */
export async function callerOf(
  keys: Keys,
  registry: Registry,
  settings: Settings,
  { wire, clock }: { readonly wire: Wire; readonly clock: Clock },
): Promise<string | undefined> {
  const ended = new AbortController();
  const late = clock.sleep(patienceMs, ended.signal).then(() => undefined);
  const asked = ask(keys, registry, settings, wire).catch(() => undefined);
  try {
    return await Promise.race([asked, late]);
  } finally {
    ended.abort();
  }
}

/** By hand: the SDK's client for STS would be a package more for one request of fixed form. */
async function ask(keys: Keys, { region }: Registry, settings: Settings, wire: Wire): Promise<string | undefined> {
  const endpoint = settings.endpoint('STS');
  const url = new URL(endpoint.endpoint ?? usualAddress(region, Boolean(endpoint.useFipsEndpoint)));
  const request = new HttpRequest({
    method: 'POST',
    protocol: url.protocol,
    hostname: url.hostname,
    ...(url.port && { port: Number(url.port) }),
    path: url.pathname,
    headers: { host: url.host, 'content-type': 'application/x-www-form-urlencoded' },
    body: 'Action=GetCallerIdentity&Version=2011-06-15',
  });
  const signer = new SignatureV4({ service: 'sts', region, credentials: keys, sha256: Sha256 });
  const { response } = await wire.handler.handle((await signer.sign(request)) as HttpRequest);
  const chunks: Uint8Array[] = [];
  for await (const chunk of response.body as AsyncIterable<Uint8Array>) chunks.push(chunk);
  return /<Arn>(arn:[\w:/+=,.@-]{10,2048})<\/Arn>/.exec(Buffer.concat(chunks).toString())?.[1];
}

/** Of STS in a region; its name ends as those of the region's registries do. */
function usualAddress(region: string, fips: boolean): string {
  const suffix = privateRegistryHost('000000000000', region).split(`.${region}.`)[1] ?? 'amazonaws.com';
  return `https://sts${fips ? '-fips' : ''}.${region}.${suffix}`;
}
