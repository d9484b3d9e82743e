import { Readable } from 'node:stream';
import type { HttpRequest } from '@smithy/core/protocols';
import type { Wire } from './wire.ts';

type Sdk = Pick<typeof import('./sdk.ts'), 'HttpResponse' | 'buildQueryString'>;

/** The wire as the SDK's own clients (of STS for a profile's role, of SSO) want it. */
export function handlerFor(wire: Wire, { HttpResponse, buildQueryString }: Sdk) {
  return {
    async handle({ method, protocol, hostname, port, path, query, headers, body }: HttpRequest) {
      const asked = buildQueryString(query);
      const url = new URL(`${protocol}//${hostname}${port ? `:${port}` : ''}${path}${asked ? `?${asked}` : ''}`);
      const { status, headers: answered, text } = await wire.send({ method, url, headers, body: body as string | Uint8Array | undefined });
      const flat = Object.fromEntries(Object.entries(answered).map(([name, value]) => [name, String(value ?? '')]));
      return { response: new HttpResponse({ statusCode: status, headers: flat, body: Readable.from([Buffer.from(text)]) }) };
    },
    destroy: () => undefined,
    updateHttpClientConfig: () => undefined,
    httpHandlerConfigs: () => ({}),
  };
}
