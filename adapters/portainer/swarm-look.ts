import type { Deps } from '../../src/contract/adapter.ts';
import { asFailure, Failure } from '../../src/contract/failures.ts';
import { inTime } from '../../src/contract/in-time.ts';
import type { Finding } from '../../src/contract/target.ts';
import type { Found, Seen } from '../common/swarm/survey.ts';
import type { Environment } from './environments.ts';
import type { Code } from './findings.ts';

/** The result of a look at the Swarm behind one environment. */
interface Outlook {
  readonly environment: Environment;
  /** The id of its oldest service, which identifies the Swarm, from this look or from the last successful one. */
  readonly oldest?: string | undefined;
  readonly seen: Seen | Failure;
}

/**
 * Deadlines in milliseconds for the list of environments and for each environment, so that a hanging one delays neither
 * registries nor others. Their sum is below the deadline of a discovery.
 */
export const patience = { list: 8_000, environment: 15_000 } as const;

/** Looks at environments concurrently, and remembers which Swarm each one led to. */
export function makeOutlooks(survey: (environment: Environment, signal: AbortSignal) => Promise<Seen>, { clock }: Deps<Code>) {
  const swarms = new Map<number, string>();

  async function lookAt(environment: Environment, signal: AbortSignal): Promise<Outlook> {
    const seen = await inTime({ clock, ms: patience.environment, signal }, ends => survey(environment, ends)).catch(asFailure);
    if (seen instanceof Failure && signal.aborted) throw seen;
    if (!(seen instanceof Failure) && seen.oldest !== undefined) swarms.set(environment.id, seen.oldest);
    return { environment, oldest: swarms.get(environment.id), seen };
  }

  return {
    look: (environments: readonly Environment[], signal: AbortSignal): Promise<Outlook[]> =>
      Promise.all(environments.map(one => lookAt(one, signal))),
    /** All environments that lead to the same Swarm as this one, including itself. */
    alike: ({ id }: Pick<Environment, 'id'>): readonly number[] => {
      const same = [...swarms].filter(([, oldest]) => oldest === swarms.get(id)).map(([other]) => other);
      return same.includes(id) ? same : [id];
    },
  };
}

/** One result per Swarm. A socket and an agent may lead to the same Swarm; the first environment counts. */
export function distinct(outlooks: readonly Outlook[]): { readonly environment: Environment; readonly seen: Seen }[] {
  const known = new Set<string>();
  return outlooks.flatMap(({ environment, oldest, seen }) => {
    if (seen instanceof Failure || (oldest !== undefined && known.has(oldest))) return [];
    if (oldest !== undefined) known.add(oldest);
    return [{ environment, seen }];
  });
}

/** Environments whose Swarm was not seen through another environment either. */
export function hidden(outlooks: readonly Outlook[]): Environment[] {
  const known = new Set(distinct(outlooks).map(({ seen }) => seen.oldest));
  return outlooks.flatMap(({ environment, oldest, seen }) =>
    seen instanceof Failure && (oldest === undefined || !known.has(oldest)) ? [environment] : [],
  );
}

/** Findings on environments that could not be read. */
export function unseenFindings(outlooks: readonly Outlook[], { finding }: Deps<Code>): Finding[] {
  return outlooks.flatMap(({ environment: { name }, seen }) =>
    seen instanceof Failure ? [finding('SWARM_UNSEEN', ...told(`The Swarm of the environment ${name} could not be looked at`, seen))] : [],
  );
}

/** The message and the remedy of a finding. For a TIMEOUT, the remedy of the table is better than a longer wait. */
export function told(what: string, { code, message, remedy }: Failure): [string, string?] {
  return code === 'TIMEOUT' ? [`${what}: ${message}`] : [`${what}: ${message}`, remedy];
}

/** Findings on services whose host has no row. */
export function withoutRow(found: readonly Found[], rowOf: (host: string) => string | undefined, { finding }: Deps<Code>): Finding[] {
  const missing = found.filter(({ registry }) => rowOf(registry.host) === undefined);
  return [...Map.groupBy(missing, ({ registry }) => registry.host)].map(([host, { length }]) =>
    finding(
      'SWARM_WITHOUT_ROW',
      `There is no registry of Portainer for ${host}, which ${length === 1 ? 'one service of a Swarm needs' : `${length} services of Swarms need`}.`,
    ),
  );
}
