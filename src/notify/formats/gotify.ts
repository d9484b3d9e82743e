import { bodyOf } from '../message.ts';
import type { Form } from './form.ts';

/** In characters. Gotify has no limit, but shows the whole message on a phone. */
const longest = 8000;
/** From 8 on, the app makes a sound even in its quiet settings (gotify.net/docs/pushmsg and the Android app). */
const priorities = { threat: 8, over: 5, test: 5 };

/** Sends the token in a header, which proxies do not log (gotify.net/api-docs, POST /message). */
export const gotify: Form = (message, address) => {
  const url = new URL(address);
  const token = url.searchParams.get('token') ?? '';
  url.searchParams.delete('token');
  if (!/\/message\/?$/.test(url.pathname)) url.pathname = `${url.pathname.replace(/\/$/, '')}/message`;
  const { title, link } = message;
  const extras = {
    'client::display': { contentType: 'text/plain' },
    ...(link !== null && { 'client::notification': { click: { url: link } } }),
  };
  // Gotify rejects an empty message.
  const text = bodyOf(message, body => body.length <= longest) || title;
  return {
    method: 'POST',
    url,
    headers: { 'x-gotify-key': token },
    body: { title, message: text, priority: priorities[message.event], extras },
  };
};
