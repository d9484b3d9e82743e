import type { Adapter } from '../src/contract/adapter.ts';
import type { Registry } from '../src/contract/registry.ts';
import type { Proxies } from '../src/io/proxies.ts';
import { wrongAmong } from './among.ts';
import { maker as cattle, isTakenOver, targetOf } from './cattle.ts';
import { type Env, fromCredentials, overlay, shortForm } from './env.ts';
import type { Item } from './files.ts';
import { isName } from './formats.ts';
import { type Entries, isBlank, type Origin, type Placed, textOf } from './origin.ts';
import type { Listed, Report } from './read.ts';
import { targetTable } from './target-options.ts';

/** A configured target that is not validated yet: its name, its adapter and its options. */
export interface Draft extends Item {
  readonly name: string;
  readonly path: string;
  readonly adapter: Adapter;
}

/** What targets are made of, beside the files. */
export interface Surroundings {
  readonly adapters: readonly Adapter[];
  readonly env: Env;
  /** Paths of the files in $CREDENTIALS_DIRECTORY by name. */
  readonly credentials: ReadonlyMap<string, string>;
  /** Any registry in the region of the source `default`. undefined: no region is configured. */
  readonly home: Registry | undefined;
  readonly proxies: Proxies;
  /** Why a cron pattern cannot be used; undefined when it can. */
  readonly checkCron?: ((pattern: string) => string | undefined) | undefined;
}

/**
 * Drafts the targets of the files, applies variables to those that are named after their kind, and adds the targets
 * that the environment makes.
 */
export function draftTargets(items: readonly Listed[], { adapters, env, credentials }: Surroundings, report: Report): Draft[] {
  const drafts = fromFiles(items, adapters, report);
  for (const adapter of adapters) {
    const { kind } = adapter;
    const short = shortForm(adapter, env);
    const lying = fromCredentials(targetTable(adapter), credentials);
    const at = drafts.findIndex(({ name, adapter }) => name === kind && adapter.kind === kind);
    const mine = drafts[at];
    if (mine && short.needs === cattle && isTakenOver(mine, env, report)) continue;
    if (mine) drafts[at] = { ...mine, entries: overlay(lying, mine.entries, short.entries) };
    else if (short.maker) {
      const former = short.needs === cattle ? targetOf(env, report) : new Map<string, Placed>();
      drafts.push(made(adapter, overlay(lying, former, short.entries), short.maker.origin));
    } else
      for (const { origin } of short.entries.values())
        report.mistakes.push({
          path: '',
          origin: origin.text,
          message: `has no effect alone: set ${short.needs}${env[short.needs] === '' ? ', which is empty' : ''}, or give a target of a file the name ${kind}`,
        });
  }
  return drafts;
}

function made(adapter: Adapter, entries: Entries, origin: Origin): Draft {
  const { kind } = adapter;
  const said: [string, Placed][] = ['name', 'kind'].map(key => [key, { value: kind, origin }]);
  return { name: kind, path: `targets.${kind}`, adapter, entries: new Map([...said, ...entries]), origin };
}

function fromFiles(items: readonly Listed[], adapters: readonly Adapter[], report: Report): Draft[] {
  const kinds = adapters.map(({ kind }) => kind);
  const taken = new Set(items.map(({ entries }) => textOf(entries, 'name')));
  return items.flatMap(({ entries, origin, at }) => {
    const kind = textOf(entries, 'kind');
    const adapter = adapters.find(adapter => adapter.kind === kind);
    if (!adapter) {
      const from = entries.get('kind')?.origin ?? origin;
      const message = (kind && wrongAmong(kind, kinds)) || `must be set: one of ${kinds.join(', ')}`;
      report.mistakes.push({ path: `targets[${at}].kind`, origin: from.text, message });
      return [];
    }
    const name = textOf(entries, 'name') || freeName(kind, taken);
    taken.add(name);
    const path = isName(name) ? `targets.${name}` : `targets[${at}]`;
    const said = isBlank(entries.get('name')) ? new Map<string, Placed>([...entries, ['name', { value: name, origin }]]) : entries;
    return [{ name, path, adapter, entries: said, origin }];
  });
}

/** The first of kind, kind-2, kind-3 and so on that is free. */
function freeName(kind: string, taken: ReadonlySet<string>): string {
  for (let count = 1; ; count++) {
    const name = count === 1 ? kind : `${kind}-${count}`;
    if (!taken.has(name)) return name;
  }
}
