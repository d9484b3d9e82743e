import type { Clock } from '../contract/clock.ts';
import { Failure } from '../contract/failures.ts';
import type { Answer } from '../contract/http.ts';
import { isHtml } from '../contract/text.ts';
import { openHttp } from '../io/http.ts';
import type { Outgoing } from './formats/form.ts';

/** The dependencies of a request. */
export interface Way {
  readonly clock: Clock;
  /** The environment that names the proxies. */
  readonly env: NodeJS.ProcessEnv;
  /** A file with additional certificates to trust, and the option that names it. */
  readonly caFile: string | undefined;
  readonly caFileNamed: string;
}

const patienceMs = 15_000;
/** The maximum size of a response, in bytes. No receiver sends more. */
const maxBytes = 256 * 1024;

/**
 * Sends one request, with the same proxies and trust as all others, and without redirects. Throws a Failure unless it
 * was accepted: with any 2xx, and not with a page from something in between.
 */
export async function send(outgoing: Outgoing, way: Way, signal: AbortSignal): Promise<Answer> {
  const { url, method, headers = {}, body } = outgoing;
  const login = loginIn(url);
  await using http = openHttp({
    url: url.origin + url.pathname,
    query: url.search,
    headers: { ...headers, ...login },
    allowHttp: true,
    env: way.env,
    tls: { caFile: way.caFile },
    names: { caFile: way.caFileNamed },
    connections: 1,
    maxBytes,
  });
  // A trailing slash is part of the address.
  const end = url.pathname.endsWith('/') ? '/' : '';
  const answer = await within(patienceMs, way.clock, signal, cut =>
    http(method, end, { signal: cut, ...(body !== undefined && { body }) }),
  );
  if (answer.status >= 200 && answer.status < 300 && !isHtml(answer)) return answer;
  throw refusal(answer, http.failure(answer));
}

function loginIn({ username, password }: URL): Readonly<Record<string, string>> {
  if (!username && !password) return {};
  const text = [username, password].map(decodeURIComponent).join(':');
  return { authorization: `Basic ${Buffer.from(text).toString('base64')}` };
}

/** The receiver's own words, with a remedy. */
function refusal({ status }: Answer, { code, message, facts }: Failure): Failure {
  if ([401, 403, 404, 410].includes(status))
    return new Failure('MISCONFIGURED', message, {
      ...facts,
      remedy: 'Make the address anew over there, and put it into the configuration.',
    });
  if (status === 400 || status === 413 || status === 422)
    return new Failure(code, message, {
      ...facts,
      remedy: 'Check that `format` is what this address takes; if it is, please report this.',
    });
  return new Failure(code, message, facts);
}

/** Runs the job with a signal that is aborted after `ms`. */
async function within<T>(ms: number, clock: Clock, signal: AbortSignal, job: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const done = new AbortController();
  const late = new AbortController();
  const why = new Failure('TIMEOUT', `no answer within ${ms / 1000} s`, {
    remedy: 'Look whether the receiver runs, and at what lies between.',
  });
  void clock.sleep(ms, done.signal).then(() => late.abort(why));
  try {
    return await job(AbortSignal.any([signal, late.signal]));
  } finally {
    done.abort();
  }
}
