import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { Clock } from '../contract/clock.ts';
import { bodies, type Sent } from '../io/once.ts';

/** One request to AWS, or to a server on the way there. */
interface Call {
  readonly to: string;
  readonly action?: string;
  /** The role that STS is asked for. */
  readonly role?: string;
  /** The access key ID, day, region and service in the signature. */
  readonly signedAs?: string;
  /** Milliseconds since the start of the process. */
  readonly atMs: number;
  readonly status?: number;
  readonly tookMs?: number;
}

/** Records the requests that Node's own client and undici publish. This includes clients that are loaded later. */
export function listen(clock: Clock): { seen(): readonly Call[]; end(): void } {
  const begun = new Map<unknown, { readonly call: Call; readonly since: number }>();
  const forms = new WeakMap<object, Pick<Call, 'action' | 'role'>>();
  const start = (request: object, call: Pick<Call, 'to'> & Partial<Call>): void =>
    void begun.set(request, { call: { ...call, ...forms.get(request), atMs: Math.round(clock.mono()) }, since: clock.mono() });
  const finish = (request: unknown, status: number | undefined): void => {
    const found = begun.get(request);
    if (!found || status === undefined) return;
    begun.set(request, { ...found, call: { ...found.call, status, tookMs: Math.round(clock.mono() - found.since) } });
  };
  const listeners: readonly (readonly [channel: string, heard: (message: unknown) => void])[] = [
    [
      bodies,
      message => {
        const { request, body } = message as Sent;
        forms.set(request, aboutForm(body));
      },
    ],
    [
      'undici:request:create',
      message => {
        const { request } = message as { request: { origin: unknown; path: string; headers: unknown } };
        start(request, { to: `${String(request.origin)}${pathOf(request.path)}`, ...aboutHeaders(String(request.headers)) });
      },
    ],
    [
      'undici:request:headers',
      message => {
        const { request, response } = message as { request: unknown; response: { statusCode: number } };
        finish(request, response.statusCode);
      },
    ],
    [
      'http.client.request.start',
      message => {
        const { request } = message as {
          request: {
            protocol: string;
            host: string;
            path: string;
            getHeaders(): Record<string, unknown>;
            getHeader(name: string): string | undefined;
          };
        };
        const lines = Object.entries(request.getHeaders()).map(([name, value]) => `${name}: ${String(value)}`);
        start(request, {
          to: `${request.protocol}//${request.getHeader('host') ?? request.host}${pathOf(request.path)}`,
          ...aboutHeaders(lines.join('\r\n')),
        });
      },
    ],
    [
      'http.client.response.finish',
      message => {
        const { request, response } = message as { request: unknown; response: { statusCode?: number } };
        finish(request, response.statusCode);
      },
    ],
  ];
  for (const [channel, heard] of listeners) subscribe(channel, heard);
  return {
    seen: () => [...begun.values()].map(({ call }) => call),
    end: () => listeners.forEach(([channel, heard]) => void unsubscribe(channel, heard)),
  };
}

/** The path without its query, which may hold private data. */
const pathOf = (path: string): string => path.replace(/\?.*$/s, '?...');

function aboutHeaders(lines: string): Pick<Call, 'action' | 'signedAs'> {
  const action = /x-amz-target[:,] *([\w.]+)/i.exec(lines)?.[1];
  const signedAs = /Credential=([\w/-]+)/.exec(lines)?.[1];
  return { ...(action && { action }), ...(signedAs && { signedAs }) };
}

/** An action of STS is in a form. The other fields of the form may hold a token. */
function aboutForm(body: string): Pick<Call, 'action' | 'role'> {
  const form = new URLSearchParams(body);
  const [action, role] = [form.get('Action'), form.get('RoleArn')];
  return action && /^\w+$/.test(action) ? { action, ...(role && { role }) } : {};
}
