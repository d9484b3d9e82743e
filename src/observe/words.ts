import { withCommas } from '../contract/text.ts';
import type { Cause } from '../courier/ledger.ts';
import type { IdentityView, LeaseView } from './status-view.ts';

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;

/** Formats a duration in milliseconds with its two largest units: 45 s, 12 min, 5 h 12 min, 3 d 4 h. */
export function span(ms: number): string {
  if (ms < 59.5 * second) return `${Math.round(ms / second)} s`;
  if (ms < 59.5 * minute) return `${Math.round(ms / minute)} min`;
  if (ms < day - minute / 2) return two(Math.round(ms / minute), 60, 'h', 'min');
  return two(Math.round(ms / hour), 24, 'd', 'h');
}

function two(small: number, each: number, large: string, unit: string): string {
  const rest = small % each;
  return `${Math.floor(small / each)} ${large}${rest === 0 ? '' : ` ${rest} ${unit}`}`;
}

/** Formats a time relative to `now`, both in milliseconds since the epoch: in 5 h 12 min, 3 min ago, now. */
export function relative(time: number, now: number): string {
  const ms = time - now;
  if (Math.abs(ms) < second) return 'now';
  return ms > 0 ? `in ${span(ms)}` : `${span(-ms)} ago`;
}

/** When something ends, as a verb with its time: ends in 5 h, ended 3 min ago. */
export const ending = (time: number, now: number): string => `${time > now ? 'ends' : 'ended'} ${relative(time, now)}`;

/** An AWS identity in one line: profile "prod" (AWS_PROFILE), account 123456789012, arn:aws:sts::... */
export function identityWords({ from, account, arn }: IdentityView): string {
  return [from, account && `account ${account}`, arn].filter(Boolean).join(', ');
}

/** The state of the Lease in a clause: standing by, NAME leads. */
export function leaseWords({ state, leader }: LeaseView): string {
  if (state === 'standing by') return `standing by, ${leader ?? 'another one'} leads`;
  return state === 'leading' ? 'leading' : 'asking who leads';
}

/** Why a slot was written, where the engine's own word says little. */
export const causeWords: Readonly<Record<string, string>> = {
  absent: 'it was missing',
  drifted: 'it needed a repair',
  unsettled: 'to make sure of an earlier write',
  aging: 'half of its life was over',
} satisfies Partial<Record<Cause, string>>;

/** Formats a number with a noun: 1 slot, 1,000 slots. The plural takes an s by default. */
export function count(number: number, noun: string, plural = `${noun}s`): string {
  return `${withCommas(number)} ${number === 1 ? noun : plural}`;
}
