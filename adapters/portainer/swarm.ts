import type { Deps } from '../../src/contract/adapter.ts';
import type { Credentials } from '../../src/contract/credential.ts';
import { asFailure, Failure } from '../../src/contract/failures.ts';
import type { About, Discovery, Finding, Receipt, Rehearsal, Slot } from '../../src/contract/target.ts';
import { label } from '../../src/contract/text.ts';
import { mapOf, textOf } from '../common/shapes.ts';
import type { Choice } from '../common/swarm/choice.ts';
import { encodedLogin, openEngine } from '../common/swarm/engine.ts';
import { makeRefresher, type Refresher } from '../common/swarm/refresh.ts';
import { type Found, makeSurvey } from '../common/swarm/survey.ts';
import { makeWritten } from '../common/swarm/written.ts';
import type { Api } from './api.ts';
import { type Environment, isServed, readEnvironments, replacesLogins } from './environments.ts';
import type { Code } from './findings.ts';
import { awsEcr, type Ref, type ServiceRef } from './survey.ts';

/** Tells an agent that it must be a manager of the Swarm that answers, and which it is not itself. */
export const managerHeader = 'X-PortainerAgent-ManagerOperation';

/** The services of the Swarms behind a Portainer. Each gets the login that lies in a row, by the number of that row. */
export interface Swarms {
  /** rows: what there is for registries. version: of Portainer, where it is known. */
  survey(
    rows: readonly Slot<Ref>[],
    version: string | undefined,
    signal: AbortSignal,
  ): Promise<Pick<Discovery<Ref>, 'slots' | 'findings' | 'unseen'> & Pick<About, 'reaches'>>;
  refresh(ref: ServiceRef, credentials: Credentials, signal: AbortSignal): Promise<Receipt>;
  rehearse(ref: ServiceRef, signal: AbortSignal): Promise<Rehearsal>;
}

type Report = Awaited<ReturnType<Swarms['survey']>>;

export function makeSwarms({ ask, refused }: Api, choice: Choice, deps: Deps<Code>): Swarms {
  const written = makeWritten(deps);
  const opened = new Map<number, { readonly survey: ReturnType<typeof makeSurvey>; readonly refresher: Refresher }>();

  function open(environment: number) {
    const known = opened.get(environment);
    if (known) return known;
    const engine = openEngine({
      // Portainer knows its paths without a version, and the engine takes those in its own one.
      versions: 'unnamed',
      // It reads answers into Go's maps, where each number is a float64 (source, develop of 2026).
      numbers: 'rounded',
      refused,
      ask: (method, path, { signal, headers, ...more }) =>
        ask(method, `/api/endpoints/${environment}/docker${path}`, signal, { ...more, headers: { ...headers, [managerHeader]: '1' } }),
    });
    const parts = { engine, choice, written, ended: new Set<string>() };
    const made = { survey: makeSurvey(parts, deps), refresher: makeRefresher({ ...parts, stops: 'slot' }, deps) };
    opened.set(environment, made);
    return made;
  }

  async function lookAt(
    { id, name }: Environment,
    rowOf: RowOf,
    signal: AbortSignal,
  ): Promise<Report & { readonly found: readonly Found[] }> {
    const { survey, refresher } = open(id);
    const stopped = refresher.stopped();
    const seen = await survey(signal).catch(asFailure);
    if (seen instanceof Failure) {
      if (signal.aborted) throw seen;
      const message = `The Swarm of the environment ${name} could not be looked at: ${seen.message}`;
      return { slots: [], found: [], findings: [deps.finding('SWARM_UNSEEN', message, seen.remedy)], unseen: [`swarm/${id}`] };
    }
    const { found, findings, oldest } = seen;
    const slots = found.map(one => slotOf(id, stopped ? { ...one, state: 'waiting' } : one, rowOf(one.registry.host)));
    const reaches = oldest === undefined ? [] : [oldest];
    return {
      slots,
      found,
      reaches,
      findings: [...findings, ...(stopped ? [deps.finding('SWARM_STOPPED', stopped.message, stopped.remedy)] : [])],
    };
  }

  /** A number that Portainer does not find goes to the engine as it is, which takes it for the login (2.23, source). */
  async function demandRow(row: string, host: string, signal: AbortSignal): Promise<void> {
    const answer = await ask('GET', `/api/registries/${row}`, signal);
    if (answer.status !== 200) throw refused(answer);
    const { Id, Type, URL, Authentication } = mapOf(answer.json());
    const isRow = String(Id) === row && Type !== awsEcr && Authentication === true && deps.registry(textOf(URL))?.registry.host === host;
    if (!isRow) throw new Failure('NOT_FOUND', `Registry ${row} holds no login for ${host} any more, so no service is given it.`);
  }

  return {
    async survey(rows, version, signal) {
      const environments = (await readEnvironments({ ask, refused }, signal)).filter(isServed);
      if (environments.length === 0) return { slots: [], findings: [] };
      if (!replacesLogins(version)) return { slots: [], findings: [unsupported(version, deps)], unseen: ['swarm'] };
      await written.recall();
      const rowOf = rowsOf(rows);
      const reports = await Promise.all(environments.map(one => lookAt(one, rowOf, signal)));
      const found = reports.flatMap(report => report.found);
      if (!reports.some(({ unseen }) => unseen)) written.keep(new Set(found.map(({ id }) => id)));
      return {
        slots: once(reports.flatMap(({ slots }) => slots)),
        findings: [...reports.flatMap(({ findings }) => findings), ...withoutRow(found, rowOf, deps)],
        unseen: reports.flatMap(({ unseen = [] }) => unseen),
        reaches: reports.flatMap(({ reaches = [] }) => reaches),
      };
    },
    async refresh({ environment, service, host, row }, credentials, signal) {
      await demandRow(row, host, signal);
      const login = encodedLogin({ registryId: Number(row) });
      return await open(environment).refresher.refresh({ id: service, host, login, credential: credentials.get(host) }, signal);
    },
    rehearse: ({ environment, service, host }, signal) => open(environment).refresher.rehearse({ id: service, host }, signal),
  };
}

const unsupported = (version: string | undefined, { finding }: Deps<Code>): Finding =>
  finding(
    'SWARM_UNSUPPORTED',
    `${version ? `Portainer ${label(version)}` : 'A Portainer that does not say its version'} gives services no login.`,
  );

type RowOf = (host: string) => string | undefined;

/** The id of the row that holds the login for a host: the first, as swarm stacks take it. */
function rowsOf(rows: readonly Slot<Ref>[]): RowOf {
  const there = rows.filter(({ state }) => state !== 'absent');
  return host => there.find(({ registries }) => registries.some(registry => registry.host === host))?.id;
}

/** row: undefined where there is none for its host, so that nothing can be given. */
function slotOf(environment: number, { id, name, registry, state, holds, findings }: Found, row: string | undefined): Slot<Ref> {
  return {
    id: `swarm/${environment}/${id}`,
    title: `service ${name}`,
    registries: [],
    state: row !== undefined && state === 'overwritten' ? 'drifted' : 'present',
    ...(row !== undefined && { after: row, follows: 'in time' as const }),
    ...((state === 'waiting' || row === undefined) && { waits: true }),
    ...(holds && { holds: new Map([[registry.host, holds]]) }),
    ...(findings.length > 0 && { findings }),
    ref: { environment, service: id, host: registry.host, row: row ?? '' },
  };
}

/** Two environments may lead to one Swarm: a socket and an agent. */
function once(slots: readonly Slot<Ref>[]): Slot<Ref>[] {
  const byService = new Map(slots.toReversed().map(slot => [slot.id.replace(/^swarm\/\d+\//, ''), slot]));
  return slots.filter(slot => byService.get(slot.id.replace(/^swarm\/\d+\//, '')) === slot);
}

function withoutRow(found: readonly Found[], rowOf: RowOf, { finding }: Deps<Code>): Finding[] {
  const missing = found.filter(({ registry }) => rowOf(registry.host) === undefined);
  return [...Map.groupBy(missing, ({ registry }) => registry.host)].map(([host, services]) =>
    finding('SWARM_WITHOUT_ROW', `There is no registry of Portainer for ${host}, which ${services.length} services of Swarms need.`),
  );
}
