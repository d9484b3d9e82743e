import { type FakeKubernetes, startFakeKubernetes } from '../fakes/kubernetes.ts';
import type { During, Json, KubernetesBefore, KubernetesState, Request } from './format.d.ts';
import type { Harness } from './harness.ts';
import { fill } from './notation.ts';
import { send } from './send.ts';
import { virtualTime } from './time.ts';

/** The start within a second: immediate steps share that second, and steps 0.9 s later are in the next, as recorded. */
const fractionMs = 500;

/** The scenario whose server had a label on a namespace from an earlier run, as its first response shows. */
const labelled = 'watch-quiet-sends-no-bookmark';

/** kube-apiserver, with the rules, objects and peculiarities of the state. */
export const kubernetes: Harness = {
  product: /^Kubernetes/,
  leftOut: {},
  async start(scenario, values) {
    const time = virtualTime();
    const shift = fractionMs - (time.wall() % 1000);
    const { server, users, objects } = fill(scenario.state, values, name => name) as unknown as KubernetesState;
    const { namespaces: _, ...manners } = server;
    const fake = await startFakeKubernetes({
      ...manners,
      objects,
      users: Object.fromEntries(users.map(({ token, ...user }) => [token ?? '', user])),
      clock: { ...time, wall: () => time.wall() + shift },
    });
    if (scenario.name === labelled) fake.edit('namespaces', undefined, 'default', { metadata: { labels: { t: '939566' } } }, 'unknown');
    return {
      address() {
        time.stir();
        return fake.url;
      },
      sleep: time.sleep,
      now: time.mono,
      prepare: withBytes,
      before: event => happen(fake, event as KubernetesBefore | During, time.sleep),
      [Symbol.asyncDispose]: fake[Symbol.asyncDispose],
    };
  },
};

async function happen(
  fake: FakeKubernetes,
  event: KubernetesBefore | During,
  sleep: (ms: number, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const patience = new AbortController().signal;
  if ('request' in event && event.request) await send(fake.url, withBytes(event.request), patience);
  if ('seconds' in event) await sleep(event.seconds * 1000, patience);
  if ('compact' in event) fake.store.compact();
  if ('finalizeNamespace' in event && event.finalizeNamespace) fake.finalize(event.finalizeNamespace);
  if (!('restart' in event)) return;
  await fake.stop(fake.watches.size > 0 ? {} : { silentMs: 0 });
  await fake.start();
}

/** Replaces `b64(text)` by the base64 of that text. */
function withBytes(request: Request): Request {
  const walk = (node: Json): Json => {
    if (typeof node === 'string') return node.replace(/^b64\((.*)\)$/s, (_, text: string) => Buffer.from(text).toString('base64'));
    if (Array.isArray(node)) return node.map(walk);
    if (typeof node !== 'object' || node === null) return node;
    return Object.fromEntries(Object.entries(node).map(([key, member]) => [key, walk(member)]));
  };
  return request.body === undefined ? request : { ...request, body: walk(request.body) };
}
