import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseAddress } from '../src/contract/registry.ts';
import { Secret } from '../src/contract/secret.ts';

/** In the place of what may be a key that was put where it does not belong. */
const hidden = '[not shown: it may be a secret]';
const kept = new Map<string, Secret>();

/** Capitals, small letters and digits together, or the marks of base64: hardly written by hand. */
const looksMade = (text: string): boolean => /[+=]/.test(text) || [/[a-z]/, /[A-Z]/, /\d/].every(kind => kind.test(text));

/**
 * What begins with / ./ or ../ is a path; so is what names a file, and what has folders and looks written by hand. All
 * else may be a secret.
 */
export function isPath(text: string, directory = ''): boolean {
  if (/^\.{0,2}\//.test(text) || existsSync(resolve(directory, text))) return true;
  return text.includes('/') && !looksMade(text);
}

/**
 * `redact` knows it as a secret from now on, wherever else it would be said; but for what is made of words, as every
 * sentence with one of them would suffer.
 */
function hide(text: string): string {
  if ((looksMade(text) || /^\w*\d\w*$/.test(text)) && !kept.has(text)) kept.set(text, new Secret(text));
  return hidden;
}

/** A path for people; a file that is not there yet may have a plain name. */
export const shownPath = (text: string, directory?: string): string =>
  isPath(text, directory) || /^[a-z][a-z-]*\.[a-z]{2,6}$/i.test(text) ? text : hide(text);

/** The path or package of a module, for people. */
export const shownModule = (text: string, directory?: string): string =>
  isPath(text, directory) || /^@?[a-z]+\d?([._/-][a-z]+\d?)*$/.test(text) ? text : hide(text);

/** Several modules, as ECR_COURIER_ADAPTERS names them. */
export const shownModules = (text: string): string =>
  text
    .split(',')
    .map(entry => shownModule(entry.trim()))
    .join(',');

const host = /^(https?:\/\/)?(?=[^/]*[.*:])[\w.*-]+(:\d+)?(\/[\w./*-]*)?$/i;

/**
 * The host of a registry, a pattern of hosts, or the word that stands for one, for people. No sentence quotes what was
 * wrong there.
 */
export const shownHost = (text: string, word: string): string =>
  text === word || parseAddress(text) || (host.test(text) && !looksMade(text)) ? text : hidden;

/**
 * A word that stands where one of several should, for people; undefined for what may be a secret, as no name of an
 * option looks so.
 */
export const shownWord = (text: string): string | undefined =>
  text.length <= 20 && /^([A-Za-z][a-z]*|[A-Z]+)([_-]([a-z]+|[A-Z]+))*$/.test(text) ? text : undefined;

const imageForm = /^([a-z]+:\/\/)?(?=[^/]*\.)[\w.-]+(:\d+)?\/[\w./-]+(:[\w.-]+)?(@sha256:[0-9a-f]{64})?$/i;

/** An image of a registry, for people. */
export const shownImage = (text: string): string => (imageForm.test(text.trim()) ? text : hidden);
