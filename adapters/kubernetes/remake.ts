import type { Receipt } from '../../src/contract/target.ts';
import type { Api } from './api.ts';
import type { Applier, Outcome, Task } from './apply.ts';
import { bodyOf, type Parts } from './body.ts';
import { contentIn } from './content.ts';
import { readEntries } from './entries.ts';
import { mergedParts, takenOver } from './merged.ts';
import { removeSecret } from './remove.ts';
import { type Rest, restMs } from './rest.ts';
import { demandRights } from './rights.ts';
import { askedFor, type Stored } from './secrets.ts';
import type { Means, Settings } from './settings.ts';

/**
 * Secrets that were deleted here and are not made again yet, by namespace. A full quota counts a deleted Secret for a
 * moment, and nobody else has the entries of other writers in it. They hold passwords, so only memory keeps them.
 */
export type Deleted = Map<string, Stored>;

/** Replaces Secrets that can never be changed. */
interface Remaker {
  /** Deletes a Secret, and makes it again. */
  replace(task: Task, stored: Stored): Promise<Receipt>;
  /** Makes a Secret again that was deleted here, where that failed before. undefined: there is none. */
  resume(task: Task): Promise<Receipt | undefined>;
  /** Forgets what was deleted, as there is a Secret in the namespace. */
  forget(namespace: string): void;
}

/**
 * A Secret is made again with the login that was used last, so that the kubelet knows that login under the new UID as
 * well. The fresh login follows after a rest, or immediately where the former one does not live that long.
 */
export function makeRemaker(
  api: Api,
  settings: Settings,
  means: Pick<Means, 'clock'>,
  { apply, receiptOf, rest, deleted }: Applier & { readonly rest: Rest; readonly deleted: Deleted },
): Remaker {
  const { fieldManager } = settings;

  /** Does one step of making the Secret again. Once there is a Secret, what was deleted need not be known any more. */
  async function step(task: Task, parts: Parts): Promise<Outcome> {
    const outcome = await apply(task, bodyOf(settings, parts), 'refuse');
    if (task.way === 'written') deleted.delete(task.namespace);
    return outcome;
  }

  async function make(task: Task, stored: Stored): Promise<Receipt> {
    const { namespace, hosts, given, way } = task;
    const content = contentIn(stored.meta, fieldManager);
    const reading = readEntries(stored.text, hosts, { replaced: given, written: content.holds });
    const former = hosts.filter(host => reading?.logins.has(host));
    if (former.length > 0) {
      const parts = takenOver(mergedParts(content, reading, new Map([...given].filter(([host]) => !former.includes(host)))));
      const outcome = await step(task, parts);
      if (!outcome || way === 'rehearsed') return receiptOf(task, outcome);
      const lives = (host: string): boolean => (parts.holds.get(host)?.expiresAt.getTime() ?? 0) - means.clock.wall() > 2 * restMs;
      if (former.every(lives)) {
        rest.begin(namespace);
        return { change: 'updated' };
      }
    }
    const outcome = await step(task, mergedParts(content, reading, given));
    return outcome ? { change: 'updated' } : receiptOf(task, outcome);
  }

  return {
    async replace(task, stored) {
      const { namespace, way, signal } = task;
      const { what, right } = askedFor(namespace, settings, 'create', 'patch');
      await demandRights(api, what, right, namespace, signal);
      await removeSecret(api, settings, stored.meta, way, signal);
      if (way === 'rehearsed') return { change: 'updated' };
      deleted.set(namespace, stored);
      return await make(task, stored);
    },
    async resume(task) {
      const stored = deleted.get(task.namespace);
      return stored && (await make(task, stored));
    },
    forget: namespace => void deleted.delete(namespace),
  };
}
