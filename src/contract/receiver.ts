import { notAsMeant } from './keys.ts';
import { Secret } from './secret.ts';

/** The message formats of receivers. Each is implemented in its own file in src/notify/formats. */
export const receiverFormats = ['webhook', 'slack', 'discord', 'teams', 'ntfy', 'gotify'] as const;
export type ReceiverFormat = (typeof receiverFormats)[number];

/** The protocols of the heartbeat's endpoint. auto: derived from the address. */
export const heartbeatFormats = ['auto', 'plain', 'healthchecks', 'uptime-kuma'] as const;
export type HeartbeatFormat = (typeof heartbeatFormats)[number];

/** Placeholders in a part of an address, and an elided one that was copied from a guide. */
const unfilled = /\$\{[^}]*\}|\{\{.*\}\}|<[^<>]+>|(\.{3}|\u2026)$/;
/** The address of an ntfy topic ends with its name (`topicRegex` of ntfy's server.go). */
const topic = /\/[-_A-Za-z0-9]{1,64}\/?$/;
/**
 * The hosts of Office 365 connectors, which Microsoft has retired
 * (devblogs.microsoft.com/microsoft365dev/retirement-of-office-365-connectors-within-microsoft-teams).
 */
const connector = /(^|\.)(webhook\.office\.com|outlook\.office(365)?\.com)$/i;

/** The path is that of Discord's own servers (discord.com/developers, Webhook); a relay may have another one. */
const ofDiscord = /(^|\.)discord(app)?\.com$/i;
const webhookOfDiscord = /^\/api(\/v\d+)?\/webhooks\/\d+\/[-_\w]+\/?$/;

const rules: Readonly<Partial<Record<ReceiverFormat, (url: URL) => string | undefined>>> = {
  teams: ({ hostname }) =>
    connector.test(hostname)
      ? 'holds the address of an Office 365 connector, which Microsoft has retired: make a workflow "Send webhook alerts to a channel" in Teams, and take its address'
      : undefined,
  discord: ({ hostname, pathname }) =>
    ofDiscord.test(hostname) && !webhookOfDiscord.test(pathname)
      ? 'holds no whole webhook of Discord: it must be https://discord.com/api/webhooks/ID/TOKEN'
      : undefined,
  ntfy: ({ pathname }) =>
    topic.test(pathname) ? undefined : 'holds no topic of ntfy: its path must end with one, as in https://ntfy.sh/TOPIC',
  gotify: ({ searchParams }) =>
    searchParams.get('token')
      ? undefined
      : 'holds no token of Gotify: it must end with that of an application, as in https://gotify.example.com/message?token=TOKEN',
};

/**
 * What is wrong with the address of a receiver or of the heartbeat, as the rest of a sentence that begins with where
 * the address is set; undefined when nothing is. Never quotes the address, which is a secret. format: undefined for the
 * heartbeat.
 */
export function wrongAddress(text: string, format?: ReceiverFormat): string | undefined {
  const unread = notAsMeant(text);
  if (unread) return unread;
  if (unfilled.test(text)) return 'holds a placeholder that nothing has replaced';
  if (/^https?:\/\//i.test(text) && /[\s\\]/.test(text)) return 'holds a URL with a blank or a backslash in it: no address has these';
  const url = URL.parse(text);
  if (!url || !/^https?:\/\//i.test(text)) return 'holds no URL that begins with https:// or http://';
  if (format) return rules[format]?.(url);
  return url.hostname === 'hc-ping.com' && url.pathname === '/'
    ? 'holds no check of healthchecks.io: it must be https://hc-ping.com/UUID'
    : undefined;
}

/** An address of which only the host may be shown: a program that knows the rest can post there. */
export interface SecretAddress {
  /** HOST or HOST:PORT. */
  readonly host: string;
  reveal(): URL;
  /** The secret parts of the address. Texts are redacted for these as long as the objects are referenced. */
  readonly parts: readonly Secret[];
}

/**
 * The minimum length of a secret part. Shorter parts are often words, and redaction would remove them from every text.
 */
const leastPart = 8;
/** A part of this length is hardly ever a word. */
const longPart = 16;
const looksMade = (part: string): boolean => part.length >= longPart || (/\d/.test(part) && /[a-z]/i.test(part));

/**
 * Splits an address that `wrongAddress` accepts into its host and its secret parts. The whole address is not one
 * Secret, because texts that quote `https://` or `services` would then be redacted as pieces of it.
 */
export function secretAddress(text: string): SecretAddress {
  const url = new URL(text);
  const login = [url.username, url.password].map(decoded);
  const rest = [...url.pathname.split('/').map(decoded), ...url.searchParams.values()];
  const parts = [...login.filter(Boolean), ...rest.filter(looksMade)].filter(part => part.length >= leastPart);
  return { host: url.host, reveal: () => new URL(text), parts: [...new Set(parts)].map(part => new Secret(part)) };
}

/** The decoded part, or the part itself when its escapes are invalid. */
function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
