import type { IncomingHttpHeaders } from 'node:http';
import { StringDecoder } from 'node:string_decoder';
import { Failure } from '../contract/failures.ts';
import type { Answer, HttpRequest } from '../contract/http.ts';
import { shapeOf } from '../contract/text.ts';
import { type Budget, budgetInForce } from './budget.ts';
import { type ElementReader, elementReader } from './elements.ts';
import { broken, type Call } from './meaning.ts';
import { toAnswer, tooLarge } from './message.ts';
import type { Taker } from './transfer.ts';

/**
 * The block size for decoding, in bytes. A response may arrive byte by byte; chunks are joined to blocks first, because
 * decoding each chunk separately is costly.
 */
const blockSize = 16 * 1024;

/** Settles the promise of the answer. */
interface Settle {
  resolve(answer: Answer): void;
  reject(error: Error): void;
}

/** Buffers a response in memory. The elements of a list with status 200 are passed to `each`, if that is given. */
export class Collector implements Taker {
  readonly #call: Call;
  readonly #signal: AbortSignal;
  readonly #each: HttpRequest['each'];
  readonly #maxBytes: number;
  readonly #settle: Settle;
  readonly #budget: Budget | undefined = budgetInForce();
  #status = 0;
  #headers: IncomingHttpHeaders = {};
  #size = 0;
  /** Chunks that are not decoded yet, and their total size. */
  #block: Buffer[] = [];
  #blockBytes = 0;
  /**
   * Decodes a response that is longer than one block as it arrives, so that a long list is not held in memory as bytes
   * as well.
   */
  #decoder: StringDecoder | undefined;
  #list: ElementReader | undefined;
  #text = '';

  constructor(call: Call, { signal, each }: HttpRequest, maxBytes: number, settle: Settle) {
    this.#call = call;
    this.#signal = signal;
    this.#each = each;
    this.#maxBytes = maxBytes;
    this.#settle = settle;
  }

  head(_: unknown, status: number, headers: IncomingHttpHeaders): void {
    this.#status = status;
    this.#headers = headers;
    if (this.#each && status === 200) this.#list = elementReader(this.#each);
  }

  data(_: unknown, chunk: Buffer): void {
    this.#size += chunk.length;
    if (this.#size > this.#maxBytes) throw tooLarge(this.#maxBytes, this.#call.asked);
    this.#budget?.spend(chunk, this.#call.asked);
    this.#block.push(chunk);
    this.#blockBytes += chunk.length;
    if (this.#blockBytes < blockSize) return;
    this.#decoder ??= new StringDecoder('utf8');
    this.#take(this.#decoder.write(joined(this.#block)));
    this.#block = [];
    this.#blockBytes = 0;
  }

  end(): void {
    const rest = joined(this.#block);
    this.#take(this.#decoder ? this.#decoder.write(rest) + this.#decoder.end() : rest.toString());
    const answer = toAnswer(this.#call, this.#status, this.#headers, this.#list?.rest() ?? this.#text);
    // Otherwise the caller of `each` would mistake a login page for an empty list.
    const list = this.#each && this.#status === 200 ? answer.json<unknown>() : [];
    if (!Array.isArray(list)) throw new Failure('UNEXPECTED', `${this.#call.asked}: the answer is not a list, but ${shapeOf(list)}.`);
    this.#settle.resolve(answer);
  }

  fail(error: unknown): void {
    this.#settle.reject(broken(error, this.#call, this.#signal));
  }

  #take(piece: string): void {
    if (this.#list?.take(piece)) return;
    this.#list = undefined;
    this.#text += piece;
  }
}

const joined = (block: readonly Buffer[]): Buffer => (block.length === 1 && block[0]) || Buffer.concat(block);
