import { fingerprintOf } from '../../src/contract/credential.ts';
import type { Notice, Slot } from '../../src/contract/target.ts';
import { type Api, metadataOnly } from './api.ts';
import { isWithoutNamespace, lacking } from './refusal.ts';
import type { Rights } from './rights.ts';
import { type Means, pathOf, type Settings } from './settings.ts';
import type { Ref } from './slots.ts';
import type { View } from './view.ts';

/** The most bytes of a message: what events.k8s.io takes, and what tools show. */
const mostBytes = 1024;
const component = 'ecr-courier';

interface TellerDeps {
  readonly rights: Pick<Rights, 'lacksEvents' | 'doubt'>;
  view(): View | undefined;
}

/**
 * Returns the function that tells tenants by an Event about the Secret. It is of the core group, whose Events can be
 * changed after they were made: one Event goes on telling the same, under a name that a restarted courier finds again.
 * Each write makes the server keep it for another hour.
 */
export function makeTeller(api: Api, settings: Settings, means: Pick<Means, 'clock'>, { rights, view }: TellerDeps) {
  return async ({ ref, id }: Pick<Slot<Ref>, 'ref' | 'id'>, notice: Notice, signal: AbortSignal): Promise<void> => {
    const { namespace } = ref;
    const lack = rights.lacksEvents(namespace);
    if (lack) throw lacking('Events', [lack]);
    const name = nameOf(settings.target, id, notice);
    const body = { ...eventOf(ref, notice, settings, view()), lastTimestamp: seconds(means.clock.wall()), metadata: { name, namespace } };
    const query = `fieldManager=${encodeURIComponent(settings.fieldManager)}&force=true`;
    const path = `${pathOf('events', { namespace })}/${name}?${query}`;
    const answer = await api.ask('PATCH', path, { signal, body, type: 'application/apply-patch+yaml', accept: metadataOnly.one });
    if (answer.status === 200 || answer.status === 201 || isWithoutNamespace(answer)) return;
    if (answer.status === 403) rights.doubt();
    throw api.refusal(answer, { what: `Event ${namespace}/${name}`, right: { verbs: ['create', 'patch'], resource: 'events' }, namespace });
  };
}

const nameOf = (target: string, id: string, { topic, state }: Notice): string =>
  `${component}.${fingerprintOf(JSON.stringify([target, id, topic, state]))}`;

/** As metav1.Time is written: without fractions of a second. */
const seconds = (wall: number): string => `${new Date(wall).toISOString().slice(0, 19)}Z`;

function eventOf(ref: Ref, notice: Notice, { secret, target }: Settings, view: View | undefined): object {
  const { namespace } = ref;
  const about = thingOf(ref, secret, view);
  const { message, remedy, state, since, times } = notice;
  return {
    apiVersion: 'v1',
    kind: 'Event',
    involvedObject: { apiVersion: 'v1', namespace, ...about },
    type: state === 'stands' ? 'Warning' : 'Normal',
    reason: reasonOf(ref, notice),
    message: within(mostBytes, unnamed(remedy === '' ? message : `${message} ${remedy}`)),
    source: { component },
    reportingComponent: component,
    reportingInstance: target.slice(0, 128),
    firstTimestamp: seconds(since.getTime()),
    count: times,
  };
}

function thingOf(ref: Ref, secret: string, view: View | undefined): object {
  if (ref.kind === 'account') return { kind: 'ServiceAccount', name: ref.name };
  if (ref.kind === 'pod') return { kind: 'Pod', name: ref.name, uid: ref.uid };
  const uid = view?.secrets.get(ref.namespace)?.uid;
  return { kind: 'Secret', name: secret, ...(uid && { uid }) };
}

const renewalReasons: Readonly<Record<Ref['kind'], Readonly<Record<Notice['state'], string>>>> = {
  secret: { stands: 'NotRenewed', over: 'Renewed' },
  account: { stands: 'NotAttached', over: 'Attached' },
  pod: { stands: 'NotRestarted', over: 'Restarted' },
};

/** `NotRenewed`, `Renewed`, or the code of a finding: `ForeignSecret`. */
function reasonOf({ kind }: Ref, { topic, state }: Notice): string {
  if (topic === 'renewal') return renewalReasons[kind][state];
  if (state === 'over') return 'Resolved';
  const words = topic.toLowerCase().split('_');
  return words
    .map(word => word.charAt(0).toUpperCase() + word.slice(1))
    .join('')
    .slice(0, 128);
}

/** The text without the account of the courier, which policies quote: tenants need not know where it runs. */
const unnamed = (text: string): string => text.replace(/system:serviceaccounts?(:[a-z0-9]([-a-z0-9.]*[a-z0-9])?)+/g, 'the courier');

/** The text, cut between two characters if it has more bytes. */
function within(bytes: number, text: string): string {
  const all = Buffer.from(text);
  if (all.length <= bytes) return text;
  return `${new TextDecoder().decode(all.subarray(0, bytes - 3), { stream: true })}...`;
}
