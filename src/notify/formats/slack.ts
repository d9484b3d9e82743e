import { bodyOf } from '../message.ts';
import { type Form, marks } from './form.ts';

/** Slack recommends at most this many characters in `text`, and cuts at 40,000 (docs.slack.dev, chat.postMessage). */
const longest = 4000;

/**
 * Escapes the three characters of Slack's control sequences, such as <!channel>
 * (docs.slack.dev/messaging/formatting-message-text).
 */
const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

/** Text in Slack's markup, which Mattermost and Rocket.Chat also accept (docs.slack.dev, incoming webhooks). */
export const slack: Form = (message, url) => {
  const title = `${marks[message.event]} *${escaped(message.title).replaceAll('*', ' ')}*`;
  const link = message.link === null ? '' : `\n<${message.link}|status page>`;
  const text = bodyOf(message, body => title.length + escaped(body).length + link.length + 1 <= longest);
  return { method: 'POST', url, body: { text: `${title}${text && `\n${escaped(text)}`}${link}` } };
};
