import type { Deps } from '../../src/contract/adapter.ts';
import { readMark } from '../../src/contract/answer-file.ts';
import type { Registry } from '../../src/contract/registry.ts';

/** A registry that somebody asked for, and the answer that was given for it. */
export interface Asked {
  readonly registry: Registry;
  readonly digest: string;
  readonly at: number;
}

/** Whoever asks every day says so once a day. In milliseconds. */
const latelyMs = 7 * 24 * 3_600_000;
/** Whoever may write there could name any number. */
const most = 1_000;

/** For each registry that somebody asked for lately, the last one who did. */
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
