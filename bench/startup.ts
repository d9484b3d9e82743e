import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Report } from './benches.ts';
import { median } from './figures.ts';
import { environmentOf, startPortainers } from './portainers.ts';
import { end, startExecutable } from './processes.ts';

const pairs = 15;
const most = 12;

/** The log message that ends each step; the step's time is in milliseconds since exec. */
const steps = { started: 'started', listening: 'listening', discovered: 'discovered', fetched: 'token fetched', delivered: 'delivered' };
type Step = keyof typeof steps;
type Times = Record<Step, number>;

/**
 * Measures the time from exec to the first delivery, with warm fakes in another process, alternating with `node -e 0`.
 * ratio: of the medians.
 */
export async function startup(): Promise<Report> {
  using servers = await startPortainers('fake', 1, 1);
  const env = environmentOf(servers);
  const courier: Times[] = [];
  const bare: number[] = [];
  for (let pair = -2; pair < pairs; pair++) {
    const own = await firstDelivery(env);
    const empty = await nothing();
    if (pair < 0) continue;
    courier.push(own);
    bare.push(empty);
  }
  const names = Object.keys(steps) as Step[];
  const ms = Object.fromEntries(names.map(step => [step, middle(courier.map(times => times[step]))])) as Times;
  const node = middle(bare);
  console.log(`node -e 0: ${node} ms; the courier, since exec: ${names.map(step => `${step} ${ms[step]} ms`).join(', ')}`);
  const ratio = Math.round((ms.delivered / node) * 100) / 100;
  return { bench: 'startup', ratio, pairs, ok: ratio <= most, most, node, ms };
}

async function firstDelivery(env: Record<string, string>): Promise<Times> {
  const began = performance.now();
  const child = startExecutable({ ...env, ECR_COURIER_LOG_FORMAT: 'json' }, ['ignore', 'pipe', 'inherit']);
  const times: Partial<Times> = {};
  let text = '';
  try {
    for await (const chunk of child.stdout as AsyncIterable<Buffer>) {
      text += chunk.toString();
      for (const step of Object.keys(steps) as Step[])
        if (times[step] === undefined && text.includes(`"msg":"${steps[step]}"`)) times[step] = performance.now() - began;
      if (times.delivered !== undefined) return times as Times;
    }
    throw new Error(`it ended before it delivered: ${text.slice(0, 2000)}`);
  } finally {
    child.stdout?.destroy();
    await end(child);
  }
}

async function nothing(): Promise<number> {
  const began = performance.now();
  await once(spawn(process.execPath, ['-e', '0'], { stdio: 'ignore' }), 'exit');
  return performance.now() - began;
}

const middle = (figures: readonly number[]): number => Math.round(median(figures) * 10) / 10;
