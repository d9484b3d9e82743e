import type { Message } from '../message.ts';

/** A request that brings a message. The address has no login in it. */
export interface Outgoing {
  readonly method: 'GET' | 'POST';
  readonly url: URL;
  /** Names in lower case. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  readonly body?: unknown;
}
/** How a receiver wants a message. */
export type Form = (message: Message, address: URL) => Outgoing;

/** For the eye of a person who sees many. */
export const marks: Readonly<Record<Message['event'], string>> = { threat: '\u{1F534}', over: '\u{1F7E2}', test: '\u{1F535}' };

/** Escapes of Markdown, so that names and quotations of others are shown as they are. */
export const withoutMarkdown = (text: string): string => text.replaceAll(/[\\`*_~[\]|<]/g, letter => `\\${letter}`);
