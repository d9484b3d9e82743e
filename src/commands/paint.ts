import { stripVTControlCharacters, styleText } from 'node:util';
import { oneLine } from '../contract/text.ts';

export type Tint = 'green' | 'yellow' | 'red' | 'dim' | 'bold';
export type Paint = (tint: Tint, text: string) => string;

export function painter({ color }: { readonly color: boolean }): Paint {
  return (tint, text) => (color ? styleText(tint, text, { validateStream: false }) : text);
}

/** A heading and the lines below it. A fact without lines is left out. */
export type Fact = readonly [head: string, texts: readonly string[]];
const widestHead = 10;

/** One line per text. */
export const factLines = (facts: readonly Fact[]): string[] =>
  facts.flatMap(([head, texts]) => texts.map((text, at) => `  ${(at === 0 ? head : '').padEnd(widestHead)} ${oneLine(text)}`.trimEnd()));

/** A table whose columns fit their content. */
export function table(head: readonly string[], rows: readonly (readonly string[])[], paint: Paint): string {
  const widths = head.map((title, at) => Math.max(title.length, ...rows.map(cells => plainLength(cells[at] ?? ''))));
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, at) => cell + ' '.repeat((widths[at] ?? 0) - plainLength(cell)))
      .join('  ')
      .trimEnd();
  return [paint('dim', line(head)), ...rows.map(line)].join('\n');
}

function plainLength(text: string): number {
  return stripVTControlCharacters(text).length;
}
