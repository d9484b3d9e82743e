import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseAddress } from '../src/contract/registry.ts';
import { Secret } from '../src/contract/secret.ts';

/** Stands for a text that may be a key in the wrong place. */
const hidden = '[not shown: it may be a secret]';
const kept = new Map<string, Secret>();

/** Whether a text looks generated: it has capitals, small letters and digits together, or the marks of base64. */
const looksMade = (text: string): boolean => /[+=]/.test(text) || [/[a-z]/, /[A-Z]/, /\d/].every(kind => kind.test(text));

/**
 * Whether a text is a path: it begins with / ./ or ../, names an existing file, or has folders and does not look
 * generated. Any other text may be a secret.
 */
export function isPath(text: string, directory = ''): boolean {
  if (/^\.{0,2}\//.test(text) || existsSync(resolve(directory, text))) return true;
  return text.includes('/') && !looksMade(text);
}

/**
 * Hides a text, and makes it a secret for `redact`, which hides it everywhere else. A text made of words is no such
 * secret, as every sentence with one of them would suffer.
 */
function hide(text: string): string {
  if ((looksMade(text) || /^\w*\d\w*$/.test(text)) && !kept.has(text)) kept.set(text, new Secret(text));
  return hidden;
}

/** A path for display. A file that does not exist yet may have a plain name. */
export const shownPath = (text: string, directory?: string): string =>
  isPath(text, directory) || /^[a-z][a-z-]*\.[a-z]{2,6}$/i.test(text) ? text : hide(text);

/** The path or package of a module, for display. */
export const shownModule = (text: string, directory?: string): string =>
  isPath(text, directory) || /^@?[a-z]+\d?([._/-][a-z]+\d?)*$/.test(text) ? text : hide(text);

/** Several modules, as ECR_COURIER_ADAPTERS names them, for display. */
export const shownModules = (text: string): string =>
  text
    .split(',')
    .map(entry => shownModule(entry.trim()))
    .join(',');

const host = /^(https?:\/\/)?(?=[^/]*[.*:])[\w.*-]+(:\d+)?(\/[\w./*-]*)?$/i;

/**
 * The host of a registry, a pattern of hosts, or the word that stands for one, for display. Anything else is hidden.
 */
export const shownHost = (text: string, word: string): string =>
  text === word || parseAddress(text) || (host.test(text) && !looksMade(text)) ? text : hidden;

/**
 * A word in the place of one of several, for display. undefined: it may be a secret, as no name of an option looks like
 * it.
 */
export const shownWord = (text: string): string | undefined =>
  text.length <= 20 && /^([A-Za-z][a-z]*|[A-Z]+)([_-]([a-z]+|[A-Z]+))*$/.test(text) ? text : undefined;

const imageForm = /^([a-z]+:\/\/)?(?=[^/]*\.)[\w.-]+(:\d+)?\/[\w./-]+(:[\w.-]+)?(@sha256:[0-9a-f]{64})?$/i;

/** An image of a registry, for display. */
export const shownImage = (text: string): string => (imageForm.test(text.trim()) ? text : hidden);
