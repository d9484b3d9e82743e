import { bodyOf } from '../message.ts';
import type { Form } from './form.ts';

/**
 * In bytes. A message of 4,096 and more becomes a file, which many servers refuse; a JSON text of more than 8,192 is
 * refused (recorded on ntfy 2.13: 40014 and 41303).
 */
const longest = { message: 4000, json: 8000 };

/** Urgent on a phone, and the name of the sign before the title (docs.ntfy.sh/publish). */
const looks = {
  threat: { priority: 4, tags: ['rotating_light'] },
  over: { priority: 3, tags: ['white_check_mark'] },
  test: { priority: 3, tags: ['bell'] },
};

/** JSON to the root of the server, which names the topic (docs.ntfy.sh/publish, "Publish as JSON"). */
export const ntfy: Form = (message, address) => {
  const [, root = '/', topic = ''] = /^(.*\/)([^/]+)\/?$/.exec(address.pathname) ?? [];
  const url = new URL(address);
  url.pathname = root;
  const { title, link } = message;
  const write = (text: string): object => ({
    topic,
    title,
    // An empty one would be replaced by the word triggered.
    message: text || title,
    ...looks[message.event],
    ...(link !== null && { click: link }),
  });
  const fits = (text: string): boolean =>
    Buffer.byteLength(text) <= longest.message && Buffer.byteLength(JSON.stringify(write(text))) <= longest.json;
  return { method: 'POST', url, body: write(bodyOf(message, fits)) };
};
