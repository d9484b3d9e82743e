import type { Memory } from '../contract/memory.ts';
import { redact } from '../contract/secret.ts';
import type { FindingSpecs } from '../contract/target.ts';
import { label } from '../contract/text.ts';
import type { Ledger } from '../courier/ledger.ts';
import type { ReceiverState } from '../observe/receiver-view.ts';
import type { Book } from './book.ts';
import { createHeartbeat, type Heartbeat, type HeartbeatConfigured, type Pulse } from './heartbeat.ts';
import type { LineDeps } from './line.ts';
import { failsToServe } from './logins.ts';
import { recalled, written } from './memory.ts';
import { createWatch, type Outlook } from './outlook.ts';
import { createReceiver, type Receiver, type ReceiverConfigured } from './receiver.ts';
import { placesOf } from './threats.ts';

/** The receivers and the heartbeat. */
export interface NotifyConfig {
  readonly receivers: readonly ReceiverConfigured[];
  readonly heartbeat: HeartbeatConfigured | undefined;
  /** The public address of the status page, without a trailing slash. */
  readonly publicUrl: string | undefined;
}
export interface NotifierDeps extends Omit<LineDeps, 'now' | 'signal' | 'former'> {
  readonly ledger: Ledger;
  /** The engine's own findings. */
  readonly findings: FindingSpecs;
  /** Where to remember across restarts what was told; not remembered by default. */
  readonly memory?: Memory | undefined;
  /** Whether the engine is stepping. */
  live(): boolean;
}
/** Reports threats and their end to people, and calls the heartbeat while all is well. */
export interface Notifier {
  /** Replaces the configuration. What each receiver was told is kept, by name. */
  use(config: NotifyConfig): void;
  /**
   * Compares the present state with what was told. Called periodically. Resolves when everything that it has begun has
   * ended.
   */
  look(): Promise<void>;
  /** The states of all receivers and of the heartbeat. */
  states(): readonly ReceiverState[];
  /** Ends requests in flight. */
  close(): Promise<void>;
}

export function createNotifier(deps: NotifierDeps): Notifier {
  const { ledger, clock, memory } = deps;
  const closing = new AbortController();
  const watch = createWatch();
  const underWay = new Set<Promise<void>>();
  let books: ReadonlyMap<string, Book> | undefined;
  let config: NotifyConfig = { receivers: [], heartbeat: undefined, publicUrl: undefined };
  let receivers: readonly Receiver[] = [];
  let heartbeat: Heartbeat | undefined;
  let recalling: Promise<void> | undefined;
  const times = { wall: clock.wall, now: ledger.now };
  const lineDeps: LineDeps = { ...deps, now: ledger.now, signal: closing.signal };

  const told = (): void => {
    memory?.remember(written(new Map(receivers.map(({ state, book }) => [state.name, book])), times));
  };
  const sender = () => ({ publicUrl: config.publicUrl, at: new Date(clock.wall()) });
  const bookOf = (name: string): Book => receivers.find(({ state }) => state.name === name)?.book ?? books?.get(name) ?? new Map();

  function open(): void {
    const formerOf = (name: string) => receivers.find(({ state }) => state.name === name)?.state;
    receivers = config.receivers.map(one =>
      createReceiver(one, { ...lineDeps, former: formerOf(one.name), book: bookOf(one.name), sender, told }),
    );
    heartbeat = config.heartbeat && createHeartbeat(config.heartbeat, { ...lineDeps, former: heartbeat?.state });
  }
  async function recall(): Promise<void> {
    const text = await memory?.recall().catch(() => undefined);
    books ??= recalled(text, times);
    open();
  }
  async function compare(): Promise<void> {
    const outlook = watch(placesOf(ledger, deps.findings), ledger.now());
    const pulse = pulseOf(ledger, outlook, deps.live());
    await Promise.all([...receivers.map(async receiver => await receiver.step(outlook)), heartbeat?.step(pulse)]);
  }

  return {
    use(next) {
      config = next;
      if (books) open();
    },
    async look() {
      if (config.receivers.length === 0 && !config.heartbeat) return;
      recalling ??= recall();
      await recalling;
      const job = compare();
      underWay.add(job);
      await job.finally(() => underWay.delete(job));
    },
    states: () => [...receivers.map(({ state }) => state), ...(heartbeat ? [heartbeat.state] : [])],
    async close() {
      closing.abort();
      await Promise.all(underWay);
    },
  };
}

/**
 * `well` while the engine steps, each required target was discovered, nothing threatens anywhere, and no slot without a
 * known login refuses one. `unsure` while a threat is too new to be reported, or one of the other two is not so.
 */
function pulseOf(ledger: Ledger, { places, threatened }: Outlook, live: boolean): Pulse {
  if (!live) return { why: 'The courier has not looked at its work for more than a minute; restart it.' };
  if (threatened === 'settled') return { why: reasonsIn(places) };
  const unsure = ledger.targets.values().some(record => {
    const { managed, discoveredAt } = record;
    // After a restart, nobody knows what a manager holds to which nothing can be written.
    return !managed.paused && ((managed.required && discoveredAt === undefined) || failsToServe(ledger, record));
  });
  return unsure || threatened === 'new' ? 'unsure' : 'well';
}

/** The number of sentences; further ones are only counted. */
const mostReasons = 10;

function reasonsIn(places: Outlook['places']): string {
  const all = [...places.values()].flatMap(({ threats }) => [...threats.values()].map(({ sentence }) => label(redact(sentence), 300)));
  const more = all.length - mostReasons;
  return [...all.slice(0, mostReasons), ...(more > 0 ? [`And ${more} more.`] : [])].join(' ');
}
