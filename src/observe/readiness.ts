import { oneLine } from '../contract/text.ts';
import { type LeaseView, type Overview, owedTo, type SlotView, type TargetOverview } from './status-view.ts';
import { count, leaseWords } from './words.ts';

/** One condition for readiness. It is met when there are no reasons. */
interface Check {
  readonly name: string;
  /** Why the condition is not met, one sentence each. */
  readonly reasons: readonly string[];
}

/** The number of reasons that are listed for a target; further ones are only counted. */
const listed = 20;

/**
 * The courier is ready when every required target was discovered once, and every slot of these that we would write
 * holds an unexpired credential for each registry that has a source. What we must not touch (paused, not to be created,
 * no source) is a finding and never a reason, unless a login of ours is known to have ended there. A target without
 * slots is ready, and so is a courier that stands by.
 */
export function checksOf({ targets, lease }: Pick<Overview, 'targets' | 'lease'>): Check[] {
  const checks: Check[] = [{ name: 'configuration loaded', reasons: [] }, ...(lease ? [leaseCheck(lease)] : [])];
  for (const target of targets) {
    if (!target.required || target.paused) continue;
    checks.push({ name: `${target.name}: discovered`, reasons: target.discoveredAt === null ? [undiscovered(target)] : [] });
    if (target.discoveredAt !== null) checks.push({ name: `${target.name}: slots hold credentials`, reasons: unserved(target) });
  }
  return checks;
}

/** unready: one sentence for each reason. */
export function readinessOf(overview: Pick<Overview, 'targets' | 'lease'>): { readonly ready: boolean; readonly unready: string[] } {
  const unready = checksOf(overview).flatMap(({ reasons }) => reasons);
  return { ready: unready.length === 0, unready };
}

function leaseCheck(lease: LeaseView): Check {
  const why = lease.message ?? 'nobody is known to lead yet.';
  return { name: `${lease.name}: ${leaseWords(lease)}`, reasons: lease.state === 'asking' ? [oneLine(`${lease.name}: ${why}`)] : [] };
}

function undiscovered({ name, trouble }: TargetOverview): string {
  return trouble
    ? oneLine(`${name} could not be discovered yet (${trouble.code}): ${trouble.message.replace(/\.$/, '')}.`)
    : `${name} is not discovered yet.`;
}

function unserved(target: TargetOverview): string[] {
  const lacking: string[] = [];
  let more = 0;
  for (const slot of target.slots)
    for (const sentence of lacks(target, slot))
      if (lacking.length < listed) lacking.push(sentence);
      else more++;
  return more > 0 ? [...lacking, `${target.name}: and ${count(more, 'more credential')} missing or expired.`] : lacking;
}

function lacks(target: TargetOverview, slot: SlotView): string[] {
  if (slot.state === 'absent') return [];
  return owedTo(slot)
    .filter(({ valid }) => !valid)
    .map(({ host, expiresAt }) => {
      const about =
        expiresAt === null ? `no credential for ${host} was delivered yet` : `its credential for ${host} expired at ${expiresAt}`;
      return oneLine(`${target.name}, ${slot.title}: ${about}${slot.trouble ? ` (${slot.trouble.code})` : ''}.`);
    });
}
