import type { Clock } from '../contract/clock.ts';
import { Failure } from '../contract/failures.ts';
import type { Answer } from '../contract/http.ts';
import { isHtml } from '../contract/text.ts';
import { openHttp } from '../io/http.ts';
import type { Outgoing } from './formats/form.ts';

/** What a request needs of the world. */
export interface Way {
  readonly clock: Clock;
  /** Proxies are taken from here. */
  readonly env: NodeJS.ProcessEnv;
  /** Certificates to trust beside the usual authorities, and where that file was named. */
  readonly caFile: string | undefined;
  readonly caFileNamed: string;
}

const patienceMs = 15_000;
/** No receiver has more to say. */
const maxBytes = 256 * 1024;

/**
 * Sends one request, with the proxies and the trust of all others, and without redirects. Throws a Failure unless it
 * was taken: any 2xx, and no page of something in between.
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
  // Its slash at the end is a part of the address.
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

/** The words of the receiver, and what a person can do about them. */
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

/** The job's signal is aborted after so many milliseconds. */
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
