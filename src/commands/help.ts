import { version } from '../version.ts';
import { type Command, commands, type Line } from './list.ts';

/** Columns of the narrowest terminal in common use. */
const width = 80;
/** Width of the term column; a longer term gets its own line. */
const longestTerm = 26;

/** Options of every command that reads a configuration. */
export const options: readonly Line[] = [
  ['-c, --config PATH', 'a configuration file or directory; may be given more than once (ECR_COURIER_CONFIG)'],
  ['--listen HOST:PORT', 'where the daemon listens (ECR_COURIER_LISTEN)'],
  ['--log-level LEVEL', 'debug, info, warn or error (ECR_COURIER_LOG_LEVEL)'],
  ['--log-format FORMAT', 'auto, pretty or json (ECR_COURIER_LOG_FORMAT)'],
];

export function helpOf(command: Command): string {
  const { usage, doc, bare, more = [] } = command;
  const details = 'verbs' in command ? ofVerbs(command.verbs, usage.split(' ')[0]) : more;
  return [
    ...wrap(`usage: ecr-courier ${usage}${bare ? '' : ' [OPTIONS]'}`, '       '),
    '',
    ...wrap(sentence(doc)),
    ...block(details),
    ...block(bare ? [] : options),
    '',
  ].join('\n');
}

const ofVerbs = (verbs: Readonly<Record<string, Command>>, name = ''): Line[] => [
  ...Object.entries(verbs).map(([verb, { doc }]): Line => [verb, doc]),
  `ecr-courier ${name} ${Object.keys(verbs).join('|')} --help tells ${Object.keys(verbs).length > 1 ? 'of one of them' : 'more'}.`,
];

const sentence = (doc: string): string => `${doc.slice(0, 1).toUpperCase()}${doc.slice(1)}${doc.endsWith('.') ? '' : '.'}`;

export function help(): string {
  const bare = Object.entries(commands).flatMap(([name, command]) => (command.bare ? [name] : []));
  return [
    `ecr-courier ${version}: keeps container managers logged in to Amazon ECR.`,
    '',
    'usage: ecr-courier [COMMAND] [OPTIONS]',
    ...block(Object.entries(commands).map(([name, { doc }]) => [name, doc])),
    '',
    ...wrap(`Options of every command but ${bare.join(', ')}:`),
    ...block(options).slice(1),
    '',
    'ecr-courier COMMAND --help tells of one command.',
    'Two variables are enough for a Portainer: PORTAINER_URL and',
    'PORTAINER_API_KEY_FILE. All others: config/reference.md.',
    'Exit codes: 0 all fine, 1 none or failed, 2 usage, 3 some failed or',
    'unconfirmed, 78 configuration.',
    '',
  ].join('\n');
}

/** An empty line, then terms and their explanations in two columns. Sentences are set apart from terms. */
function block(lines: readonly Line[]): string[] {
  const terms = lines.flatMap(line => (typeof line === 'string' ? [] : [line[0].length]));
  const column = 4 + Math.max(0, ...terms.filter(length => length <= longestTerm));
  return lines.flatMap((line, at) => {
    const former = lines[at - 1];
    const apart = former === undefined || typeof line !== typeof former ? [''] : [];
    return [...apart, ...(typeof line === 'string' ? wrap(line) : row(line, column))];
  });
}

function row([term, says]: Exclude<Line, string>, column: number): string[] {
  const [first = '', ...rest] = wrap(says, '', width - column).map(text => `${''.padEnd(column)}${text}`);
  const left = `  ${term}`;
  return left.length + 2 > column ? [left, first, ...rest] : [`${left.padEnd(column)}${first.trimStart()}`, ...rest];
}

/** Wraps at blanks. An overlong word stays whole. */
function wrap(text: string, indent = '', columns = width): string[] {
  const lines = [''];
  for (const word of text.split(' ')) {
    const line = lines.at(-1) ?? '';
    const longer = line.trim() === '' ? `${line}${word}` : `${line} ${word}`;
    if (longer.length <= columns || line.trim() === '') lines[lines.length - 1] = longer;
    else lines.push(`${indent}${word}`);
  }
  return lines;
}
