import { goQuote } from '../go-quote.ts';

/** The response of a cluster or of a proxy in front of it. Without `type` and `text` the body is empty. */
export interface ApiAnswer {
  readonly status: number;
  readonly type?: string;
  readonly text?: string;
}

/** An error of client-go. `status` is 0 without a response. */
export class ClusterError extends Error {
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** The number of bytes of a text that are quoted. */
const quotedBytes = 2048;

/**
 * Builds client-go's error for a failed response: the message of a Status, or else its own sentence, which quotes
 * texts.
 */
export function errorOf(answer: ApiAnswer, method: string, path: string): ClusterError {
  const { status, type = '', text = '' } = answer;
  const told = statusIn(type, text);
  if (told !== undefined) return new ClusterError(told.code ?? status, told.message ?? '');
  const isText = type === '' || /^text\//i.test(type);
  const quoted = isText ? Buffer.from(text).subarray(0, quotedBytes).toString().trim() : 'unknown';
  const [resource = '', name = ''] = path.split('/').slice(5);
  const request = [method.toLowerCase(), resource, ...(name ? [name] : [])].join(' ');
  return new ClusterError(status, `${sentenceOf(status, quoted)} (${request})`);
}

interface Status {
  readonly kind?: unknown;
  readonly status?: unknown;
  readonly message?: string;
  readonly code?: number;
}

/**
 * Returns the Status in a JSON body. It needs no version, but its kind, and members of the right types (client-go
 * 0.35.3, rest/request.go; seen with 0.36.3).
 */
function statusIn(type: string, text: string): Status | undefined {
  if (!/^application\/json\b/i.test(type)) return undefined;
  try {
    const value = JSON.parse(text) as Status | null;
    const { message = '', code = 0 } = value ?? {};
    const isStatus = value?.kind === 'Status' && value.status === 'Failure';
    return isStatus && typeof message === 'string' && Number.isInteger(code) ? value : undefined;
  } catch {
    return undefined;
  }
}

function sentenceOf(status: number, quoted: string): string {
  const known: Readonly<Record<number, string>> = {
    400: 'the server rejected our request for an unknown reason',
    401: 'the server has asked for the client to provide credentials',
    403: quoted,
    404: 'the server could not find the requested resource',
    405: 'the server does not allow this method on the requested resource',
    406: ['', 'unknown'].includes(quoted) ? 'the server was unable to respond with a content type that the client supports' : quoted,
    409: 'the server reported a conflict',
    415: quoted,
    422: 'the server rejected our request due to an error in our request',
    429: 'the server has received too many requests and has asked us to try again later',
    503: 'the server is currently unable to handle the request',
    504: 'the server was unable to return a response in the time allotted, but may still be processing the request',
  };
  if (known[status] !== undefined) return known[status];
  if (status >= 500) return `an error on the server (${goQuote(quoted)}) has prevented the request from succeeding`;
  return `the server responded with the status code ${status} but did not return more information`;
}
