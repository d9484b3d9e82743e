import { stripVTControlCharacters } from 'node:util';

/**
 * Undoes what terminals, logs and JSON did to a pasted text: removes colours, escapes, entities and quote marks before
 * lines. Keeps line breaks.
 */
export const plain = (text: string): string =>
  unescaped(uncoloured(text.replaceAll(/[^\S\n]{40,}|[\u00a0\u2007\u202f]/g, ' ')))
    .replaceAll(/\r\n?/g, '\n')
    .replaceAll(/(?![\n\t])[\p{Cc}\p{Cf}]/gu, '')
    .replaceAll(/\n{3,}/g, '\n\n')
    .replaceAll(/^[ \t]{0,40}(?:[|│┃║>][ \t]?)+/gm, '')
    .replaceAll(/[│┃║|][ \t]{0,40}$/gm, '')
    .replaceAll(/[\u2018\u2019]/g, "'")
    .replaceAll(/[\u201c\u201d]/g, '"');

/** Removes colours, also where Go and JSON spell out the escape character. */
const uncoloured = (text: string): string =>
  stripVTControlCharacters(text.replaceAll(/\\{1,16}(?:x1b|033|e)(?=\[)|\\{1,16}u001b/gi, '\u001b'));

/**
 * Resolves escapes. JSON may be nested in JSON, so several backslashes count as one escape. `#012` is a line break in
 * syslog. YAML and CSV double quote marks.
 */
function unescaped(text: string): string {
  return text
    .replaceAll(/\\{1,16}u00([2-7][0-9a-f])/gi, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)))
    .replaceAll(/\\{1,16}(["'/])/g, '$1')
    .replaceAll(/\\{1,16}r(?=\\{1,16}n)/g, '')
    .replaceAll(/\\{1,16}n|#012/g, '\n')
    .replaceAll(/\\{1,16}t/g, ' ')
    .replaceAll(/(["'])\1(?=[\w/<*(])|(?<=[\w/.<>*)])(["'])\2/g, (marks: string) => marks.slice(1))
    .replaceAll(/&(quot|#34|apos|#39|lt|gt|amp);/g, (_, name: string) => entities[name] ?? ' ');
}

const entities: Readonly<Record<string, string>> = { quot: '"', '#34': '"', apos: "'", '#39': "'", lt: '<', gt: '>', amp: '&' };

const indent = (line: string): number => line.length - line.trimStart().length;

const programs =
  'docker|podman|nerdctl|crictl|ctr|buildah|skopeo|crane|oras|helm|kubectl|regctl|finch|ssh|scp|rsync|psql|mysql|redis-cli|wget|git|nc|telnet|ping';

/** The start of a new message, as opposed to the continuation of the line before. */
const begins = new RegExp(
  [
    String.raw`^\s*(?:[[{$#]|\d{4}-\d\d-\d\d|\d\d:\d\d|[A-Z][a-z]{2} +\d+ \d\d:|[EWIF]\d{4} `,
    String.raw`(?:Error|ERROR|error:|Warning|Normal|Status|Pull(?:ed|ing)|curl|FATA|INFO|WARN|pull(?:ed|ing)|ERR)\b|(?:time|ts|level|msg|err|error|logger|caller)=`,
    String.raw`(?:GET|HEAD|PUT|POST|DELETE|PATCH) (?:\/|http)|[\w.-]{1,60} +\| |\d{1,3}(?:\.\d{1,3}){3} `,
    // A command line, or a message that begins with the name of the program.
    String.raw`[\w.@~:/-]{0,40}[$#%+>] |(?:sudo )?(?:${programs})(?::| [\w-])`,
    String.raw`(?:image:|FROM) )`,
  ].join('|'),
);

/** Whether a line is a row of a table with three or more columns, as `kubectl get events` and `docker ps` print it. */
const isRow = (line: string): boolean => line.trim().split(/[ \t]{2,}|\t/, 3).length === 3;

/**
 * Joins wrapped lines in two ways, as programs wrap at blanks and terminals anywhere: the first reading has a blank for
 * each break, the second nothing. Both keep the line break before a new message.
 */
export function readings(text: string): readonly [spaced: string, joined: string] {
  const lines = text.split('\n').map(line => line.trimEnd());
  const widest = lines.reduce((most, { length }) => Math.max(most, length), 0);
  // A terminal wraps all lines at the same width.
  const isUsual = lines.filter(({ length }) => length === widest).length > 1;
  const isFull = (line = ''): boolean => isUsual && line.length === widest;
  const least = lines.reduce((fewest, line) => (line === '' ? fewest : Math.min(fewest, indent(line))), Infinity);
  const isWrapped = lines.map((line, at) => isFull(lines[at - 1]) || (!isRow(line) && (indent(line) > least || !begins.test(line))));
  const read = (glue: string): string =>
    lines.map((line, at) => (at === 0 ? line : isWrapped[at] ? `${glue}${line.trimStart()}` : `\n${line}`)).join('');
  return [read(' '), read('')];
}
