import type { Memory } from '../contract/memory.ts';
import { redact } from '../contract/secret.ts';
import type { FindingSpecs } from '../contract/target.ts';
import { label } from '../contract/text.ts';
import type { Ledger } from '../courier/ledger.ts';
import type { ReceiverState } from '../observe/receiver-view.ts';
import type { Book } from './book.ts';
import { createHeartbeat, type Heartbeat, type HeartbeatConfigured, type Pulse } from './heartbeat.ts';
import type { LineDeps } from './line.ts';
import { recalled, written } from './memory.ts';
import { createWatch, type Outlook } from './outlook.ts';
import { createReceiver, type Receiver, type ReceiverConfigured } from './receiver.ts';
import { placesOf } from './threats.ts';

/** Who is told, and what is called. */
export interface NotifyConfig {
  readonly receivers: readonly ReceiverConfigured[];
  readonly heartbeat: HeartbeatConfigured | undefined;
  /** Where people reach the status page, without a slash at its end. */
  readonly publicUrl: string | undefined;
}
export interface NotifierDeps extends Omit<LineDeps, 'now' | 'signal' | 'former'> {
  readonly ledger: Ledger;
  /** The engine's own findings. */
  readonly findings: FindingSpecs;
  /** Where it is kept over restarts what was told; nowhere unless said. */
  readonly memory?: Memory | undefined;
  /** Whether the engine steps. */
  live(): boolean;
}
/** Tells people what threatens, and what is over; calls the heartbeat while all is well. */
export interface Notifier {
  /** From now on. What a receiver was told stays known, by its name. */
  use(config: NotifyConfig): void;
  /** Compares what is with what was told. Call it again and again. Resolves when what it has begun has ended. */
  look(): Promise<void>;
  /** Of each receiver, and of the heartbeat. */
  states(): readonly ReceiverState[];
  /** Ends what is under way. */
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
 * All is well while the engine steps, each target that is required was looked at, and nothing threatens anywhere. Of
 * what is too new to be told nothing is said.
 */
function pulseOf({ targets }: Ledger, { places, threatened }: Outlook, live: boolean): Pulse {
  if (!live) return { why: 'The courier has not looked at its work for more than a minute; restart it.' };
  if (threatened === 'settled') return { why: reasonsIn(places) };
  const unseen = targets.values().some(({ managed, discoveredAt }) => managed.required && !managed.paused && discoveredAt === undefined);
  return unseen || threatened === 'new' ? 'unsure' : 'well';
}

/** Sentences beyond these are counted. */
const mostReasons = 10;

function reasonsIn(places: Outlook['places']): string {
  const all = [...places.values()].flatMap(({ threats }) => [...threats.values()].map(({ sentence }) => label(redact(sentence), 300)));
  const more = all.length - mostReasons;
  return [...all.slice(0, mostReasons), ...(more > 0 ? [`And ${more} more.`] : [])].join(' ');
}
