import type { Message } from '../message.ts';

/** A request that delivers a message. The URL may hold a login, which `send` turns into a header. */
export interface Outgoing {
  readonly method: 'GET' | 'POST';
  readonly url: URL;
  /** Names are in lower case. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  readonly body?: unknown;
}
/** Formats a message for one kind of receiver. */
export type Form = (message: Message, address: URL) => Outgoing;

/** Marks that can be told apart at a glance. */
export const marks: Readonly<Record<Message['event'], string>> = { threat: '\u{1F534}', over: '\u{1F7E2}', test: '\u{1F535}' };

/** Escapes Markdown, so that names and quotations are shown verbatim. */
export const withoutMarkdown = (text: string): string => text.replaceAll(/[\\`*_~[\]|<]/g, letter => `\\${letter}`);
