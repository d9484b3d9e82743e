import type { Log } from '../contract/adapter.ts';
import { asFailure, type Failure } from '../contract/failures.ts';
import type { Answer } from '../contract/http.ts';
import type { SecretAddress } from '../contract/receiver.ts';
import type { Moment } from '../courier/ledger.ts';
import { retryPause } from '../courier/timing.ts';
import type { ReceiverState } from '../observe/receiver-view.ts';
import type { Outgoing } from './formats/form.ts';
import { send, type Way } from './send.ts';

/** The configuration of a receiver, or of the heartbeat. */
export interface Configured {
  readonly name: string;
  readonly format: string;
  readonly caFile: string | undefined;
  /** The option that names the file, such as notify.slack.caFile. */
  readonly caFileNamed: string;
  /** The maximum pause after a failure, except for one that the receiver asked for. */
  readonly longestPauseMs?: number;
  /** host:port, where the configuration itself contains the address. */
  readonly host: string | undefined;
  /** Reads the address. Throws a Failure while its file cannot be used. */
  open(): Promise<SecretAddress>;
}
export interface LineDeps extends Omit<Way, 'caFile' | 'caFileNamed'> {
  readonly log: Log;
  /** The time on the engine's time line. */
  now(): Moment;
  readonly random: () => number;
  /** Ends requests in flight. */
  readonly signal: AbortSignal;
  /** The state before a reload. It is kept, but without its pause. */
  readonly former?: ReceiverState | undefined;
}
/** The connection to one address. */
interface Line {
  readonly state: ReceiverState;
  /** Whether it can be used now: nothing is in flight, and it is not paused, or its file holds another address. */
  isFree(): Promise<boolean>;
  /** Sends the request that `make` returns. A failure is logged and starts a pause. Never throws. */
  bring(make: (address: URL) => Outgoing, check?: (answer: Answer) => Failure | undefined): Promise<'taken' | 'failed'>;
}

export function createLine(configured: Configured, deps: LineDeps): Line {
  const { name, format, caFile, caFileNamed } = configured;
  const { log, now } = deps;
  let address: SecretAddress | undefined;
  let { trouble, succeededAt }: Partial<Pick<ReceiverState, 'trouble' | 'succeededAt'>> = deps.former ?? {};
  let notBefore = Number.NEGATIVE_INFINITY;
  let isBusy = false;
  const about = () => ({ receiver: name, format, host: address?.host ?? configured.host });

  function failed(failure: Failure, began: Moment): void {
    const before = trouble;
    trouble = { failure, count: (before?.count ?? 0) + 1, since: before?.since ?? began };
    const pause = retryPause(failure, trouble.count, deps.random);
    const longest = failure.facts.retryAfterMs === undefined ? configured.longestPauseMs : undefined;
    notBefore = now() + Math.min(pause, longest ?? pause);
    const { code, message, remedy } = failure;
    const data = { ...about(), code, count: trouble.count, error: message };
    if (before?.failure.code === code) log.debug('receiver failed', data);
    else log.warn('receiver failed', { ...data, remedy });
  }

  function succeeded(): void {
    if (trouble) log.info('receiver works again', { ...about(), downtime_seconds: Math.round((now() - trouble.since) / 1000) });
    [trouble, notBefore, succeededAt] = [undefined, Number.NEGATIVE_INFINITY, now()];
  }

  return {
    get state() {
      return { name, format, host: address?.host ?? configured.host, trouble, succeededAt, notBefore };
    },
    async isFree() {
      if (isBusy || now() >= notBefore) return !isBusy;
      const next = await configured.open().catch(() => undefined);
      return next !== undefined && next.reveal().href !== address?.reveal().href;
    },
    async bring(make, check) {
      const began = now();
      isBusy = true;
      try {
        address = await configured.open();
        const answer = await send(make(address.reveal()), { clock: deps.clock, env: deps.env, caFile, caFileNamed }, deps.signal);
        const wrong = check?.(answer);
        if (wrong) throw wrong;
        succeeded();
        return 'taken';
      } catch (error) {
        if (!deps.signal.aborted) failed(asFailure(error), began);
        return 'failed';
      } finally {
        isBusy = false;
      }
    },
  };
}
