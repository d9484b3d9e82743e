import { Failure } from '../../src/contract/failures.ts';
import { label } from '../../src/contract/text.ts';
import { type Place, pathOf } from './address.ts';
import type { Api, Listed, Registry } from './api.ts';
import { createKey } from './refusal.ts';

/** Kinds of accounts that are an environment, so that the path need not name one. */
const environmentKinds = ['project', 'projectadmin', 'environment'];

interface Entered {
  readonly at: string;
  readonly listed: Listed<Registry>;
  /** Whether Rancher checked the key at all. */
  readonly checked: boolean;
}

/**
 * Lists the registries of the one environment that address and key mean. Throws MISCONFIGURED when they mean none or
 * several.
 */
export async function enter(api: Api, place: Place, signal: AbortSignal): Promise<Entered> {
  const at = pathOf(place, place.project);
  const listed = await api.registries(at, signal);
  const { kind } = listed;
  // With access control off an unknown key is not an error: Rancher takes its owner for the administrator.
  const checked = !api.hasKey || kind !== 'admin' || !(await api.isOpen(pathOf(place, undefined), signal));
  if (place.project !== undefined || kind === undefined || environmentKinds.includes(kind)) return { at, listed, checked };
  if (!checked)
    throw new Failure('AUTH', 'Rancher does not know this key: its access control is off, and it took the courier for the administrator.', {
      remedy: `Use a key of the environment (${createKey}), or leave the keys out and name the environment in the address.`,
    });
  const environments = await api.environments(at, signal);
  const [only, another] = environments;
  if (only && !another) {
    const inside = pathOf(place, only.id);
    return { at: inside, listed: await api.registries(inside, signal), checked };
  }
  const names = environments.slice(0, 20).map(({ id, name }) => `${id}${label(name) && ` (${label(name)})`}`);
  const seen = names.length > 0 ? `It sees ${names.join(', ')}.` : 'It sees none.';
  throw new Failure('MISCONFIGURED', `An account’s key, or none at all, needs the environment in the address. ${seen}`, {
    remedy: `Write the endpoint of the environment, such as ${place.url}${pathOf(place, only?.id ?? '1a5')}, or use a key of the environment.`,
  });
}
