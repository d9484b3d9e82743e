import { pino } from 'pino';
import { prettyFactory } from 'pino-pretty';
import type { Log } from '../contract/adapter.ts';
import { redact } from '../contract/secret.ts';
import { cut, oneLine, visibleJson } from '../contract/text.ts';

export const levels = ['debug', 'info', 'warn', 'error'] as const;
type Level = (typeof levels)[number];

/** The destination of a log: process.stdout, process.stderr, or one for tests. */
export interface Sink {
  readonly isTTY?: boolean;
  /** The amount that was written but not yet taken by the reader. */
  readonly writableLength?: number;
  write(text: string): unknown;
  on?(event: 'error', listener: () => void): unknown;
}
export interface LogOptions {
  readonly to: Sink;
  /** Default: info. */
  readonly level?: Level | 'silent';
  /** auto (the default): pretty on a terminal, otherwise JSON. */
  readonly format?: 'auto' | 'json' | 'pretty';
  /** Whether to use colours in the pretty format. Default: on a terminal. */
  readonly color?: boolean;
  /** Called for every line with its level. */
  readonly counted?: (level: Level) => void;
  /**
   * Receives every line as JSON, after redaction, whatever the format is and whether or not the line can be written.
   */
  readonly kept?: (line: string) => void;
}
export interface AppLog extends Log {
  setLevel(level: Level): void;
}

/**
 * The limit for buffered output, in bytes. A reader that has stalled (a collector, a paused terminal) must not fill our
 * memory, so lines beyond this limit are dropped and counted.
 */
const mostWaiting = 1024 * 1024;

/**
 * Creates the log. Each call writes one line synchronously (nothing is lost when the process ends), and every line is
 * redacted. JSON lines: `level` by name, `time` in ISO 8601, `msg` (static), then the data. Never throws: a closed pipe
 * or a full disk stops no delivery.
 */
export function createLog(options: LogOptions): AppLog {
  const { to, format = 'auto', counted, kept } = options;
  const terminal = to.isTTY === true;
  const render = (format === 'auto' ? terminal : format === 'pretty') ? pretty(options.color ?? terminal) : (line: string) => line;
  to.on?.('error', () => undefined);
  let lost = 0;
  const logger = pino(
    {
      level: options.level ?? 'info',
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: label => ({ level: label }) },
    },
    {
      write(line: string) {
        const clean = visibleJson(withoutSecrets(line));
        kept?.(clean);
        if ((to.writableLength ?? 0) > mostWaiting) {
          lost++;
          return;
        }
        const lines = lost;
        lost = 0;
        if (lines > 0) logger.warn({ lines }, 'log lines lost: nobody read them');
        to.write(render(clean));
      },
    },
  );
  const writer = (level: Level) => (message: string, data?: object) => {
    if (!logger.isLevelEnabled(level)) return;
    counted?.(level);
    try {
      logger[level](plainData(data), message);
    } catch {
      // The sink threw, or the data cannot be read. Logging must never stop the work that it reports.
    }
  };
  return {
    debug: writer('debug'),
    info: writer('info'),
    warn: writer('warn'),
    error: writer('error'),
    setLevel(level) {
      logger.level = level;
    },
  };
}

const reserved = new Set(['level', 'time', 'msg']);
const deepest = 4;
/** The maximum length of one text, in characters. */
const longest = 16 * 1024;

/** Messages are static. A message with other characters may come from an adapter, and may quote data. */
const isStatic = (message: unknown): boolean => typeof message === 'string' && /^[a-z ,:'-]*$/.test(message);

/**
 * Redacts the values of a JSON line. Names and our own messages are left alone, even where they contain a live secret.
 */
function withoutSecrets(line: string): string {
  if (redact(line) === line) return line;
  const { level, time, msg, ...data } = JSON.parse(line) as Record<string, unknown>;
  const values = Object.entries(data).map(([key, value]) => [key, hidden(value)]);
  return `${JSON.stringify({ level, time, ...Object.fromEntries(values), msg: isStatic(msg) ? msg : hidden(msg) })}\n`;
}

function hidden(value: unknown): unknown {
  if (typeof value === 'string') return redact(value);
  if (typeof value === 'number') return redact(`${value}`) === `${value}` ? value : redact(`${value}`);
  if (Array.isArray(value)) return value.map(hidden);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [redact(key), hidden(item)]));
}

function plainData(data: object | undefined): Record<string, unknown> {
  const entries = Object.entries(data ?? {}).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries.map(([key, value]) => [reserved.has(key) ? `${key}_` : key, plain(value, 1)]));
}

/**
 * Converts a value to plain data. Errors are reduced to message and code, because the errors of HTTP clients carry
 * headers and bodies as members.
 */
function plain(value: unknown, depth: number): unknown {
  if (typeof value === 'bigint') return value.toString();
  if (typeof value === 'string') return cut(value, longest);
  if (typeof value !== 'object' || value === null) return value;
  if (ArrayBuffer.isView(value)) return `${value.byteLength} bytes`;
  if (value instanceof Error) return 'code' in value ? { message: value.message, code: String(value.code) } : value.message;
  if ('toJSON' in value) return value;
  if (depth > deepest) return '...';
  if (Array.isArray(value)) return value.map(item => plain(item, depth + 1));
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plain(item, depth + 1)]));
}

const levelColors = { debug: 'gray', info: 'green', warn: 'yellow', error: 'red' } as const;

/** The format for terminals: local time, level, message, then `key=value`, sentences last. */
function pretty(colorize: boolean): (line: string) => string {
  return prettyFactory({
    colorize,
    translateTime: 'SYS:yyyy-mm-dd HH:MM:ss',
    hideObject: true,
    customColors: { message: 'reset' },
    customPrettifiers: {
      time: time => (typeof time === 'string' ? time : ''),
      level: (level, _key, _log, { colors }) => colors[levelColors[level as Level]]((level as Level).toUpperCase()),
    },
    messageFormat: (log, messageKey, _label, { colors }) => {
      const { level: _level, time: _time, [messageKey]: message, title, error, remedy, ...rest } = log;
      // A title is more informative than an id.
      if (title !== undefined && 'slot' in rest) rest['slot'] = title;
      const facts = Object.entries(rest).map(([key, value]) => `${colors.dim(`${key}=`)}${word(value)}`);
      const sentences = [
        ...(error === undefined ? [] : [sentence(error)]),
        ...(remedy === undefined ? [] : [`${colors.dim('remedy:')} ${sentence(remedy)}`]),
      ];
      return [[colors.bold(sentence(message)), ...facts].join(' '), ...sentences].join(colors.dim(' | '));
    },
  });
}

function word(value: unknown): string {
  if (Array.isArray(value)) return value.map(word).join(',');
  if (typeof value !== 'string') return sentence(value);
  return value === '' || /[\s"=]/.test(value) ? sentence(JSON.stringify(value)) : sentence(value);
}

/** Replaces characters that would move a terminal's cursor, start another line, or change the writing direction. */
function sentence(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return oneLine(text);
}
