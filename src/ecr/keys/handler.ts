import { Readable } from 'node:stream';
import type { HttpRequest } from '@smithy/core/protocols';
import type { Walk } from './place.ts';

type Sdk = Pick<typeof import('./sdk.ts'), 'HttpResponse' | 'buildQueryString'>;

/** The services that the SDK calls itself, keyed by the beginning of their usual hosts. */
const services = { 'portal.sso': 'SSO', 'oidc.': 'SSO OIDC' } as const;

/**
 * The wire as a request handler for the SDK's own clients (of SSO). They know the addresses that the environment and
 * AWS_PROFILE set; the addresses of another profile are inserted here. Throws MISCONFIGURED where two settings
 * contradict each other.
 */
export function handlerFor({ ways: { wire }, settings }: Pick<Walk, 'ways' | 'settings'>, { HttpResponse, buildQueryString }: Sdk) {
  const moves = Object.entries(services).map(([start, service]) => ({ start, to: settings.addressSet(service) }));
  const originOf = (hostname: string, usual: string): string => {
    const to = moves.find(({ start }) => hostname.startsWith(start))?.to;
    return to ? `${to.origin}${to.pathname.replace(/\/$/, '')}` : usual;
  };
  return {
    async handle({ method, protocol, hostname, port, path, query, headers, body }: HttpRequest) {
      const asked = buildQueryString(query);
      const url = new URL(`${originOf(hostname, `${protocol}//${hostname}${port ? `:${port}` : ''}`)}${path}${asked ? `?${asked}` : ''}`);
      const { status, headers: answered, text } = await wire.send({ method, url, headers, body: body as string | Uint8Array | undefined });
      const flat = Object.fromEntries(Object.entries(answered).map(([name, value]) => [name, String(value ?? '')]));
      return { response: new HttpResponse({ statusCode: status, headers: flat, body: Readable.from([Buffer.from(text)]) }) };
    },
    destroy: () => undefined,
    updateHttpClientConfig: () => undefined,
    httpHandlerConfigs: () => ({}),
  };
}
