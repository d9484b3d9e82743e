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
  let controller: Controller | undefined;
  const abort = () => {
    taker.fail(signal.reason);
    controller?.abort(signal.reason as Error);
  };
  signal.addEventListener('abort', abort);
  dispatcher.dispatch(request, {
    // It is handed to an open connection: from here on a write may land.
    onRequestStart(started) {
      controller = started;
      if (signal.aborted) started.abort(signal.reason as Error);
      else call.sent = true;
    },
    onResponseStart: taker.head,
    onResponseData: taker.data,
    onResponseEnd() {
      signal.removeEventListener('abort', abort);
      try {
        taker.end();
      } catch (error) {
        taker.fail(error);
      }
    },
    onResponseError(_, error) {
      signal.removeEventListener('abort', abort);
      taker.fail(error);
    },
  });
}

/**
 * In bytes. An answer may come byte by byte; pieces are put together to blocks of this before they become text, as each
 * piece costs.
 */
const blockSize = 16 * 1024;

/** What there is of an answer so far. */
interface Collected {
  status: number;
  headers: IncomingHttpHeaders;
  size: number;
  /** Pieces that are no text yet, and how many bytes they have. */
  block: Buffer[];
  blockBytes: number;
  /**
   * Of an answer that is longer than a block, which is decoded as it comes: the bytes of a long list need not lie here
   * as a whole besides.
   */
  decoder?: StringDecoder;
  list?: ElementReader | undefined;
  text: string;
}

/** Keeps an answer in memory; of a list with status 200 the elements go to `each`, if there is one. */
export function collector(
  { maxBytes, asked, each }: { readonly maxBytes: number; readonly asked: string; readonly each: HttpRequest['each'] },
  ended: (status: number, headers: IncomingHttpHeaders, text: string) => void,
  fail: (error: unknown) => void,
): Taker {
  const budget = budgetInForce();
  const collected: Collected = { status: 0, headers: {}, size: 0, block: [], blockBytes: 0, text: '' };
  return {
    head(_, status, headers) {
      if (status < 200) return;
      collected.status = status;
      collected.headers = headers;
      if (each && status === 200) collected.list = elementReader(each);
    },
    data(_, chunk) {
      collected.size += chunk.length;
      if (collected.size > maxBytes) throw tooLarge(maxBytes, asked);
      budget?.spend(chunk, asked);
      collected.block.push(chunk);
      collected.blockBytes += chunk.length;
      if (collected.blockBytes >= blockSize) decode(collected);
    },
    end() {
      const rest = joined(collected.block);
      take(collected, collected.decoder ? collected.decoder.write(rest) + collected.decoder.end() : rest.toString());
      ended(collected.status, collected.headers, collected.list?.rest() ?? collected.text);
    },
    fail,
  };
}

const joined = (block: readonly Buffer[]): Buffer => (block.length === 1 && block[0]) || Buffer.concat(block);

function decode(collected: Collected): void {
  collected.decoder ??= new StringDecoder('utf8');
  take(collected, collected.decoder.write(joined(collected.block)));
  collected.block = [];
  collected.blockBytes = 0;
}

function take(collected: Collected, piece: string): void {
  if (collected.list?.take(piece)) return;
  collected.list = undefined;
  collected.text += piece;
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
        if (status < 200) return;
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
