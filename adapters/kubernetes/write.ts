import { Failure } from '../../src/contract/failures.ts';
import type { Receipt } from '../../src/contract/target.ts';
import type { Api } from './api.ts';
import type { Applier, Task } from './apply.ts';
import { bodyOf, sharedBodies } from './body.ts';
import { readEntries } from './entries.ts';
import { mergedParts } from './merged.ts';
import { otherManagers, standingOf } from './owner.ts';
import { taken, unchangeable } from './refusal.ts';
import { removeSecret } from './remove.ts';
import { type Rest, restMs } from './rest.ts';
import { entryFindings, readSecret, type Stored, stuckIn, whatIs } from './secrets.ts';
import type { Means, Settings } from './settings.ts';

/** A write that is refused as stale is merged anew so many times in all. */
const attempts = 3;

/** Writes the Secret of a namespace: one apply, unless something of others is, or may be, in it. */
export function makeWriter(api: Api, { apply, receiptOf }: Applier, settings: Settings, means: Means, rest: Rest) {
  const { replace, fieldManager } = settings;
  const sharedBody = sharedBodies(settings);

  const isWhole = ({ given, hosts }: Task): boolean => given.size === hosts.length;
  const put = async (task: Task, clash: 'force' | 'refuse'): Promise<Receipt> =>
    receiptOf(task, await apply(task, sharedBody(task.given), clash));

  /** Reads, puts what is given beside what is not, and applies it to exactly that version. */
  async function merge(task: Task): Promise<Receipt> {
    const { namespace, hosts, given, signal } = task;
    for (let attempt = 1; ; attempt++) {
      const stored = await readSecret(api, settings, namespace, signal);
      if (!stored) return put(task, 'refuse');
      demandOurs(stored, settings);
      const reading = readEntries(stored.text, hosts, given);
      const body = bodyOf(settings, { ...mergedParts(stored, reading, given), version: stored.meta.version });
      const findings = reading && entryFindings(whatIs(namespace, settings), reading, means);
      try {
        return receiptOf(task, await apply(task, body, 'force'), findings);
      } catch (error) {
        if (!isStale(error) || attempt === attempts) throw error;
      }
    }
  }

  /**
   * Deletes what is ours and can never be changed, and makes it again: with the login that was used last, so that the
   * kubelet knows it under the new UID as well. The fresh one follows after a rest, or at once where that login does
   * not live so long.
   */
  async function makeAnew(task: Task): Promise<Receipt> {
    const { namespace, hosts, given, signal } = task;
    const stored = await readSecret(api, settings, namespace, signal);
    if (!stored || !replace || !stuckIn(stored) || standingOf(stored.meta, fieldManager) === 'foreign') return merge(task);
    await removeSecret(api, settings, stored.meta, task.way, signal);
    if (task.way === 'rehearsed') return { change: 'updated' };
    const reading = readEntries(stored.text, hosts, given);
    const former = hosts.filter(host => reading?.logins.has(host));
    if (former.length > 0) {
      const parts = mergedParts(stored, reading, new Map([...given].filter(([host]) => !former.includes(host))));
      await apply(task, bodyOf(settings, parts), 'refuse');
      const lives = (host: string): boolean => (parts.holds.get(host)?.expiresAt.getTime() ?? 0) - means.clock.wall() > 2 * restMs;
      if (former.every(lives)) {
        rest.begin(namespace);
        return { change: 'updated' };
      }
    }
    const outcome = await apply(task, bodyOf(settings, mergedParts(stored, reading, given)), 'refuse');
    return outcome ? { change: 'updated' } : receiptOf(task, outcome);
  }

  return {
    create: (task: Task): Promise<Receipt> => (isWhole(task) ? put(task, 'refuse') : merge(task)),
    /** Of a Secret that nobody but us has written to. */
    update: (task: Task): Promise<Receipt> => (isWhole(task) ? put(task, 'force') : merge(task)),
    merge,
    makeAnew,
  };
}

/** With force there is no other conflict than that of the version. */
const isStale = (error: unknown): boolean => error instanceof Failure && error.code === 'CONFLICT';

function demandOurs(stored: Stored, settings: Settings): void {
  const what = whatIs(stored.meta.namespace, settings);
  const { fieldManager } = settings;
  if (standingOf(stored.meta, fieldManager) === 'foreign') throw taken(what, otherManagers(stored.meta, fieldManager));
  const stuck = stuckIn(stored);
  if (!stuck) return;
  const why = stuck === 'type' ? `is of the type ${stored.type}, which nobody can change` : 'is immutable';
  throw new Failure('REJECTED', `${what} ${why}.`, { remedy: unchangeable });
}
