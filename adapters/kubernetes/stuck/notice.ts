import type { makeEvents } from '../events.ts';
import { metaOf } from '../objects.ts';
import type { makeSlots } from '../slots.ts';
import type { Restarts } from './restarts.ts';

/** Adds the pods that should be restarted to the slots of a namespace, where ServiceAccounts are among them. */
export const withPods =
  (slotsOf: ReturnType<typeof makeSlots>, restarts: Pick<Restarts, 'slotsOf'> | undefined): ReturnType<typeof makeSlots> =>
  (namespace, view) => {
    const slots = slotsOf(namespace, view);
    const [leader, ...accounts] = slots;
    return restarts && leader && accounts.length > 0 ? [...slots, ...restarts.slotsOf(namespace, leader.id)] : slots;
  };

/** Notices which ServiceAccounts begin to name the Secret, by whoever's doing. */
export const noticing =
  (take: ReturnType<typeof makeEvents>, restarts: Pick<Restarts, 'attached'> | undefined): ReturnType<typeof makeEvents> =>
  async (view, kind, event, signal) => {
    const told = await take(view, kind, event, signal);
    const namespace = metaOf(event.object)?.namespace;
    const isAttached = told.some(one => 'slot' in one && one.slot.ref.kind === 'account' && one.slot.state === 'present');
    if (restarts && kind === 'serviceaccounts' && namespace !== undefined && isAttached) restarts.attached(namespace);
    return told;
  };
