import type { Config } from '../../config/load.ts';
import { noneNamed } from '../../config/nearest.ts';
import { readSecret } from '../../config/secrets.ts';
import type { App } from '../app.ts';
import type { Log } from '../contract/adapter.ts';
import { asFailure } from '../contract/failures.ts';
import type { Secret } from '../contract/secret.ts';
import { capital, few } from '../contract/text.ts';
import { leaseWords } from '../observe/words.ts';

/** Handles a request for a refresh, of one target or of all, and returns the reply for the caller. */
export function refreshBy(app: App) {
  return async (target?: string) => {
    const { courier } = app;
    const { lease } = app.overview();
    if (lease && lease.state !== 'leading')
      return { ok: false, message: `${lease.name}: ${leaseWords(lease)}. Only the courier that leads can refresh.` };
    const { targets, date } = courier.ledger;
    const known = [...targets.keys()];
    if (target !== undefined && targets.get(target)?.managed.paused)
      return { ok: false, message: `${target} is paused in the configuration: nothing is sent to it.` };
    const postponed = courier.refresh(target);
    if (!postponed) return { ok: false, message: capital(noneNamed('target', target ?? '', known)).replace(/[^?]$/, '$&.') };
    const working = known.filter(name => !targets.get(name)?.managed.paused);
    const later = postponed.map(({ what, why, until }) => {
      const when = until === undefined ? 'Left alone' : `Postponed until ${date(until).toISOString()}`;
      return ` ${when}: ${what} (${why.replace(/\.$/, '')}).`;
    });
    return {
      ok: true,
      message: `Looking at ${target ?? few(working)} and writing every slot, with a new token as soon as one may be fetched.${later.join('')} \`status\` shows what comes of it.`,
    };
  };
}

/**
 * Reads the admin token again for each request; undefined while there is none. The reason is logged once until it
 * changes, because the HTTP response only says that these endpoints are off.
 */
export function adminTokenReader(config: () => Config, log: Log): () => Promise<Secret | undefined> {
  let said: string | undefined;
  return async () => {
    const { adminToken } = config().server;
    try {
      const token = adminToken && (await readSecret(adminToken, 'the admin token'));
      if (token && said !== undefined) log.info('admin token read again');
      said = undefined;
      return token;
    } catch (error) {
      const { message, remedy } = asFailure(error);
      if (message !== said) log.warn('no admin token', { error: message, remedy });
      said = message;
      return undefined;
    }
  };
}
