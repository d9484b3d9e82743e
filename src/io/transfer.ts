import type { IncomingHttpHeaders } from 'node:http';
import { Readable } from 'node:stream';
import { budgetInForce } from './budget.ts';
import type { Call } from './meaning.ts';
import { noteAnswer } from './tls.ts';

/** The controls that undici gives its handlers for a request. */
interface Controller {
  abort(reason: Error): void;
  pause(): void;
  resume(): void;
}

/**
 * Consumes a response as it arrives. Exactly one of `end` and `fail` is called, once. An error that it throws ends the
 * request and is then reported to `fail`.
 */
export interface Taker {
  head(controller: Controller, status: number, headers: IncomingHttpHeaders): void;
  data(controller: Controller, chunk: Buffer): void;
  end(): void;
  fail(error: unknown): void;
}

interface Handler {
  onRequestStart(controller: Controller): void;
  onResponseStart(controller: Controller, status: number, headers: IncomingHttpHeaders): void;
  onResponseData(controller: Controller, chunk: Buffer): void;
  onResponseEnd(): void;
  onResponseError(controller: Controller, error: Error): void;
}

/**
 * One request in flight. A class like `Collector`: hundreds can be in flight, and closures for each would take more
 * memory than everything else that is kept of it.
 */
class Transfer implements Handler {
  readonly #call: Call;
  readonly #signal: AbortSignal;
  readonly #taker: Taker;
  #controller: Controller | undefined;

  constructor(call: Call, signal: AbortSignal, taker: Taker) {
    this.#call = call;
    this.#signal = signal;
    this.#taker = taker;
  }

  /** Handles the abort of the signal. */
  handleEvent(): void {
    this.#taker.fail(this.#signal.reason);
    this.#controller?.abort(this.#signal.reason as Error);
  }
  /** An open connection has taken the request; from here on a write may land. */
  onRequestStart(controller: Controller): void {
    this.#controller = controller;
    if (this.#signal.aborted) controller.abort(this.#signal.reason as Error);
    else this.#call.sent = true;
  }
  onResponseStart(controller: Controller, status: number, headers: IncomingHttpHeaders): void {
    if (status < 200) return;
    noteAnswer(this.#call.route.origin);
    this.#taker.head(controller, status, headers);
  }
  onResponseData(controller: Controller, chunk: Buffer): void {
    this.#taker.data(controller, chunk);
  }
  onResponseEnd(): void {
    this.#signal.removeEventListener('abort', this);
    try {
      this.#taker.end();
    } catch (error) {
      this.#taker.fail(error);
    }
  }
  onResponseError(_: Controller, error: Error): void {
    this.#signal.removeEventListener('abort', this);
    this.#taker.fail(error);
  }
}

/**
 * Sends one request with undici's `dispatch`: `request` and `fetch` create a stream for each response, which costs a
 * third more. The request body is not retained until the response.
 * Fails as soon as the signal is aborted, even while it waits for a connection, and then never sends.
 */
export function transfer<R>(
  dispatcher: { dispatch(request: R, handler: Handler): unknown },
  request: R,
  call: Call,
  signal: AbortSignal,
  taker: Taker,
): void {
  if (signal.aborted) return taker.fail(signal.reason);
  const handler = new Transfer(call, signal, taker);
  signal.addEventListener('abort', handler);
  dispatcher.dispatch(request, handler);
}

/** Passes a response on at the pace of its reader. */
export function streamer({ asked }: Call) {
  const budget = budgetInForce();
  const head = Promise.withResolvers<{ status: number; headers: IncomingHttpHeaders }>();
  let controller: Controller | undefined;
  const body = new Readable({ read: () => controller?.resume() });
  // The reader receives the error. Without a reader it does not matter.
  body.on('error', () => undefined);
  return {
    head: head.promise,
    body,
    taker: {
      head(started, status, headers) {
        controller = started;
        head.resolve({ status, headers });
      },
      data(_, chunk) {
        budget?.spend(chunk, asked);
        if (!body.push(chunk)) controller?.pause();
      },
      end: () => void body.push(null),
      fail(error) {
        head.reject(error);
        body.destroy(error as Error);
      },
    } satisfies Taker,
  };
}
