import { request as plain } from 'node:http';
import { request as secure } from 'node:https';
import { buffer } from 'node:stream/consumers';
import type { OptionSpecs } from '../../../src/contract/adapter.ts';
import { type FakeServer, type Reply, type Seen, startServer } from '../../fakes/server.ts';
import type { Stage } from './stage.ts';

/** Headers of one connection or hop, which a proxy does not pass on. */
const perConnection = new Set(['host', 'connection', 'keep-alive', 'transfer-encoding', 'content-length']);
const passedOn = (headers: object): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(headers).filter(([name, value]) => value !== undefined && !perConnection.has(name)));

/**
 * Puts a proxy in front of the stage that can inject all faults of a double. Returns undefined when no option holds an
 * address that the proxy could replace.
 */
export async function behindProxy<S extends OptionSpecs>(
  stage: Stage<S>,
  specs: S,
): Promise<{ readonly options: Stage<S>['options']; readonly proxy: FakeServer } | undefined> {
  const options: Readonly<Record<string, unknown>> = stage.options;
  const isAddress = (key: string): boolean => specs[key]?.format === 'url' || specs[key]?.format === 'address';
  const name = Object.keys(specs).find(key => isAddress(key) && URL.canParse(String(options[key])));
  if (name === undefined) return undefined;
  const server = new URL(String(options[name]));
  const isSocket = server.protocol === 'unix:';
  const rejectUnauthorized = !stage.tls?.insecureSkipVerify;
  const [origin, where] = isSocket ? ['http://localhost', { socketPath: decodeURIComponent(server.pathname) }] : [server.origin, {}];
  const proxy = await startServer((request, signal) => passOn(origin, request, { ...where, rejectUnauthorized, signal }));
  const prefix = isSocket || server.pathname === '/' ? '' : server.pathname;
  return { options: { ...stage.options, [name]: `${proxy.url}${prefix}` }, proxy };
}

function passOn(
  origin: string,
  { method, path, headers, body }: Seen,
  how: { socketPath?: string; rejectUnauthorized: boolean; signal: AbortSignal },
): Promise<Reply> {
  const send = origin.startsWith('https:') ? secure : plain;
  return new Promise((resolve, reject) => {
    const sent = send(`${origin}${path}`, { ...how, method, headers: passedOn(headers) });
    sent.once('error', reject).once('response', response => {
      buffer(response).then(text => resolve({ status: response.statusCode ?? 502, headers: passedOn(response.headers), text }), reject);
    });
    sent.end(body);
  });
}
