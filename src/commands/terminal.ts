import type { Sink } from '../io/log.ts';

type Env = NodeJS.ProcessEnv;

/** A terminal that can put the cursor back and knows colours. */
export const isCapable = (sink: Sink, env: Env): boolean => sink.isTTY === true && env['TERM'] !== 'dumb';

/**
 * Colour on a terminal that knows it, unless NO_COLOR is set to anything (no-color.org). FORCE_COLOR goes before all
 * that, as Node reads it: 0 and false are no, and everything else is yes.
 */
export function colors(sink: Sink, env: Env): boolean {
  const forced = env['FORCE_COLOR'];
  if (forced) return forced !== '0' && forced !== 'false';
  return isCapable(sink, env) && !env['NO_COLOR'];
}

/** What is said while something lasts: one line that is replaced, or a line each where nothing can be replaced. */
export interface StatusLine {
  readonly replaces: boolean;
  say(text: string): void;
  /** Takes the last one away, where it can be. */
  end(): void;
}

/** A longer line would wrap, and then only its last row could be replaced. */
const columns = 79;

export function openStatusLine(to: Sink, { replaces }: Pick<StatusLine, 'replaces'>): StatusLine {
  let shown = false;
  return {
    replaces,
    say(text) {
      shown = true;
      to.write(replaces ? `\r${text.length > columns ? `${text.slice(0, columns - 3)}...` : text}\u001b[K` : `${text}\n`);
    },
    end() {
      if (shown && replaces) to.write('\r\u001b[K');
      shown = false;
    },
  };
}
