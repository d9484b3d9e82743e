import type { IncomingHttpHeaders } from 'node:http';
import { Readable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';
import type { HttpRequest } from '../contract/adapter.ts';
import { budgetInForce } from './budget.ts';
import { type ElementReader, elementReader } from './elements.ts';
import type { Call } from './meaning.ts';
import { tooLarge } from './message.ts';

/** What undici lets its handlers do with a request. */
interface Controller {
  abort(reason: Error): void;
  pause(): void;
  resume(): void;
}

/** Takes an answer as it comes. What `data` throws ends the request, which then fails with it. */
export interface Taker {
  head(status: number, headers: IncomingHttpHeaders, controller: Controller): void;
  data(chunk: Buffer): void;
}

interface Handler {
  onRequestStart(controller: Controller): void;
  onResponseStart(controller: Controller, status: number, headers: IncomingHttpHeaders): void;
  onResponseData(controller: Controller, chunk: Buffer): void;
  onResponseEnd(): void;
  onResponseError(controller: Controller, error: Error): void;
}

/**
 * Sends one request by undici's `dispatch`, and resolves after the last byte of its answer: `request` and `fetch` make a stream of every answer, which costs a third more.
 * Ends at the signal at once, even while it waits for a connection, and then never sends. What was sent is not kept until the answer: so it is no async function.
 */
export function transfer<R>(
  dispatcher: { dispatch(request: R, handler: Handler): unknown },
  request: R,
  call: Call,
  signal: AbortSignal,
  taker: Taker,
): Promise<void> {
  if (signal.aborted) return Promise.reject(signal.reason as Error);
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  let controller: Controller | undefined;
  const abort = () => {
    const reason = signal.reason as Error;
    reject(reason);
    controller?.abort(reason);
  };
  const ended = () => signal.removeEventListener('abort', abort);
  signal.addEventListener('abort', abort);
  dispatcher.dispatch(request, {
    // It is handed to an open connection: from here on a write may land.
    onRequestStart(started) {
      controller = started;
      if (signal.aborted) started.abort(signal.reason as Error);
      else call.sent = true;
    },
    onResponseStart(started, status, headers) {
      if (status >= 200) taker.head(status, headers, started);
    },
    onResponseData(_, chunk) {
      taker.data(chunk);
    },
    onResponseEnd() {
      ended();
      resolve();
    },
    onResponseError(_, error) {
      ended();
      reject(error);
    },
  });
  return promise;
}

/** In bytes. An answer may come byte by byte; pieces are put together to blocks of this before they become text, as each piece costs. */
const blockSize = 16 * 1024;

/** Keeps an answer in memory; of a list with status 200 the elements go to `each`, if there is one. */
export function collector(
  maxBytes: number,
  call: Call,
  each: HttpRequest['each'],
): Taker & { answer(): [status: number, headers: IncomingHttpHeaders, text: string] } {
  /** Of an answer that is longer than a block, which is decoded as it comes: the bytes of a long list need not lie here as a whole besides. */
  let decoder: StringDecoder | undefined;
  let block: Buffer[] = [];
  let blockBytes = 0;
  let text = '';
  let size = 0;
  let status = 0;
  let headers: IncomingHttpHeaders = {};
  let list: ElementReader | undefined;
  const budget = budgetInForce();

  function take(piece: string): void {
    if (list?.take(piece)) return;
    list = undefined;
    text += piece;
  }
  const joined = (): Buffer => (block.length === 1 && block[0]) || Buffer.concat(block);
  function decode(): void {
    decoder ??= new StringDecoder('utf8');
    take(decoder.write(joined()));
    block = [];
    blockBytes = 0;
  }
  return {
    head(...head) {
      [status, headers] = head;
      if (each && status === 200) list = elementReader(each);
    },
    data(chunk) {
      size += chunk.length;
      if (size > maxBytes) throw tooLarge(maxBytes, call.asked);
      budget?.spend(chunk, call.asked);
      block.push(chunk);
      blockBytes += chunk.length;
      if (blockBytes >= blockSize) decode();
    },
    answer() {
      take(decoder ? decoder.write(joined()) + decoder.end() : joined().toString());
      return [status, headers, list?.rest() ?? text];
    },
  };
}

/** Hands an answer on at the reader's pace. `end` and `fail`: for what transfer() came to. */
export function streamer(call: Call) {
  const budget = budgetInForce();
  const head = Promise.withResolvers<{ status: number; headers: IncomingHttpHeaders }>();
  let controller: Controller | undefined;
  const body = new Readable({ read: () => controller?.resume() });
  // Its reader hears of it; without one nobody needs to.
  body.on('error', () => undefined);
  return {
    head: head.promise,
    body,
    end: () => void body.push(null),
    fail(error: Error) {
      head.reject(error);
      body.destroy(error);
    },
    taker: {
      head(status, headers, started) {
        controller = started;
        head.resolve({ status, headers });
      },
      data(chunk) {
        budget?.spend(chunk, call.asked);
        if (!body.push(chunk)) controller?.pause();
      },
    } satisfies Taker,
  };
}
