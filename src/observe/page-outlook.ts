import { parseAddress } from '../contract/registry.ts';
import { type Html, html } from './html.ts';
import { type Now, when } from './page-parts.ts';
import { type CredentialView, type HoldingView, owedTo, type Status } from './status-view.ts';

interface Login {
  readonly target: string;
  readonly held: HoldingView;
}

/** Says when the first pull will fail unless the failures are fixed, or that some pulls may fail already. */
export function firstFailure(status: Status, now: Now): Html {
  const unseen = status.targets.find(({ trouble, discoveredAt }) => trouble !== null && discoveredAt === null);
  if (unseen) return html`Pulls through ${unseen.name} may fail already: nobody knows what it holds, as it was not discovered yet.`;
  const logins = endangered(status);
  const endOf = ({ held: { expiresAt } }: Login): number => (expiresAt === null ? Number.NEGATIVE_INFINITY : Date.parse(expiresAt));
  const [first] = logins.toSorted((a, b) => endOf(a) - endOf(b));
  if (first === undefined) return html`No login that is held depends on it.`;
  const { target, held } = first;
  if (held.expiresAt === null) return html`Pulls from ${held.host} through ${target} may fail already: no login was delivered there yet.`;
  if (endOf(first) <= now.there)
    return html`Pulls from ${held.host} through ${target} fail: its login expired ${when(held.expiresAt, now.there)}.`;
  return html`The first pull fails ${when(held.expiresAt, now.there)}, when the login for ${held.host} in ${target} expires.`;
}

const scopeOf = ({ source, region, service }: Pick<CredentialView, 'source' | 'region' | 'service'>): string =>
  `${source} ${region} ${service}`;

/** Logins that are expired or missing, or whose renewal fails: at the slot, at its target or at the source. */
function endangered({ targets, credentials }: Status): Login[] {
  const failing = new Set(credentials.filter(one => one.trouble !== null || one.state === 'expired').map(scopeOf));
  const isFed = ({ source, host }: HoldingView): boolean => {
    const registry = parseAddress(host)?.registry;
    return source === null || registry === undefined || !failing.has(scopeOf({ source, ...registry }));
  };
  return targets
    .filter(target => !target.paused)
    .flatMap(({ name, trouble, slots }) =>
      slots
        .filter(({ state }) => state !== 'absent')
        .flatMap(slot => {
          const stuck = trouble !== null || slot.state === 'failing';
          return owedTo(slot)
            .filter(held => stuck || !held.valid || !isFed(held))
            .map(held => ({ target: name, held }));
        }),
    );
}
