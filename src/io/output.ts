import { fstatSync, writeFileSync } from 'node:fs';
import type { Sink } from './log.ts';

export interface Output extends Sink {
  /**
   * Waits until the reader has taken everything, or the signal is aborted. Resolves to the error when something was not
   * taken; undefined when everything was, or when that is not known yet.
   */
  settled(signal: AbortSignal): Promise<NodeJS.ErrnoException | undefined>;
}

/**
 * The output for a command's result. Never throws: without a reader (`ecr-courier status | head`) the work continues.
 * A closed stdout is indistinguishable from a discarded one, because Node opens /dev/null in its place.
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
    // Node's stream writes to a file once and ignores a short write: on a full disk the rest would be lost without an
    // error.
    write: fstatSync(stream.fd).isFile() ? write : text => stream.write(text),
    async settled(signal) {
      const { promise: aborted, resolve } = Promise.withResolvers<void>();
      signal.addEventListener('abort', () => resolve(), { once: true });
      if (!signal.aborted) await Promise.race([written(), aborted]);
      return refused;
    },
  };
}

/** Whether the reader is gone: it ended, or has read enough. */
export const isUnread = ({ code }: NodeJS.ErrnoException): boolean => code === 'EPIPE';

/** The message for a result that could not be written. */
export const notWritten = (error: Error): string =>
  `The result could not be written in full: ${error.message}. Make room where stdout goes, or redirect it elsewhere; then run it again.`;
