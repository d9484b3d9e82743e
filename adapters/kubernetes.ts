import { type Deps, defineAdapter } from '../src/contract/adapter.ts';
import type { Credentials } from '../src/contract/credential.ts';
import { Failure } from '../src/contract/failures.ts';
import type { Discovery, Receipt, Sighting, Slot, Target } from '../src/contract/target.ts';
import { makeAbout } from './kubernetes/about.ts';
import { makeApi } from './kubernetes/api.ts';
import { makeApplier, type Task, type Way } from './kubernetes/apply.ts';
import { makeAccountWriter, makeAttacher } from './kubernetes/attach.ts';
import { entranceOf, entranceOptions } from './kubernetes/entrance.ts';
import { makeEvents } from './kubernetes/events.ts';
import { type Code, findings } from './kubernetes/findings.ts';
import * as forms from './kubernetes/forms.ts';
import { makeLook } from './kubernetes/look.ts';
import { makeGate } from './kubernetes/namespace.ts';
import { makeTeller } from './kubernetes/notices.ts';
import { ownWrites } from './kubernetes/own-writes.ts';
import { keepPapers } from './kubernetes/papers.ts';
import { makePruner } from './kubernetes/prune.ts';
import { paceRefused } from './kubernetes/refused.ts';
import type { Deleted } from './kubernetes/remake.ts';
import { keepRest } from './kubernetes/rest.ts';
import { makeRights, neededRights } from './kubernetes/rights.ts';
import { makeServed } from './kubernetes/served.ts';
import { makeSlots, type Ref } from './kubernetes/slots.ts';
import { noticing, withPods } from './kubernetes/stuck/notice.ts';
import { makeRestarts } from './kubernetes/stuck/restarts.ts';
import { type Current, watchCluster } from './kubernetes/watch.ts';
import { makeWriter } from './kubernetes/write.ts';

export const kubernetes = defineAdapter({
  kind: 'kubernetes',
  doc: 'A Kubernetes cluster: one pull Secret in each namespace that should have one, fresh at any time.',
  options: {
    ...entranceOptions,
    secret: { doc: 'Name of the Secret in each namespace.', form: forms.objectName, format: 'string', default: 'ecr-courier' },
    namespaces: {
      doc: 'Only these namespaces: names, `*` stands for anything, `?` for one character, `!` before one takes it away. Where all are plain names, rights in these namespaces are enough.',
      form: forms.signedNamespacePattern,
      format: 'strings',
      default: [],
    },
    excludeNamespaces: {
      doc: 'None of these namespaces: names, `*` stands for anything, `?` for one character.',
      form: forms.namespacePattern,
      format: 'strings',
      default: [],
    },
    namespaceSelector: {
      doc: 'Only namespaces with these labels, as kubectl writes it: `team in (a, b),env!=test`.',
      form: forms.labelSelector,
      format: 'string',
      default: null,
    },
    optIn: {
      doc: 'Only namespaces with the annotation `ecr-courier/enabled: "true"`. Those with "false" are always left alone.',
      format: 'boolean',
      default: false,
    },
    onlyWithImages: {
      doc: 'Only namespaces with a pod whose image is in ECR. The hosts of such images are served even if `registries` does not name them.',
      format: 'boolean',
      default: false,
    },
    serviceAccounts: {
      doc: 'ServiceAccounts that shall name the Secret, so that their pods need not: names, `*` stands for anything, `?` for one character. None unless given.',
      form: forms.accountPattern,
      format: 'strings',
      default: [],
    },
    replace: {
      doc: 'Whether to delete and make again a Secret with the label of the courier that nobody can change: of another type, or immutable.',
      format: 'boolean',
      default: false,
    },
    events: {
      doc: 'Whether to tell those who see only their namespace, by an Event about the Secret, that it is not renewed and why. It needs the right to create and patch events.',
      format: 'boolean',
      default: false,
    },
    restartStuckPods: {
      doc: 'Whether to delete pods that cannot pull an ECR image because their ServiceAccount, one of `serviceAccounts`, did not name the Secret yet when they were created. Only pods that never ran, and that a controller makes again.',
      format: 'boolean',
      default: false,
    },
    fieldManager: {
      doc: 'The name under which Kubernetes notes what the courier writes.',
      form: forms.managerName,
      format: 'string',
      default: 'ecr-courier',
    },
  },
  limits: { concurrency: 16, discoverMs: 60_000, deliverMs: 15_000, lingerMs: 60_000 },
  creates: true,
  // The kubelet grants access to an image to each Secret that holds the password with which it was pulled.
  alike: true,
  findings,
  create({ url, tokenFile, kubeconfig, context, ...options }, deps: Deps<Code>): Target<Ref> {
    const settings = { ...options, target: deps.name, mayCreate: deps.mayCreate };
    const { address, read, first } = entranceOf({ url, tokenFile, kubeconfig, context }, deps);
    const papers = keepPapers(read, deps);
    const api = makeApi(papers, deps, address, first);
    const own = ownWrites(deps.clock.mono);
    const rest = keepRest(deps.clock);
    const deleted: Deleted = new Map();
    const served = makeServed(settings, deps);
    let current: (Current & { replace(): void }) | undefined;
    const view = () => current?.view;
    const rights = makeRights(api, scope => neededRights(settings, scope), deps.clock);
    const tell = options.events ? makeTeller(api, settings, deps, { rights, view }) : undefined;
    const restarts = options.restartStuckPods ? makeRestarts(api, settings, deps, tell) : undefined;
    const slotsOf = withPods(makeSlots(settings, deps, { rest, deleted }, served), restarts);
    const look = makeLook(api, settings, deps, { served, rights, former: view });
    const about = makeAbout(api, papers, deps);
    const take = noticing(makeEvents(api, settings, deps, slotsOf, own, served), restarts);
    const refused = paceRefused();
    const alarms = new Set<AbortController>();
    const applier = makeApplier(api, settings, deps, own, view);
    const writer = makeWriter(api, settings, deps, { ...applier, rest, deleted, found: namespace => view()?.secrets.get(namespace) });
    const writeAccount = makeAccountWriter(api, settings);
    const attach = makeAttacher(writeAccount, deps, view);
    const gate = makeGate(api, settings, deps, view);

    async function deliverTo({ ref, registries }: Slot<Ref>, credentials: Credentials, way: Way, signal: AbortSignal): Promise<Receipt> {
      const leftAlone = way === 'written' && (await gate(ref.namespace, signal));
      if (leftAlone) {
        own.left(ref.namespace);
        return leftAlone;
      }
      if (ref.kind === 'pod') return (await restarts?.restart(ref, view(), way, signal)) ?? { change: 'unchanged' };
      if (ref.kind === 'account') {
        const receipt = await attach(ref, way, signal);
        if (way === 'written' && receipt.change === 'created') own.wrote(ref.namespace);
        return receipt;
      }
      const given = new Map([...credentials].filter(([host]) => registries.some(registry => registry.host === host)));
      if (ref.how === 'none' || given.size === 0) return { change: 'unchanged' };
      const task: Task = { namespace: ref.namespace, hosts: registries.map(({ host }) => host), given, way, signal };
      return ref.how === 'replace' ? writer.makeAnew(task) : writer[ref.how](task);
    }

    async function* watching(signal: AbortSignal): AsyncIterable<Sighting<Ref>> {
      const alarm = new AbortController();
      alarms.add(alarm);
      try {
        yield* watchCluster({ api, clock: deps.clock, current: () => current, take, slotsOf, own, rights, restarts }, alarm.signal, signal);
      } finally {
        alarms.delete(alarm);
      }
    }

    return {
      address,
      async discover(signal): Promise<Discovery<Ref>> {
        const [said, found] = await Promise.all([about(signal), look(signal)]);
        current?.replace();
        const replaced = new AbortController();
        own.looked(found.secrets);
        current = { view: found, replaced: replaced.signal, replace: () => replaced.abort() };
        await restarts?.look(found, signal);
        const slots = [...found.namespaces.keys(), ...found.left].flatMap(namespace => slotsOf(namespace, found));
        refused.looked(slots);
        const shares = [(await papers(signal)).server.url, ...(found.cluster !== undefined ? [found.cluster] : [])];
        return { slots, findings: [...found.findings, ...(restarts?.findings() ?? [])], unseen: found.unseen, about: { ...said, shares } };
      },
      async deliver(slot, credentials, signal) {
        try {
          return await refused.paced(slot.id, () => deliverTo(slot, credentials, 'written', signal));
        } catch (error) {
          if (error instanceof Failure && error.code === 'FORBIDDEN') rights.doubt();
          // When a server goes away, its watches stay open but deliver nothing more.
          if (error instanceof Failure && error.code === 'UNREACHABLE') for (const alarm of alarms) alarm.abort();
          throw error;
        }
      },
      rehearse: (slot, credentials, signal) => deliverTo(slot, credentials, 'rehearsed', signal),
      ...(tell && { tell }),
      prune: makePruner(api, settings, deps, writeAccount),
      watch: signal => (current && current.view.streams.length > 0 ? watching(signal) : undefined),
    };
  },
});
