import { bodyOf } from '../message.ts';
import type { Form } from './form.ts';

/**
 * In bytes. A message of 4,096 or more becomes an attachment, which many servers reject; a JSON body of more than 8,192
 * is rejected (recorded on ntfy 2.13: 40014 and 41303).
 */
const longest = { message: 4000, json: 8000 };

/** The urgency on a phone, and the name of the icon in front of the title (docs.ntfy.sh/publish). */
const looks = {
  threat: { priority: 4, tags: ['rotating_light'] },
  over: { priority: 3, tags: ['white_check_mark'] },
  test: { priority: 3, tags: ['bell'] },
};

/** Posts JSON that names the topic to the root of the server (docs.ntfy.sh/publish, "Publish as JSON"). */
export const ntfy: Form = (message, address) => {
  const [, root = '/', topic = ''] = /^(.*\/)([^/]+)\/?$/.exec(address.pathname) ?? [];
  const url = new URL(address);
  url.pathname = root;
  const { title, link } = message;
  const write = (text: string): object => ({
    topic,
    title,
    // ntfy replaces an empty message by the word "triggered".
    message: text || title,
    ...looks[message.event],
    ...(link !== null && { click: link }),
  });
  const fits = (text: string): boolean =>
    Buffer.byteLength(text) <= longest.message && Buffer.byteLength(JSON.stringify(write(text))) <= longest.json;
  return { method: 'POST', url, body: write(bodyOf(message, fits)) };
};
