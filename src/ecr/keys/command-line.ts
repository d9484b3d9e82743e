/** The parts of a line, up to the first character that only a shell understands. */
const inQuotes = /'(?<single>[^']*)'|"(?<double>(?:[^"\\$`]|\\.)*)"/;
const bare = /(?<bare>(?:[^\s'"\\|&;<>()$`*?[\]{}!#~]|\\.|(?<=[^\s])[#~!])+)/;
const token = new RegExp(`(?<blank>\\s+)|${inQuotes.source}|${bare.source}`, 'y');

/**
 * Splits a line into words as a shell would. Returns a string instead where the line needs a shell: the part that needs
 * one.
 */
export function wordsOf(line: string): readonly string[] | string {
  const words: string[] = [];
  let word: string | undefined;
  token.lastIndex = 0;
  while (token.lastIndex < line.length) {
    const at = token.lastIndex;
    const parts = token.exec(line)?.groups;
    if (!parts) return `the sign ${line.charAt(at)}`;
    const { blank, single, double, bare: plain } = parts;
    if (blank === undefined)
      word = (word ?? '') + (single ?? double?.replace(/\\(["\\$`])/g, '$1') ?? plain?.replace(/\\(.)/g, '$1') ?? '');
    if ((blank !== undefined || token.lastIndex === line.length) && word !== undefined) {
      words.push(word);
      word = undefined;
    }
  }
  const [program = ''] = words;
  return /^\w+=/.test(program) ? 'a variable before the program' : words;
}

/** The program of a line, for people. The arguments are left out, because they may hold secrets. */
export function programOf(line: string): string {
  const words = wordsOf(line);
  return (typeof words === 'string' ? /^(?:[\w./-]+(?=\s|$))?/.exec(line.trim())?.[0] : words[0]) || 'a line for a shell';
}

/** A line, or a program with its arguments. */
export type Command = string | readonly string[];

/** The program of a command in either form, as `programOf` returns it. */
export const programIn = (command: Command): string => (typeof command === 'string' ? programOf(command) : (command[0] ?? ''));
