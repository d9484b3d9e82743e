import { userAgent } from '../../version.ts';
import { bodyOf } from '../message.ts';
import type { Form } from './form.ts';

/**
 * JSON for programs. This is an API, documented in docs/notify.md: members may be added without a new `schema` number.
 * About 60 kB at most.
 */
export const webhook: Form = (message, url) => {
  const { event, subject, target, title, sections, link, at } = message;
  const text = bodyOf(message, () => true);
  const told = sections.map(({ topic, sentence, details, more, remedy, help }) => ({ topic, sentence, details, more, remedy, help }));
  return { method: 'POST', url, body: { schema: 1, event, subject, target, title, text, threats: told, link, at, from: userAgent } };
};
