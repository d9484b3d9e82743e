import type { Api } from './api.ts';
import { readEntries } from './entries.ts';
import { secretType } from './names.ts';
import type { Meta } from './objects.ts';
import { foundIn, readSecret, wantsLook } from './secrets.ts';
import type { Settings } from './settings.ts';

/**
 * Says what a Secret of ours holds that the courier did not write, as the end of its name for people. Empty: nothing,
 * which its metadata alone tells of most.
 */
export async function besidesIn(api: Api, settings: Settings, meta: Meta, signal: AbortSignal): Promise<string> {
  const found = foundIn(meta, settings);
  if (!wantsLook(found)) return '';
  const stored = await readSecret(api, settings, meta.namespace, signal);
  if (!stored) return '';
  if (stored.type !== secretType) return ` of the type ${stored.type}`;
  const reading = readEntries(stored.text, [], { written: found.content.holds });
  const count = (reading?.others.length ?? 0) + (reading?.beside.length ?? 0);
  return count === 0 ? '' : ` with ${count === 1 ? 'one entry' : `${count} entries`} that the courier did not write`;
}
