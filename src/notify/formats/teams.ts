import { bodyOf } from '../message.ts';
import { type Form, marks, withoutMarkdown } from './form.ts';

/** In bytes. Teams limits a message to 28 KB (learn.microsoft.com/connectors/teams), of which not all is ours. */
const longest = 16_000;
const colors = { threat: 'Attention', over: 'Good', test: 'Accent' };

const block = (text: string, more: object = {}): object => ({ type: 'TextBlock', text, wrap: true, ...more });

/**
 * An Adaptive Card in a message, as expected by a workflow with the trigger "When a Teams webhook request is received"
 * (learn.microsoft.com/connectors/teams, and msteams-docs "Create and send messages"). Such workflows reject cards of
 * the retired connectors (MessageCard).
 */
export const teams: Form = (message, url) => {
  const text = bodyOf(message, body => Buffer.byteLength(JSON.stringify(withoutMarkdown(body))) <= longest);
  const title = `${marks[message.event]} ${withoutMarkdown(message.title)}`;
  const lines = text === '' ? [] : text.split('\n').map(line => block(withoutMarkdown(line), { spacing: 'Small' }));
  const content = {
    $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
    type: 'AdaptiveCard',
    version: '1.4',
    msteams: { width: 'Full' },
    body: [block(title, { weight: 'Bolder', size: 'Medium', color: colors[message.event] }), ...lines],
    ...(message.link !== null && { actions: [{ type: 'Action.OpenUrl', title: 'Status page', url: message.link }] }),
  };
  const card = { contentType: 'application/vnd.microsoft.card.adaptive', contentUrl: null, content };
  return { method: 'POST', url, body: { type: 'message', attachments: [card] } };
};
