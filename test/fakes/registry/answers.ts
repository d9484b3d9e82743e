import type { Reply } from '../server.ts';

type Headers = Readonly<Record<string, string | number>>;

export const version = { 'docker-distribution-api-version': 'registry/2.0' };

/** Renders a refusal in the form that all registries share. */
export function envelope(status: number, code: string, message: string, more: { headers?: Headers; detail?: unknown } = {}): Reply {
  const error = { code, message, ...('detail' in more && { detail: more.detail }) };
  return {
    status,
    headers: { ...version, ...more.headers, 'content-type': 'application/json; charset=utf-8' },
    text: JSON.stringify({ errors: [error] }),
  };
}

export function plain(status: number, text: string, headers: Headers = {}): Reply {
  return { status, headers: { ...version, ...headers, 'content-type': 'text/plain; charset=utf-8' }, text };
}
