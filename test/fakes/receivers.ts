import type { ReceiverFormat } from '../../src/contract/receiver.ts';
import type { Reply } from './replies.ts';
import { type FakeServer, jsonOf, type Seen, type ServerOptions, startServer } from './server.ts';

/** A fake server that accepts messages of one format and refuses what the real one refuses. */
export interface FakeReceiver extends FakeServer {
  /** The address to configure. It contains the secrets. */
  readonly address: string;
  /** The accepted bodies. */
  readonly taken: Members[];
}
type Members = Readonly<Record<string, unknown>>;
type Door = (request: Seen, body: Members | undefined, take: (body: Members) => void) => Reply;

const mapOf = (value: unknown): Members => (typeof value === 'object' && value !== null ? (value as Members) : {});
const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
const lengthOf = (value: unknown): number => (typeof value === 'string' ? value.length : 0);

/** Incoming webhooks (docs.slack.dev): errors are plain words, and a text is cut at 40,000 characters. */
const slack: Door = (request, body, take) => {
  if (request.path !== '/services/T0000AAAA/B0000BBBB/k3yOfSl4ckk3yOfSl4ck') return { status: 404, text: 'no_service' };
  if (!body) return { status: 400, text: 'invalid_payload' };
  const text = body['text'];
  if (typeof text !== 'string' || text === '') return { status: 400, text: 'no_text' };
  take({ ...body, text: text.slice(0, 40_000), mentions: /<[!@#]/.test(text) });
  return { status: 200, text: 'ok' };
};

/** Execute Webhook, with the limits of an embed (discord.com/developers). */
const discord: Door = (request, body, take) => {
  const [path = '', query = ''] = request.path.split('?');
  const [, id, token] = /^\/api\/webhooks\/(\d+)\/([\w-]+)$/.exec(path) ?? [];
  if (id !== '314159265358979323') return { status: 404, json: { message: 'Unknown Webhook', code: 10015 } };
  if (token !== 'd1sc0rd-t0ken-d1sc0rd-t0ken') return { status: 401, json: { message: 'Invalid Webhook Token', code: 50027 } };
  const embeds = listOf(body?.['embeds']).map(mapOf);
  if (!body || (embeds.length === 0 && !body['content']))
    return { status: 400, json: { message: 'Cannot send an empty message', code: 50006 } };
  const tooLong = embeds.some(
    ({ title, description }) => lengthOf(title) > 256 || lengthOf(description) > 4096 || lengthOf(title) + lengthOf(description) > 6000,
  );
  if (tooLong || embeds.length > 10 || lengthOf(body['content']) > 2000)
    return { status: 400, json: { message: 'Invalid Form Body', code: 50035, errors: {} } };
  take(body);
  return query.includes('wait=true') ? { status: 200, json: { id: '1', type: 0 } } : { status: 204 };
};

/** A workflow that accepts only Adaptive Cards, up to 28 KB (learn.microsoft.com/connectors/teams). */
const teams: Door = (request, body, take) => {
  if (!/^\/workflows\/\w+\/triggers\/manual\/paths\/invoke\?.*sig=s1gnature-0f-te4ms/.test(request.path))
    return { status: 401, json: { error: { code: 'DirectApiAuthorizationRequired', message: 'The request must be authenticated.' } } };
  if (request.body.length > 28 * 1024) return { status: 413, json: { error: { code: 'RequestEntityTooLarge', message: 'too large' } } };
  const cards = listOf(body?.['attachments']).map(mapOf);
  const isCard = ({ contentType, content }: Members): boolean =>
    contentType === 'application/vnd.microsoft.card.adaptive' && mapOf(content)['type'] === 'AdaptiveCard';
  if (!body || body['type'] !== 'message' || cards.length === 0 || !cards.every(isCard))
    return { status: 400, json: { error: { code: 'TriggerInputSchemaMismatch', message: 'The input body does not match its schema.' } } };
  take(body);
  return { status: 202 };
};

/** Recorded on ntfy 2.13, with its own configuration. */
const ntfy: Door = (request, body, take) => {
  const refused = (http: number, code: number, error: string): Reply => ({ status: http, json: { code, http, error } });
  if (request.path !== '/' || request.method !== 'POST') return refused(404, 40401, 'page not found');
  if (request.body.length > 8192) return refused(413, 41303, 'JSON body too large');
  const { topic, message } = body ?? {};
  if (!body) return refused(400, 40024, 'invalid request: request body must be valid JSON');
  if (typeof topic !== 'string' || !/^[-_A-Za-z0-9]{1,64}$/.test(topic)) return refused(400, 40009, 'invalid request: topic invalid');
  if (Buffer.byteLength(typeof message === 'string' ? message : '') >= 4096)
    return refused(400, 40014, 'invalid request: attachments not allowed');
  if (topic !== 'alarms-7f3a91') return refused(403, 40301, 'forbidden');
  take({ ...body, message: message || 'triggered' });
  return { status: 200, json: { id: '5E8DNX1xjsqr', event: 'message', topic, message } };
};

/** Recorded on Gotify 3.0. */
const gotify: Door = (request, body, take) => {
  const refused = (status: number, error: string, errorDescription: string): Reply => ({
    status,
    json: { error, errorCode: status, errorDescription },
  });
  const { pathname, searchParams } = new URL(request.path, 'http://gotify');
  if (pathname !== '/message') return refused(404, 'Not Found', 'page not found');
  if ((request.headers['x-gotify-key'] ?? searchParams.get('token')) !== 'AgOt1fyT0ken.A7')
    return refused(401, 'Unauthorized', 'you need to provide a valid access token or user credentials to access this api');
  // Gotify parses other content types as a form.
  if (!body?.['message'] || !/json/.test(request.headers['content-type'] ?? ''))
    return refused(400, 'Bad Request', "Field 'message' is required");
  take(body);
  return { status: 200, json: { id: 1, appid: 1, ...body } };
};

const webhook: Door = (request, body, take) => {
  if (request.path !== '/hooks/w3bh00k-w3bh00k?from=courier' || !body) return { status: 404, text: 'no such hook' };
  take(body);
  return { status: 200, text: 'thanks' };
};

const doors: Readonly<Record<ReceiverFormat, { readonly door: Door; readonly path: string }>> = {
  slack: { door: slack, path: '/services/T0000AAAA/B0000BBBB/k3yOfSl4ckk3yOfSl4ck' },
  discord: { door: discord, path: '/api/webhooks/314159265358979323/d1sc0rd-t0ken-d1sc0rd-t0ken' },
  teams: {
    door: teams,
    path: '/workflows/0a1b2c3d/triggers/manual/paths/invoke?api-version=1&sp=%2Ftriggers%2Fmanual%2Frun&sig=s1gnature-0f-te4ms',
  },
  ntfy: { door: ntfy, path: '/alarms-7f3a91' },
  gotify: { door: gotify, path: '/message?token=AgOt1fyT0ken.A7' },
  webhook: { door: webhook, path: '/hooks/w3bh00k-w3bh00k?from=courier' },
};

export async function startReceiver(format: ReceiverFormat, options: ServerOptions = {}): Promise<FakeReceiver> {
  const taken: Members[] = [];
  const { door, path } = doors[format];
  const server = await startServer(request => {
    const json = jsonOf(request);
    const body = typeof json === 'object' && json !== null ? (json as Members) : undefined;
    return door(request, body, one => taken.push(one));
  }, options);
  return Object.assign(server, { address: server.url + path, taken });
}

/**
 * Starts a fake of healthchecks.io and Uptime Kuma (docs/http_api; api-router.js). `heard` lists `up` and `down` in
 * order.
 */
export async function startHeartbeats(): Promise<FakeServer & { readonly heard: string[] }> {
  const heard: string[] = [];
  const server = await startServer(request => {
    const { pathname, searchParams } = new URL(request.path, 'http://beats');
    const ping = /^\/ping\/5bf66975-d4c7-4bf5-bcc8-b8d8a82ea278(\/fail)?$/.exec(pathname);
    if (ping) {
      heard.push(ping[1] === undefined ? 'up' : 'down');
      return { status: 200, text: 'OK' };
    }
    if (pathname.startsWith('/ping/')) return { status: 404, text: 'not found' };
    if (pathname === '/plain') {
      heard.push('up');
      return { status: 204 };
    }
    if (pathname !== '/api/push/kum4T0ken99') return { status: 404, json: { ok: false, msg: 'Monitor not found or not active.' } };
    heard.push(searchParams.get('status') ?? 'up');
    return { status: 200, json: { ok: true } };
  });
  return Object.assign(server, { heard });
}
