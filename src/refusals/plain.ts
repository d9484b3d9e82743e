import { stripVTControlCharacters } from 'node:util';

/**
 * A pasted text without what terminals, logs and JSON did to it: colours, escapes, entities, marks of quotation before
 * lines. Lines stay lines.
 */
export const plain = (text: string): string =>
  unescaped(uncoloured(text))
    .replaceAll(/\r\n?/g, '\n')
    .replaceAll(/(?![\n\t])[\p{Cc}\p{Cf}]/gu, '')
    .replaceAll(/^[ \t]*(?:[|│┃║>][ \t]?)+/gm, '')
    .replaceAll(/[ \t]*[│┃║|][ \t]*$/gm, '')
    .replaceAll(/[\u2018\u2019]/g, "'")
    .replaceAll(/[\u201c\u201d]/g, '"');

/** Go and JSON write the escape as letters. */
const uncoloured = (text: string): string => stripVTControlCharacters(text.replaceAll(/\\+(?:x1b|033|e)(?=\[)|\\+u001b/gi, '\u001b'));

/** JSON may stand in JSON: any number of backslashes is one escape. `#012` is syslog's line break. */
function unescaped(text: string): string {
  return text
    .replaceAll(/\\+u00([2-7][0-9a-f])/gi, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)))
    .replaceAll(/\\+(["'/])/g, '$1')
    .replaceAll(/\\+r(?=\\+n)/g, '')
    .replaceAll(/\\+n|#012/g, '\n')
    .replaceAll(/\\+t/g, ' ')
    .replaceAll(/&(quot|#34|apos|#39|lt|gt|amp);/g, (_, name: string) => entities[name] ?? ' ');
}

const entities: Readonly<Record<string, string>> = { quot: '"', '#34': '"', apos: "'", '#39': "'", lt: '<', gt: '>', amp: '&' };

/**
 * Two ways to read across the ends of lines: a program breaks lines at blanks, a terminal anywhere. The first reading
 * has a blank for each break, the second nothing.
 */
export const readings = (text: string): readonly [spaced: string, joined: string] => [
  text.replaceAll(/[ \t]*\n\s*/g, ' '),
  text.replaceAll(/[ \t]*\n[ \t]*/g, ''),
];
