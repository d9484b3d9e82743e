import { StringDecoder } from 'node:string_decoder';
import { stripVTControlCharacters } from 'node:util';
import { jsonText, shortened, visible } from '../contract/text.ts';
import { unlessAborted } from '../contract/unless.ts';
import { indented, render } from '../refusals/diagnosis.ts';
import { longestText } from '../refusals/facts.ts';
import { masked } from '../refusals/masked.ts';
import { why } from '../refusals/why.ts';
import { exit, type Io, readArgs, UsageError } from './io.ts';

/** Maximum length of a quoted unknown text, in characters. */
const longestQuote = 600;

/**
 * `why [TEXT... | -]`: explains an error from the table of refusals. Sends no requests. Exits with 1 if it is unknown.
 */
export async function whyCommand(args: string[], io: Io): Promise<number> {
  const { values, positionals } = readArgs(apart(args), { json: { type: 'boolean' } }, { allowPositionals: true });
  const text = await given(positionals, io);
  if (text.trim() === '') throw new UsageError(positionals.some(one => one !== '-') ? 'the text is empty' : nothingCame);
  const diagnosis = why(text);
  if (diagnosis) io.stdout.write(values.json ? jsonText(diagnosis) : `${render(diagnosis)}\n`);
  else
    io.stdout.write(
      values.json ? jsonText({ id: 'unknown', sentence: unknown, text: quoted(text) }) : `${unknown}\n\n${indented(quoted(text))}\n`,
    );
  return diagnosis ? exit.ok : exit.failed;
}

const nothingCame =
  'nothing came on standard input. In a container, docker exec and kubectl exec pass a pipe on only with -i, and docker compose exec only with -T';
const unknown =
  'This text is not known, so nothing is guessed. Perhaps another line of the same log says more, or the matter has nothing to do with ECR.';
// The original text without secrets and colours. It is cut before the expensive filter, well beyond the quoted part.
const quoted = (text: string): string =>
  shortened(masked(visible(stripVTControlCharacters(text.slice(0, 5 * longestQuote)))).replaceAll(/^\s*\n|\s+$/g, ''), longestQuote);

/** Separates a text that starts with a dash from options, which never contain a blank. */
function apart(args: readonly string[]): string[] {
  if (!args.some(arg => /^-.*\s/s.test(arg)) || args.includes('--')) return [...args];
  return [...args.filter(arg => arg === '--json'), '--', ...args.filter(arg => arg !== '--json')];
}

/** The text to explain. Several arguments are joined, because users forget the quotes. */
async function given(positionals: readonly string[], { stdin, stderr, signal }: Io): Promise<string> {
  const [first, ...more] = positionals;
  if (first !== undefined && (first !== '-' || more.length > 0)) return positionals.join(' ').slice(0, longestText);
  if (stdin.isTTY === true && first === undefined)
    throw new UsageError('an error is expected: as text in quotes, or on standard input (`... 2>&1 | ecr-courier why -`)');
  if (stdin.isTTY === true) stderr.write('Paste the error, then Enter and Ctrl-D.\n');
  return await unlessAborted(signal, end(stdin));
}

/** The end of the input, because the newest lines of a log matter most. */
async function end(input: AsyncIterable<string | Uint8Array>): Promise<string> {
  const decoder = new StringDecoder('utf8');
  let text = '';
  for await (const chunk of input)
    text = `${text}${typeof chunk === 'string' ? chunk : decoder.write(Buffer.from(chunk))}`.slice(-longestText);
  return text;
}
