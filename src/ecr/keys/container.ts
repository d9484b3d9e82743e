import { clock } from '../../contract/clock.ts';
import { Failure } from '../../contract/failures.ts';
import { Secret } from '../../contract/secret.ts';
import { quote } from '../../contract/text.ts';
import { readText } from '../../io/files.ts';
import { isLoopback } from '../../io/no-proxy.ts';
import { type OnceRequest, openOnce } from '../../io/once.ts';
import { containerUri, type Env } from '../aws/variables.ts';
import { openWire, type Reply, type Wire } from '../aws/wire.ts';
import { withoutKeys } from '../sources/masked.ts';
import type { Keys } from './place.ts';

export const tokenVariables = { file: 'AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE', plain: 'AWS_CONTAINER_AUTHORIZATION_TOKEN' } as const;

/** What to do about an endpoint that does not answer. */
export const seeWhy = (address: string): string =>
  `See why ${address} does not answer this process: the agent of ECS or EKS Pod Identity answers on nodes of its own cluster alone.`;

/** The largest file that is read, in bytes. */
const mostBytes = 64 * 1024;
/** The limit for a connection, in milliseconds: the agents are on the same machine. */
const connectMs = 2_000;
const mostAttempts = 3;
const pauseMs = 500;

/** The agents of ECS and EKS. Anything else that speaks plain HTTP must be on this machine (AWS SDK, `fromHttp`). */
const agents = ['169.254.170.2', '169.254.170.23', '[fd00:ec2::23]'];

/**
 * Fetches the keys that ECS and EKS Pod Identity offer to a container. No proxy is used: it would see the keys. Ends
 * with the signal, so that an agent that hangs once is asked again by the next fetch; the SDK would wait for it
 * forever. Throws a Failure for a certificate, otherwise an error in words for people.
 */
export async function containerKeys(env: Env, signal: AbortSignal): Promise<Keys> {
  const url = new URL(containerUri(env) ?? '', `http://${agents[0]}`);
  const { hostname } = url;
  if (url.protocol !== 'https:' && !agents.includes(hostname) && !isLoopback({ hostname, port: 0 }))
    throw new Error(`nothing was sent: plain http is for loopback, ${agents.slice(0, -1).join(', ')} and ${agents.at(-1)} alone`);
  const authorization = await containerToken(env);
  const wire = openWire(openOnce({ env: {}, connectMs }), clock, signal);
  if (authorization) wire.secrets.push(new Secret(authorization));
  const headers = { accept: 'application/json', ...(authorization && { authorization }) };
  return keysIn(await ask({ method: 'GET', url, headers }, wire));
}

/** Sends the request again where there was no answer, or one that may pass. */
async function ask(request: OnceRequest, wire: Wire): Promise<Reply> {
  for (let attempt = 1; ; attempt++) {
    const reply = await wire.send(request).catch((error: unknown) => {
      if (attempt === mostAttempts || error instanceof Failure || wire.signal.aborted) throw error;
      return undefined;
    });
    if (reply && (attempt === mostAttempts || !(reply.status >= 500 || reply.status === 429))) return reply;
    await clock.sleep(pauseMs, wire.signal);
  }
}

async function containerToken(env: Env): Promise<string | undefined> {
  const file = env[tokenVariables.file];
  if (!file) return env[tokenVariables.plain] || undefined;
  const text = await readText(file, mostBytes).catch((error: Error) => {
    throw new Error(`${tokenVariables.file}: ${error.message}`, { cause: error });
  });
  const token = text.replace(/\r?\n$/, '');
  if (!token || /[^\x20-\x7e]/.test(token)) throw new Error(`${tokenVariables.file}: ${file} holds no token of one line`);
  return token;
}

type Written = { readonly [K in 'AccessKeyId' | 'SecretAccessKey' | 'Token' | 'Expiration']?: unknown } | null;

function keysIn({ status, text }: Reply): Keys {
  if (status !== 200) {
    const said = /^\s*</.test(text) ? '' : withoutKeys(quote(text.trim()));
    throw new Error(`it answered ${status}${said && `: ${said}`}`);
  }
  const { AccessKeyId: id, SecretAccessKey: secret, Token: token, Expiration: end } = parsed(text) ?? {};
  const expiration = new Date(typeof end === 'string' ? end : Number.NaN);
  if (typeof id !== 'string' || typeof secret !== 'string' || typeof token !== 'string' || Number.isNaN(expiration.getTime()))
    throw new Error('its answer holds no keys (AccessKeyId, SecretAccessKey, Token, Expiration)');
  return { accessKeyId: id, secretAccessKey: secret, sessionToken: token, expiration };
}

function parsed(text: string): Written {
  try {
    return JSON.parse(text) as Written;
  } catch {
    // The words of the parser would quote the answer.
    throw new Error('its answer is not JSON');
  }
}
