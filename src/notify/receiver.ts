import type { ReceiverFormat } from '../contract/receiver.ts';
import type { ReceiverState } from '../observe/receiver-view.ts';
import { type Book, forget, newsFor, note } from './book.ts';
import { forms } from './formats/forms.ts';
import { type Configured, createLine, type LineDeps } from './line.ts';
import { messagesOf, type Sender } from './message.ts';
import type { Outlook } from './outlook.ts';

export interface ReceiverConfigured extends Configured {
  readonly format: ReceiverFormat;
}
interface ReceiverDeps extends LineDeps {
  /** What the receiver was told, by this or a previous process. */
  readonly book: Book;
  sender(): Sender;
  /** Called when the book has changed. */
  told(): void;
}
export interface Receiver {
  readonly state: ReceiverState;
  readonly book: Book;
  /** Reports changes that were not reported yet. Nothing is queued: the next step compares again after a failure. */
  step(outlook: Outlook): Promise<void>;
}

/**
 * The delay between messages, in milliseconds. Slack accepts one a second, others a few
 * (docs.slack.dev/apis/web-api/rate-limits).
 */
const betweenMessages = 2000;

export function createReceiver(configured: ReceiverConfigured, deps: ReceiverDeps): Receiver {
  const { book, log, now, clock, signal } = deps;
  const line = createLine(configured, deps);
  const form = forms[configured.format];
  let isTelling = false;

  async function tell(outlook: Outlook): Promise<void> {
    const messages = messagesOf(newsFor(book, outlook, now()), deps.sender());
    for (const [at, { message, news }] of messages.entries()) {
      if (at > 0) await clock.sleep(betweenMessages, signal);
      if ((await line.bring(address => form(message, address))) === 'failed') return;
      for (const one of news) note(book, one, now());
      log.info('notified', { receiver: configured.name, event: message.event, target: message.target ?? undefined, title: message.title });
      deps.told();
    }
  }

  return {
    get state() {
      return line.state;
    },
    book,
    async step(outlook) {
      forget(book, now());
      if (isTelling) return;
      isTelling = true;
      try {
        if (await line.isFree()) await tell(outlook);
      } finally {
        isTelling = false;
      }
    },
  };
}
