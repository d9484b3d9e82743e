import { Failure } from '../../src/contract/failures.ts';
import type { Receipt } from '../../src/contract/target.ts';
import type { Api } from './api.ts';
import type { Applier, Task } from './apply.ts';
import { bodyOf, type Expected, expecting, sharedBodies } from './body.ts';
import { contentIn } from './content.ts';
import { readEntries } from './entries.ts';
import { keeperOf } from './left-behind.ts';
import { mergedParts } from './merged.ts';
import { otherManagers, standingOf } from './owner.ts';
import { keptBy, taken, unchangeable } from './refusal.ts';
import { type Deleted, makeRemaker } from './remake.ts';
import type { Rest } from './rest.ts';
import { entryFindings, type Found, readSecret, type Stored, stuckIn, unrenewedIn, wantsLook, whatIs } from './secrets.ts';
import type { Means, Settings } from './settings.ts';

/** How many times a merge is tried in all while it is refused as stale. */
const attempts = 3;

interface WriterDeps extends Applier {
  readonly rest: Rest;
  readonly deleted: Deleted;
  /** What was last seen of the Secret of a namespace. */
  found(namespace: string): Found | undefined;
}

/**
 * Returns the writes to the Secret of a namespace. A write is one apply, unless the Secret has, or may have, entries of
 * other writers.
 */
export function makeWriter(api: Api, settings: Settings, means: Means, { apply, receiptOf, rest, deleted, found }: WriterDeps) {
  const { replace, mayCreate, fieldManager } = settings;
  const sharedBody = sharedBodies(settings);
  const remaker = makeRemaker(api, settings, means, { apply, receiptOf, rest, deleted });

  const asSeen = ({ version, uid }: Pick<Found, 'version' | 'uid'>): Expected => (mayCreate ? { version } : { version, uid });

  const isWhole = ({ given, hosts }: Task): boolean => given.size === hosts.length;
  async function create(task: Task): Promise<Receipt> {
    const resumed = await remaker.resume(task);
    if (resumed) return resumed;
    if (!mayCreate) throw new Failure('NOT_FOUND', `${whatIs(task.namespace, settings)} is gone.`);
    return receiptOf(task, await apply(task, sharedBody(task.given), 'refuse'));
  }

  /**
   * Creates the Secret. If another client has just created it, a merge tells whose it is, and whether it can be
   * written.
   */
  async function createOrMerge(task: Task): Promise<Receipt> {
    try {
      return await create(task);
    } catch (error) {
      if (!isStale(error) && !isUnchangeable(error)) throw error;
      return await merge(task);
    }
  }

  const mayReplace = (stored: Stored): boolean =>
    replace && stuckIn(stored) !== undefined && standingOf(stored.meta, fieldManager) !== 'foreign';

  /** Writes to exactly the version that was seen last, so that a change or a removed label since then is noticed. */
  async function update(task: Task): Promise<Receipt> {
    const seen = found(task.namespace);
    if (!isWhole(task) || !seen || wantsLook(seen)) return merge(task);
    try {
      return receiptOf(task, await apply(task, expecting(sharedBody(task.given), asSeen(seen)), 'force'));
    } catch (error) {
      if (!isStale(error) && !isUnchangeable(error)) throw error;
      return await merge(task);
    }
  }

  /** Reads the Secret, merges the given credentials into it, and applies the result to exactly that version. */
  async function merge(task: Task): Promise<Receipt> {
    const { namespace, hosts, given, signal } = task;
    for (let attempt = 1; ; attempt++) {
      const stored = await readSecret(api, settings, namespace, signal);
      if (!stored) return create(task);
      remaker.forget(namespace);
      if (mayReplace(stored)) return makeAnew(task);
      demandOurs(stored, settings, means.clock.wall());
      const content = contentIn(stored.meta, fieldManager);
      const reading = readEntries(stored.text, hosts, { replaced: given, written: content.holds });
      const body = bodyOf(settings, { ...mergedParts(content, reading, given), expected: asSeen(stored.meta) });
      const what = whatIs(namespace, settings);
      const findings = reading && [...entryFindings(what, reading, means), ...unrenewedIn(what, reading, means)];
      try {
        return receiptOf(task, await apply(task, body, 'force'), findings);
      } catch (error) {
        if (!isStale(error) || attempt === attempts) throw error;
      }
    }
  }

  /** Deletes a Secret of ours that can never be changed, and makes it again. */
  async function makeAnew(task: Task): Promise<Receipt> {
    const stored = await readSecret(api, settings, task.namespace, task.signal);
    if (!stored || !mayReplace(stored)) return merge(task);
    demandNoKeeper(stored, settings, means.clock.wall());
    return remaker.replace(task, stored);
  }

  return {
    create: (task: Task): Promise<Receipt> => (isWhole(task) ? createOrMerge(task) : merge(task)),
    /** Updates a Secret that only the courier has written to. */
    update,
    merge,
    makeAnew,
  };
}

/** Whether the write failed because the Secret can no longer be changed. */
const isUnchangeable = (error: unknown): boolean => error instanceof Failure && error.remedy === unchangeable;

/** Whether the write named a stale version. With force, that is the only conflict. */
const isStale = (error: unknown): boolean => error instanceof Failure && error.code === 'CONFLICT';

function demandOurs(stored: Stored, settings: Settings, now: number): void {
  const what = whatIs(stored.meta.namespace, settings);
  const { fieldManager } = settings;
  demandNoKeeper(stored, settings, now);
  if (standingOf(stored.meta, fieldManager) === 'foreign') throw taken(what, otherManagers(stored.meta, fieldManager, 'data'));
  const stuck = stuckIn(stored);
  if (!stuck) return;
  const why = stuck === 'type' ? `is of the type ${stored.type}, which nobody can change` : 'is immutable';
  throw new Failure('REJECTED', `${what} ${why}.`, { remedy: unchangeable });
}

function demandNoKeeper({ meta }: Stored, settings: Settings, now: number): void {
  const keeper = keeperOf(meta, settings);
  if (keeper && now < keeper.until) throw keptBy(whatIs(meta.namespace, settings), keeper.target);
}
