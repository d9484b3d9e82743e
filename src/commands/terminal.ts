import type { Sink } from '../io/log.ts';

type Env = NodeJS.ProcessEnv;

/** Whether the sink is a terminal with cursor control and colours. */
export const isCapable = (sink: Sink, env: Env): boolean => sink.isTTY === true && env['TERM'] !== 'dumb';

/**
 * Whether to use colours: on a capable terminal, unless NO_COLOR is set (no-color.org). FORCE_COLOR overrides both,
 * read as Node does: 0 and false mean no, any other value yes.
 */
export function colors(sink: Sink, env: Env): boolean {
  const forced = env['FORCE_COLOR'];
  if (forced) return forced !== '0' && forced !== 'false';
  return isCapable(sink, env) && !env['NO_COLOR'];
}

/** A progress display: one line that is replaced, or a new line each time if the sink cannot replace lines. */
export interface StatusLine {
  readonly replaces: boolean;
  say(text: string): void;
  /** Clears the last line, if the sink can. */
  end(): void;
}

/** Maximum line length. A longer line wraps, and only its last row could be replaced. */
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
