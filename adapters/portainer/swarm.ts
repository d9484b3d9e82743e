import type { Deps } from '../../src/contract/adapter.ts';
import type { Credentials } from '../../src/contract/credential.ts';
import { asFailure, Failure } from '../../src/contract/failures.ts';
import { inTime } from '../../src/contract/in-time.ts';
import { mapOf, textOf } from '../../src/contract/shapes.ts';
import type { About, Discovery, Finding, Receipt, Rehearsal, Slot } from '../../src/contract/target.ts';
import { label } from '../../src/contract/text.ts';
import { makeBehind } from '../common/swarm/behind.ts';
import type { Choice } from '../common/swarm/choice.ts';
import { encodedLogin, openEngine } from '../common/swarm/engine.ts';
import { makeRefresher, type Refresher } from '../common/swarm/refresh.ts';
import { type Found, makeSurvey } from '../common/swarm/survey.ts';
import { makeWritten } from '../common/swarm/written.ts';
import type { Api } from './api.ts';
import { type Environment, isServed, ofEnvironment, readEnvironments, replacesLogins } from './environments.ts';
import type { Code } from './findings.ts';
import { versionOf } from './look.ts';
import { awsEcr, type Ref, type ServiceRef } from './survey.ts';
import { distinct, hidden, makeOutlooks, patience, told, unseenFindings, withoutRow } from './swarm-look.ts';

/** Makes an agent forward the request to a manager of the Swarm. */
export const managerHeader = 'X-PortainerAgent-ManagerOperation';

/** The services of the Swarms behind a Portainer. Each gets the login of a row, by the id of that row. */
interface Swarms {
  /** rows: the slots of registries. version: that of Portainer, if known. */
  survey(
    rows: readonly Slot<Ref>[],
    version: string | undefined,
    signal: AbortSignal,
  ): Promise<Pick<Discovery<Ref>, 'slots' | 'findings' | 'unseen'> & Pick<About, 'reaches'>>;
  refresh(ref: ServiceRef, credentials: Credentials, signal: AbortSignal): Promise<Receipt>;
  rehearse(ref: ServiceRef, signal: AbortSignal): Promise<Rehearsal>;
}

type Report = Awaited<ReturnType<Swarms['survey']>>;

export function makeSwarms(api: Api, choice: Choice, deps: Deps<Code>): Swarms {
  const { ask, refused, refusedBehind } = api;
  const written = makeWritten(deps);
  const opened = new Map<number, { readonly survey: ReturnType<typeof makeSurvey>; readonly refresher: Refresher }>();

  function open(environment: number) {
    const known = opened.get(environment);
    if (known) return known;
    const engine = openEngine({
      // Portainer checks paths without a version, which the engine takes as its own version.
      versions: 'unnamed',
      // It decodes responses into Go maps, where each number is a float64 (source, develop of 2026).
      numbers: 'rounded',
      refused: answer => ofEnvironment(answer, refusedBehind(answer)),
      ask: (method, path, { signal, headers, ...more }) =>
        ask(method, `/api/endpoints/${environment}/docker${path}`, signal, { ...more, headers: { ...headers, [managerHeader]: '1' } }),
    });
    const parts = { engine, choice, written, behind: makeBehind(written, deps.clock), ended: new Set<string>() };
    const made = { survey: makeSurvey(parts, deps), refresher: makeRefresher({ ...parts, stops: 'slot' }, deps) };
    opened.set(environment, made);
    return made;
  }

  /** The served environments, or a finding if there are none. known: the version of Portainer. */
  async function placesOf(known: string | undefined, signal: AbortSignal): Promise<readonly Environment[] | Finding> {
    const all = await inTime({ clock: deps.clock, ms: patience.list, signal }, ends => readEnvironments(api, ends)).catch(asFailure);
    if (all instanceof Failure && signal.aborted) throw all;
    if (all instanceof Failure) return deps.finding('SWARM_UNSEEN', ...told('The environments of Portainer could not be listed', all));
    const environments = all.filter(isServed);
    if (environments.length === 0) return [];
    const version = known ?? (await versionOf(api, signal).catch(() => undefined));
    return replacesLogins(version) ? environments : unsupported(version, deps);
  }

  const outlooks = makeOutlooks(({ id }, signal) => open(id).survey(signal), deps);

  /** Why updates have stopped, through any environment that leads to the same Swarm. */
  const stopped = (environment: Environment): Failure | undefined =>
    outlooks.alike(environment).flatMap(id => open(id).refresher.stopped() ?? [])[0];

  function reportOf({ environment, seen }: ReturnType<typeof distinct>[number], rowOf: RowOf): Report {
    const why = stopped(environment);
    const slots = seen.found.map(one => slotOf(environment, why ? { ...one, state: 'waiting' } : one, rowOf(one.registry.host)));
    const findings = why ? [...seen.findings, deps.finding('SWARM_STOPPED', why.message, why.remedy)] : seen.findings;
    const unseen = seen.unseen.map(id => slotId(environment, id));
    return { slots, findings, unseen, ...(seen.oldest !== undefined && { reaches: [seen.oldest] }) };
  }

  /**
   * Throws unless the row exists. Portainer passes an unknown id on to the engine, which takes it for the login (2.23,
   * source).
   */
  async function demandRow(row: string, host: string, signal: AbortSignal): Promise<void> {
    const answer = await ask('GET', `/api/registries/${row}`, signal);
    if (answer.status !== 200) throw refused(answer);
    const { Type, URL, Authentication } = mapOf(answer.json());
    const isRow = Type !== awsEcr && Authentication === true && deps.registry(textOf(URL))?.registry.host === host;
    if (!isRow) throw new Failure('NOT_FOUND', `Registry ${row} holds no login for ${host} any more, so no service is given it.`);
  }

  return {
    async survey(rows, version, signal) {
      const places = await placesOf(version, signal);
      if ('code' in places) return { slots: [], findings: [places], unseen: ['swarm'] };
      await written.recall();
      const rowOf = rowsOf(rows);
      const looked = await outlooks.look(places, signal);
      const unseen = hidden(looked);
      const swarms = distinct(looked);
      const found = swarms.flatMap(({ seen }) => seen.found);
      const known = swarms.flatMap(({ seen }) => [...seen.found.map(({ id }) => id), ...seen.unseen]);
      if (unseen.length === 0) written.keep(new Set(known));
      const reports = swarms.map(one => reportOf(one, rowOf));
      return {
        slots: reports.flatMap(({ slots }) => slots),
        findings: [...reports.flatMap(({ findings }) => findings), ...unseenFindings(looked, deps), ...withoutRow(found, rowOf, deps)],
        unseen: [...unseen.map(({ id }) => `swarm/${id}`), ...reports.flatMap(({ unseen: some = [] }) => some)],
        reaches: reports.flatMap(({ reaches = [] }) => reaches),
      };
    },
    async refresh({ environment, service, host, row }, credentials, signal) {
      await demandRow(row, host, signal);
      const task = { id: service, host, login: loginOf(row), credential: credentials.get(host) };
      return await open(environment).refresher.refresh(task, signal);
    },
    rehearse: ({ environment, service, host, row }, signal) =>
      open(environment).refresher.rehearse({ id: service, host, login: loginOf(row) }, signal),
  };
}

/** Portainer replaces the number of a row by its login. */
const loginOf = (row: string): string => encodedLogin({ registryId: Number(row) });

const unsupported = (version: string | undefined, { finding }: Deps<Code>): Finding =>
  finding(
    'SWARM_UNSUPPORTED',
    `${version ? `Portainer ${label(version)}` : 'A Portainer that does not say its version'} gives services no login.`,
  );

type RowOf = (host: string) => string | undefined;

/** Finds the row with the login for a host: the first one, as swarm stacks do. */
function rowsOf(rows: readonly Slot<Ref>[]): RowOf {
  const there = rows.filter(({ state }) => state !== 'absent');
  return host => there.find(({ registries }) => registries.some(registry => registry.host === host))?.id;
}

const slotId = ({ id }: Pick<Environment, 'id'>, service: string): string => `swarm/${id}/${service}`;

/** The slot of a service. row: undefined if its host has none, so that there is no login to give. */
function slotOf(environment: Environment, { id, name, registry, state, holds, findings }: Found, row: string | undefined): Slot<Ref> {
  return {
    id: slotId(environment, id),
    title: `service ${name} (${environment.name})`,
    registries: [],
    state: row !== undefined && state === 'overwritten' ? 'drifted' : 'present',
    ...(row !== undefined && { after: row, follows: 'in time' as const }),
    ...((state === 'waiting' || row === undefined) && { waits: true }),
    ...(holds && { holds: new Map([[registry.host, holds]]) }),
    ...(findings.length > 0 && { findings }),
    ref: { environment: environment.id, service: id, host: registry.host, row: row ?? '' },
  };
}
