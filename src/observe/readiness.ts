import type { SlotView, TargetView } from './status-view.ts';
import { count } from './words.ts';

/** One thing that must be so before the courier is ready. No reasons: it is. */
export interface Check {
  readonly name: string;
  /** One sentence each. */
  readonly reasons: readonly string[];
}

/** More slots than these are counted, not listed. */
const listed = 20;

/**
 * Ready: every required target was discovered once, and every slot of theirs that we would write holds an unexpired credential for each registry that has a source.
 * What we may not touch (paused, not to be created, no source) is a finding and never a reason; a target without slots is ready.
 */
export function checksOf(targets: readonly TargetView[]): Check[] {
  const checks: Check[] = [{ name: 'configuration loaded', reasons: [] }];
  for (const target of targets) {
    if (!target.required || target.paused) continue;
    checks.push({ name: `${target.name}: discovered`, reasons: target.discoveredAt === null ? [undiscovered(target)] : [] });
    if (target.discoveredAt !== null) checks.push({ name: `${target.name}: slots hold credentials`, reasons: unserved(target) });
  }
  return checks;
}

function undiscovered({ name, trouble }: TargetView): string {
  return trouble
    ? `${name} could not be discovered yet (${trouble.code}): ${trouble.message.replace(/\.$/, '')}.`
    : `${name} is not discovered yet.`;
}

function unserved(target: TargetView): string[] {
  const lacking = target.slots.flatMap(slot => lacks(target, slot));
  const more = lacking.length - listed;
  return more > 0 ? [...lacking.slice(0, listed), `${target.name}: and ${count(more, 'more credential')} missing or expired.`] : lacking;
}

function lacks(target: TargetView, slot: SlotView): string[] {
  if (slot.state === 'absent') return [];
  return slot.registries
    .filter(holding => holding.source !== null && !holding.valid)
    .map(({ host, expiresAt }) => {
      const about =
        expiresAt === null ? `no credential for ${host} was delivered yet` : `its credential for ${host} expired at ${expiresAt}`;
      return `${target.name}, ${slot.title}: ${about}${slot.trouble ? ` (${slot.trouble.code})` : ''}.`;
    });
}
