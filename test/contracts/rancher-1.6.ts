import { setTimeout as after } from 'node:timers/promises';
import { clock } from '../../src/contract/clock.ts';
import { startFakeRancher } from '../fakes/rancher.ts';
import type { Json, Rancher16Before, Rancher16State, Request } from './format.d.ts';
import type { Harness } from './harness.ts';
import { fill, type Values } from './notation.ts';
import { send } from './send.ts';

/** Rancher 1.6. Its processes run in real time, because the scenarios wait by polling. */
export const rancher16: Harness = {
  product: /^Rancher 1\.6/,
  leftOut: {
    schemas: 'of a schema the fake shows only which methods a key may use: a test holds these to the recordings',
    'pull-choice': 'the fake runs no containers; it names the credential that one would get',
  },
  dialect: { free: name => (name.startsWith('time') ? () => true : undefined), cookie: line => line.replace(/=.*/, '=...') },
  async start(scenario, values) {
    const state = scenario.state as unknown as Rancher16State;
    chooseIds(state, values);
    let skippedMs = 0;
    const wall = (): number => clock.wall() + skippedMs;
    const seeds = fill(scenario.state, values, name => name) as unknown as Rancher16State;
    const fake = await startFakeRancher({ ...seeds, clock: { ...clock, wall } });
    values.set('base', fake.url).set('host', `127.0.0.1:${fake.port}`);
    const ask = (request: Request) => send(fake.url, withLogin(request), AbortSignal.timeout(20_000));
    return {
      address: () => fake.url,
      prepare: withLogin,
      async before(event) {
        const happening = event as Rancher16Before;
        if ('seconds' in happening) skippedMs += happening.seconds * 1000;
        else if ('request' in happening) await ask(happening.request);
        else {
          const { path, headers = {}, ...wanted } = happening.waitFor;
          for (const until = performance.now() + 20_000; performance.now() < until; await after(20)) {
            const { body } = await ask({ method: 'GET', path, headers });
            const seen = JSON.parse(body.toString()) as Record<string, Json>;
            if (Object.entries(wanted).every(([name, value]) => seen[name] === value)) return;
          }
          throw new Error(`${path} did not become ${JSON.stringify(wanted)}`);
        }
      },
      [Symbol.asyncDispose]: fake[Symbol.asyncDispose],
    };
  },
};

/** Numbers the ids in the order of the state. Keys and credentials share one sequence. */
function chooseIds({ environments, accounts, registries, credentials, keys }: Rancher16State, values: Values): void {
  const number = (prefix: string, first: number, items: readonly { id?: string }[]): void => {
    let next = first;
    for (const { id = '' } of items)
      fill(id, values, name => {
        if (prefix === '1sp') values.set(`${name}-number`, String(next));
        return `${prefix}${next++}`;
      });
  };
  number('1a', 5, [...environments, ...accounts]);
  number('1sp', 1, registries);
  number('1c', 1, [...credentials, ...keys]);
}

/** Replaces `Basic b64(access:secret)` by the base64 of that text. */
function withLogin(request: Request): Request {
  const login = ([name, value]: [string, string]): [string, string] => [
    name,
    value.replace(/^Basic b64\((.*)\)$/s, (_, text: string) => `Basic ${Buffer.from(text).toString('base64')}`),
  ];
  return { ...request, headers: Object.fromEntries(Object.entries(request.headers ?? {}).map(login)) };
}
