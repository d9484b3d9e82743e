import type { Deps } from '../../src/contract/adapter.ts';
import { readMark } from '../../src/contract/answer-file.ts';
import type { Registry } from '../../src/contract/registry.ts';

/** A registry that a helper was asked for, and the answer for it. */
export interface Asked {
  readonly registry: Registry;
  readonly digest: string;
  readonly at: number;
}

/** Requests within this time count as recent, in milliseconds. A helper in daily use notes its request once a day. */
const latelyMs = 7 * 24 * 3_600_000;
/** Maximum number of registries, because any user with access could name any number. */
const most = 1_000;

/** The most recent request for each registry. */
export async function askedIn(
  directory: string,
  { files, clock, registry }: Pick<Deps, 'files' | 'clock' | 'registry'>,
  signal: AbortSignal,
): Promise<readonly Asked[]> {
  if (!(await files.stat(directory, { signal }))) return [];
  const names = (await files.names(directory, { signal })).filter(name => readMark(name)?.kind === 'asked').slice(0, most);
  const marks = await Promise.all(names.map(async name => ({ name, facts: await files.stat(`${directory}/${name}`, { signal }) })));
  const newest = new Map<string, Asked>();
  for (const { name, facts } of marks) {
    const { digest = '', host = '' } = readMark(name) ?? {};
    const found = registry(host)?.registry;
    const at = facts?.changedAt.getTime() ?? 0;
    if (!found || clock.wall() - at > latelyMs || at < (newest.get(found.host)?.at ?? 0)) continue;
    newest.set(found.host, { registry: found, digest, at });
  }
  return [...newest.values()];
}
