import { fstatSync, writeFileSync } from 'node:fs';
import type { Sink } from './log.ts';

export interface Output extends Sink {
  /**
   * When its reader has everything, or the signal is aborted: why something was not taken. undefined when all was, and
   * when nobody knows yet.
   */
  settled(signal: AbortSignal): Promise<NodeJS.ErrnoException | undefined>;
}

/**
 * What a command writes its result to. Never throws. Without a reader (`ecr-courier status | head`) what is being done
 * goes on.
 * A stdout that is closed cannot be told from one that nobody wants: Node opens /dev/null in its place.
 */
export function openOutput(stream: NodeJS.WriteStream & { readonly fd: number }): Output {
  let refused: NodeJS.ErrnoException | undefined;
  const refuse = (error: NodeJS.ErrnoException): void => void (refused ??= error);
  stream.on('error', refuse);
  const written = (): Promise<void> =>
    new Promise(resolve => {
      stream.write('', error => {
        if (error) refuse(error);
        resolve();
      });
    });

  function write(text: string): void {
    try {
      writeFileSync(stream.fd, text);
    } catch (error) {
      refuse(error as NodeJS.ErrnoException);
    }
  }

  return {
    isTTY: stream.isTTY,
    get writableLength() {
      return stream.writableLength;
    },
    on: (event, listener) => stream.on(event, listener),
    // Node's own stream writes to a file once and does not look how much of it was taken: on a full disk the rest is
    // lost without an error.
    write: fstatSync(stream.fd).isFile() ? write : text => stream.write(text),
    async settled(signal) {
      const { promise: aborted, resolve } = Promise.withResolvers<void>();
      signal.addEventListener('abort', () => resolve(), { once: true });
      if (!signal.aborted) await Promise.race([written(), aborted]);
      return refused;
    },
  };
}

/** Nobody reads any more: whoever asked has gone, or has read enough. */
export const isUnread = ({ code }: NodeJS.ErrnoException): boolean => code === 'EPIPE';

/** For people. */
export const notWritten = (error: Error): string =>
  `What it has to say could not be written, or not all of it: ${error.message}. Make room where its stdout goes, or send it elsewhere; then run it again.`;
