import { lineOf, type Mistake } from './origin.ts';
import type { Report, Setting } from './read.ts';

/** All mistakes in a configuration together. The message is for printing. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly mistakes: readonly Mistake[];
  /** The settings that could be read, for display. A default takes the place of a wrong value. */
  readonly settings: readonly Setting[];

  constructor({ mistakes, warnings, settings }: { readonly [K in 'mistakes' | 'warnings' | 'settings']: Readonly<Report[K]> }) {
    const lines = mistakes.map(mistake => `  ${lineOf(mistake)}`);
    const notes = warnings.map(warning => `  Note: ${warning}`);
    super([`The configuration has ${mistakes.length === 1 ? 'a mistake' : `${mistakes.length} mistakes`}:`, ...lines, ...notes].join('\n'));
    this.mistakes = mistakes;
    this.settings = settings;
  }
}
