import { shortened } from '../../contract/text.ts';
import { bodyOf } from '../message.ts';
import { type Form, withoutMarkdown } from './form.ts';

/** Of an embed, in characters; title and description are below 6,000 together (discord.com/developers, Message). */
const longest = { title: 256, description: 4096 };
/** An escape in an address would be a part of it: Discord takes all up to a blank for the link. */
const escaped = (text: string): string =>
  text
    .split(/(https?:\/\/[^\s<`*|~]+)/)
    .map((part, at) => (at % 2 === 1 ? part : withoutMarkdown(part)))
    .join('');

const colors = { threat: 0xd93025, over: 0x1e8e3e, test: 0x1a73e8 };

/**
 * One embed. Only with `wait` does Discord tell of a message that it does not keep. Nobody is mentioned
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
