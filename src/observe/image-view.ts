import { redact } from '../contract/secret.ts';
import type { Ledger, Verification } from '../courier/ledger.ts';
import type { ImageView } from './status-view.ts';

/** Redacts messages, because registries may repeat what they were sent. */
export function imageView(ledger: Ledger, { name, image: { registry }, scope, result, succeededAt, notBefore }: Verification): ImageView {
  const time = (moment: number | undefined) => (moment === undefined ? null : ledger.date(moment).toISOString());
  return {
    image: name,
    state: result ? (result.ok ? 'ok' : result.refused ? 'refused' : 'unproven') : 'waiting',
    message: result && !result.ok ? redact(result.message) : null,
    askedAt: time(result?.at),
    succeededAt: time(succeededAt),
    nextAt: scope || registry.service === 'ecr-public' ? time(notBefore) : null,
  };
}
