import { release } from 'node:os';
import { adapters } from '../../adapters/index.ts';
import type { Config, ConfigError } from '../../config/load.ts';
import { visible } from '../contract/text.ts';
import type { SlotView, Status, TargetView } from '../observe/status-view.ts';
import { parts, version } from '../version.ts';
import { knownAdapters } from './adapters.ts';
import { listing } from './config.ts';
import { environment } from './environment.ts';
import { statusTable } from './status-table.ts';

/** A part of the bundle: a heading, and text under it. */
export interface Section {
  readonly title: string;
  readonly text: string;
}

/** Of a manager with thousands of slots these are enough to see how they are. */
const mostSlots = 100;

/** What a process can say of itself: versions, environment, and its configuration or what is wrong with it. */
export async function ownSections(env: NodeJS.ProcessEnv, config: Config | ConfigError): Promise<Section[]> {
  // Modules that cannot be loaded are among the mistakes.
  const known = await knownAdapters(env).catch(() => adapters);
  return [
    { title: 'Versions', text: versions() },
    { title: 'Environment', text: environment(env, known) },
    { title: 'Configuration', text: configuration(config) },
  ];
}

/** What only the daemon knows. */
export function daemonSections(status: Status, metrics: string): Section[] {
  const shown = { ...status, targets: status.targets.map(shortened) };
  return [
    { title: 'Targets', text: status.targets.map(targetLine).join('\n') },
    { title: 'Slots, troubles and findings', text: statusTable(shown, { color: false }) },
    { title: 'Status', text: JSON.stringify(shown, null, 1) },
    { title: 'Metrics', text: metrics },
  ];
}

export function logSection(lines: readonly string[]): Section {
  return { title: 'Log, the last lines', text: lines.join('\n') };
}

/** What outsiders named cannot steer a terminal or pretend to be something else, but lines stay lines. */
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

function targetLine({ name, kind, address, product, principal, state, slots }: TargetView): string {
  const who = principal === null ? '' : `, as ${principal}`;
  const where = `${kind} at ${address ?? 'an address not reached yet'}`;
  const many = slots.length > mostSlots ? ` (of which ${mostSlots} are shown, those in trouble first)` : '';
  // Product and principal are the manager's words: they begin no line of their own.
  return `${name}: ${where}, ${product ?? 'version unknown'}${who}, ${state}, slots: ${slots.length}${many}`.replaceAll('\n', ' ');
}

function shortened(target: TargetView): TargetView {
  const fine = (slot: SlotView) => Number(slot.state === 'ok' && slot.findings.length === 0);
  const slots = target.slots.toSorted((one, other) => fine(one) - fine(other)).slice(0, mostSlots);
  return { ...target, slots };
}
