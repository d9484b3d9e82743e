import { type EventEmitter, on } from 'node:events';
import { adminKey } from '../../../test/fakes/portainer.ts';
import type { CourierEvent } from '../../courier/events.ts';
import { type Parts, region, registries } from './parts.ts';

type Delivered = Extract<CourierEvent, { kind: 'delivered' }>;
type Heard = AsyncIterator<CourierEvent>;

interface Telling {
  readonly heard: Heard;
  readonly say: (line: string) => void;
  readonly parts: Parts;
}

/** Tells of the first token, its delivery and a pull, and of the same after half the token's life. */
export async function story({ heard, say, parts }: Telling): Promise<void> {
  const found = await next(heard, 'discovered');
  say(`found ${found.slots} registries in Portainer`);
  const first = await next(heard, 'fetched');
  say(`fetched a token (${first.fingerprint}): one serves all ${registries.length}, although they belong to three accounts`);
  const written = await delivered(heard, first.fingerprint);
  say(`${written[0]?.change ?? 'updated'}: ${written.map(event => event.title).join(', ')}`);
  const before = passwords(parts);
  say(await pulls(parts));
  say(`waiting for half of the token's life ...`);
  const second = await next(heard, 'fetched');
  const refused = before.every(password => parts.ecr.judge(region, password) !== 'good');
  say(`token rotated (${second.fingerprint})${refused && before.length > 0 ? ': ECR refuses the first one from now on' : ''}`);
  const again = await delivered(heard, second.fingerprint);
  say(`updated again: ${again.map(event => event.title).join(', ')}`);
  say(await pulls(parts));
}

export function listen(events: EventEmitter, signal: AbortSignal): Heard {
  const iterator = on(events, 'event', { signal })[Symbol.asyncIterator]();
  return {
    async next() {
      const result = await iterator.next();
      return result.done ? { done: true, value: undefined } : { done: false, value: (result.value as CourierEvent[])[0] as CourierEvent };
    },
  };
}

/** The next event of these kinds. A failure before it ends the demo. */
async function next<K extends CourierEvent['kind']>(heard: Heard, ...kinds: K[]): Promise<Extract<CourierEvent, { kind: K }>> {
  for (;;) {
    const { value } = await heard.next();
    const event = value as CourierEvent;
    if ('failure' in event) throw event.failure;
    if ((kinds as string[]).includes(event.kind)) return event as Extract<CourierEvent, { kind: K }>;
  }
}

/** Waits until every registry of the demo holds this credential and has been asked whether it accepts it. */
async function delivered(heard: Heard, fingerprint: string): Promise<Delivered[]> {
  const written = new Map<string, Delivered>();
  const proven = new Set<string>();
  while (written.size < registries.length || proven.size < registries.length) {
    const event = await next(heard, 'delivered', 'proved');
    if (event.kind === 'delivered') {
      if (event.sent.some(sent => sent.fingerprint === fingerprint)) written.set(event.slot, event);
    } else if (event.ok) proven.add(event.host);
    else throw new Error(event.message);
  }
  return [...written.values()];
}

function passwords({ portainer }: Parts): string[] {
  return portainer ? portainer.rows().map(row => portainer.passwordOf(row.Id)) : [];
}

/** Pulls through Portainer's Docker proxy, which adds its stored login, so the pull proves what is stored. */
async function pulls({ portainer }: Parts): Promise<string> {
  if (!portainer)
    return 'pull proven: all three registries accept the token (asked directly: the engines of this Portainer cannot reach the embedded registry)';
  for (const row of portainer.rows()) {
    const auth = Buffer.from(JSON.stringify({ registryId: row.Id })).toString('base64');
    const path = `/api/endpoints/1/docker/images/create?fromImage=${encodeURIComponent(`${row.URL}/app`)}&tag=1`;
    const answer = await fetch(`${portainer.url}${path}`, { method: 'POST', headers: { 'x-api-key': adminKey, 'x-registry-auth': auth } });
    const text = await answer.text();
    if (answer.status !== 200) throw new Error(`the pull from ${row.URL} failed: ${answer.status} ${text.slice(0, 200)}`);
  }
  return `pull proven: Portainer opens all ${portainer.rows().length} registries with what it holds`;
}
