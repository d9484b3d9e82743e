import type { IncomingHttpHeaders } from 'node:http';
import { Readable } from 'node:stream';
import { budgetInForce } from './budget.ts';
import type { Call } from './meaning.ts';
import { noteAnswer } from './tls.ts';

/** What undici lets its handlers do with a request. */
interface Controller {
  abort(reason: Error): void;
  pause(): void;
  resume(): void;
}

/**
 * Takes an answer as it comes, and hears of its end: `end` or `fail`, once. What it throws ends the request, which then
 * fails with it.
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
 * One request on its way. A class, as `Collector` is: hundreds can be under way, and closures of each would take more
 * memory than all else that is kept of it.
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

  /** The signal is aborted. */
  handleEvent(): void {
    this.#taker.fail(this.#signal.reason);
    this.#controller?.abort(this.#signal.reason as Error);
  }
  /** It is handed to an open connection: from here on a write may land. */
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
 * Sends one request by undici's `dispatch`: `request` and `fetch` make a stream of every answer, which costs a third
 * more. What was sent is not kept until the answer.
 * Ends at the signal at once, even while it waits for a connection, and then never sends.
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

/** Hands an answer on at the reader's pace. */
export function streamer({ asked }: Call) {
  const budget = budgetInForce();
  const head = Promise.withResolvers<{ status: number; headers: IncomingHttpHeaders }>();
  let controller: Controller | undefined;
  const body = new Readable({ read: () => controller?.resume() });
  // Its reader hears of it; without one nobody needs to.
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
