import { release } from 'node:os';
import { adapters } from '../../adapters/index.ts';
import type { ConfigError } from '../../config/config-error.ts';
import type { Config } from '../../config/load.ts';
import { visible } from '../contract/text.ts';
import type { CredentialView, SlotView, Status, TargetView } from '../observe/status-view.ts';
import { parts, version } from '../version.ts';
import { knownAdapters } from './adapters.ts';
import { listing } from './config.ts';
import { environment } from './environment.ts';
import { statusTable } from './status-table.ts';

/** A section of the bundle. */
interface Section {
  readonly title: string;
  readonly text: string;
}

/**
 * Of a manager with thousands of slots these are enough to see how they are. Of many managers, fewer each: it is a file
 * to attach.
 */
const mostSlots = { ofTarget: 100, ofAll: 1000 };

/** Sections on this process: versions, environment, and the configuration or its mistakes. */
export async function ownSections(env: NodeJS.ProcessEnv, config: Config | ConfigError): Promise<Section[]> {
  // The mistakes include modules that failed to load.
  const known = await knownAdapters(env).catch(() => adapters);
  return [
    { title: 'Versions', text: versions() },
    { title: 'Environment', text: environment(env, known) },
    { title: 'Configuration', text: configuration(config) },
  ];
}

/** Sections that need the daemon's state. */
export function daemonSections(status: Status, metrics: string): Section[] {
  const most = Math.max(1, Math.min(mostSlots.ofTarget, Math.floor(mostSlots.ofAll / status.targets.length)));
  const credentials = status.credentials.map(one => ({ ...one, proofs: one.proofs.toSorted(byOk).slice(0, mostSlots.ofTarget) }));
  const shown = { ...status, credentials, targets: status.targets.map(target => worstOf(target, most)) };
  return [
    { title: 'Targets', text: status.targets.map(target => targetLine(target, most)).join('\n') },
    { title: 'Slots, troubles and findings', text: statusTable(shown, { color: false }) },
    { title: 'Status', text: JSON.stringify(shown, null, 1) },
    { title: 'Metrics', text: metrics },
  ];
}

export function logSection(lines: readonly string[]): Section {
  return { title: 'Log, the last lines', text: lines.join('\n') };
}

/** Joins the sections. Control characters in names from outside are escaped; line breaks stay. */
export function render(sections: readonly Section[]): string {
  const texts = sections.map(({ title, text }) => `== ${title} ==\n\n${text.trim() || 'Nothing.'}\n`);
  return visible(texts.join('\n'));
}

function versions(): string {
  const { node, v8, openssl } = process.versions;
  return [
    `ecr-courier ${version}`,
    `node ${node} (v8 ${v8}, openssl ${openssl}), ${process.platform} ${process.arch}, kernel ${release()}`,
    `started as: ${[process.execPath, ...process.execArgv].join(' ')}, by user ${process.getuid?.() ?? '-'}`,
    parts.map(([name, its]) => `${name} ${its}`).join(', '),
  ].join('\n');
}

function configuration(config: Config | ConfigError): string {
  const wrong = 'mistakes' in config ? [config.message, ''] : [];
  const warnings = 'warnings' in config ? config.warnings.map(warning => `Note: ${warning}`) : [];
  return [...wrong, ...warnings, listing(config.settings)].join('\n');
}

function targetLine({ name, kind, address, product, principal, state, slots }: TargetView, most: number): string {
  const who = principal === null ? '' : `, as ${principal}`;
  const where = `${kind} at ${address ?? 'an address not reached yet'}`;
  const many = slots.length > most ? ` (of which ${most} are shown, those in trouble first)` : '';
  // Product and principal come from the manager and must not start a new line.
  return `${name}: ${where}, ${product ?? 'version unknown'}${who}, ${state}, slots: ${slots.length}${many}`.replaceAll('\n', ' ');
}

type Proof = CredentialView['proofs'][number];
/** Those that failed come first. */
const byOk = (one: Proof, other: Proof): number => Number(one.ok) - Number(other.ok);

function worstOf(target: TargetView, most: number): TargetView {
  const fine = (slot: SlotView) => Number(slot.state === 'ok' && slot.findings.length === 0);
  const slots = target.slots.toSorted((one, other) => fine(one) - fine(other)).slice(0, most);
  return { ...target, slots };
}
