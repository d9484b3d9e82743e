import { lineOf, type Mistake } from './origin.ts';
import type { Report, Setting } from './read.ts';

/** Everything that is wrong with the configuration, at once. The message is for printing. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly mistakes: readonly Mistake[];
  /** What could be read nevertheless, for showing: a wrong value's place is taken by its default. */
  readonly settings: readonly Setting[];

  constructor({ mistakes, warnings, settings }: { readonly [K in 'mistakes' | 'warnings' | 'settings']: Readonly<Report[K]> }) {
    const lines = mistakes.map(mistake => `  ${lineOf(mistake)}`);
    const notes = warnings.map(warning => `  Note: ${warning}`);
    super([`The configuration has ${mistakes.length === 1 ? 'a mistake' : `${mistakes.length} mistakes`}:`, ...lines, ...notes].join('\n'));
    this.mistakes = mistakes;
    this.settings = settings;
  }
}
