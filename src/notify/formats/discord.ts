import { shortened } from '../../contract/text.ts';
import { bodyOf } from '../message.ts';
import { type Form, withoutMarkdown } from './form.ts';

/**
 * The limits of an embed, in characters. Title and description must be below 6,000 together (discord.com/developers,
 * Message).
 */
const longest = { title: 256, description: 4096 };
/** Escapes Markdown except in links: Discord takes everything up to a blank for the URL, including the escapes. */
const escaped = (text: string): string =>
  text
    .split(/(https?:\/\/[^\s<`*|~]+)/)
    .map((part, at) => (at % 2 === 1 ? part : withoutMarkdown(part)))
    .join('');

const colors = { threat: 0xd93025, over: 0x1e8e3e, test: 0x1a73e8 };

/**
 * One embed. Only with `wait` does Discord report that it did not store a message. Mentions are disabled
 * (discord.com/developers, Execute Webhook).
 */
export const discord: Form = (message, address) => {
  const url = new URL(address);
  url.searchParams.set('wait', 'true');
  const description = escaped(bodyOf(message, body => escaped(body).length <= longest.description));
  const title = shortened(escaped(message.title), longest.title - 3).toWellFormed();
  const embed = {
    title,
    ...(description && { description }),
    ...(message.link !== null && { url: message.link }),
    color: colors[message.event],
    timestamp: message.at,
  };
  return { method: 'POST', url, body: { embeds: [embed], allowed_mentions: { parse: [] } } };
};
