import { Failure } from '../contract/failures.ts';
import type { Answer } from '../contract/http.ts';
import type { HeartbeatFormat } from '../contract/receiver.ts';
import { quote, shortened } from '../contract/text.ts';
import type { ReceiverState } from '../observe/receiver-view.ts';
import type { Outgoing } from './formats/form.ts';
import { type Configured, createLine, type LineDeps } from './line.ts';

export interface HeartbeatConfigured extends Configured {
  readonly format: HeartbeatFormat;
  readonly everySeconds: number;
}
/**
 * well: call the heartbeat. unsure: do nothing yet. Otherwise: do not call it, and report why where the format supports
 * that.
 */
export type Pulse = 'well' | 'unsure' | { readonly why: string };
export interface Heartbeat {
  readonly state: ReceiverState;
  step(pulse: Pulse): Promise<void>;
}

/** A margin, so that jitter of the looks, which come every 15 s, does not skip one. */
const early = 1000;

export function createHeartbeat(configured: HeartbeatConfigured, deps: LineDeps): Heartbeat {
  const every = configured.everySeconds * 1000 - early;
  // The monitor would take a long pause between calls for a failure of the courier.
  const line = createLine({ ...configured, longestPauseMs: every }, deps);
  let last: 'well' | 'unwell' | undefined;
  let calledAt = Number.NEGATIVE_INFINITY;

  async function say(pulse: Exclude<Pulse, 'unsure'>): Promise<void> {
    const began = deps.now();
    const call = (address: URL): Outgoing => calls[formatOf(configured.format, address)](address, pulse);
    if ((await line.bring(call, unheard)) === 'failed') return;
    [last, calledAt] = [pulse === 'well' ? 'well' : 'unwell', began];
  }

  return {
    get state() {
      return line.state;
    },
    async step(pulse) {
      if (pulse === 'unsure') return;
      if (pulse === 'well' ? last === 'well' && deps.now() - calledAt < every : last === 'unwell') return;
      if (pulse !== 'well' && !(await hears(configured))) return;
      if (await line.isFree()) await say(pulse);
    },
  };
}

/** Whether the format of the heartbeat can report a problem. */
async function hears({ format, open }: HeartbeatConfigured): Promise<boolean> {
  const address = await open().catch(() => undefined);
  return address !== undefined && formatOf(format, address.reveal()) !== 'plain';
}

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

function formatOf(format: HeartbeatFormat, { hostname, pathname }: URL): Exclude<HeartbeatFormat, 'auto'> {
  if (format !== 'auto') return format;
  if (/\/api\/push\/[^/]+\/?$/.test(pathname)) return 'uptime-kuma';
  const parts = pathname.split('/');
  return hostname === 'hc-ping.com' || (parts.includes('ping') && uuid.test(parts.at(-1) ?? '')) ? 'healthchecks' : 'plain';
}

type Call = (address: URL, pulse: Exclude<Pulse, 'unsure'>) => Outgoing;

const calls: Readonly<Record<Exclude<HeartbeatFormat, 'auto'>, Call>> = {
  plain: url => ({ method: 'GET', url }),
  /** `/fail` after the path, with the reason in the body (healthchecks.io/docs/http_api). */
  healthchecks(address, pulse) {
    if (pulse === 'well') return { method: 'GET', url: address };
    const url = new URL(address);
    url.pathname = `${url.pathname.replace(/\/$/, '')}/fail`;
    return { method: 'POST', url, body: { why: pulse.why } };
  },
  /** `status` and `msg` in the query, replacing those in the address (Uptime Kuma's api-router.js). */
  'uptime-kuma'(address, pulse) {
    const url = new URL(address);
    url.searchParams.set('status', pulse === 'well' ? 'up' : 'down');
    url.searchParams.set('msg', pulse === 'well' ? 'OK' : shortened(pulse.why, 200));
    return { method: 'GET', url };
  },
};

/**
 * The failure for a call that was answered with a success status but not accepted: healthchecks.io says `OK (not
 * found)` or `OK (rate limited)`, Uptime Kuma `{"ok":false}`.
 */
function unheard({ text }: Answer): Failure | undefined {
  if (!/^OK \(|"ok":\s*false/.test(text.trim())) return undefined;
  return new Failure('REJECTED', `The heartbeat was not taken: ${quote(text)}`, {
    remedy: 'Check that the address is still there, and that it is called no more often than it allows.',
  });
}
