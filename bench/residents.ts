import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { setTimeout as after } from 'node:timers/promises';
import { beside, end, residentOf, startExecutable } from './processes.ts';

/** In MiB. */
export interface Residents {
  /** The highest of all the time. */
  readonly peak: number;
  readonly settled: number;
  readonly delivered: number;
  readonly deliveredPeak: number;
  readonly deliveredS: number;
}

/**
 * The memory of the executable with this configuration, from its start until everything was written, and for one more
 * discovery at least, with scrapes of its metrics every 15 s.
 */
export async function residents(config: object, env: Readonly<Record<string, string>>, isDone: () => Promise<boolean>): Promise<Residents> {
  const folder = await mkdtemp(beside('memory-'));
  const path = join(folder, 'config.json');
  await writeFile(path, JSON.stringify(config), { mode: 0o600 });
  const child = startExecutable({ ...env, ECR_COURIER_CONFIG: path }, ['ignore', 'pipe', 'inherit']);
  const { pid = 0 } = child;
  try {
    const metrics = `${await urlOf(child.stdout as Readable)}/metrics`;
    const began = performance.now();
    while (!(await isDone())) await after(200);
    const deliveredS = Math.round((performance.now() - began) / 1000);
    const delivered = residentOf(pid);
    for (let scrape = 0; scrape < 5; scrape++) {
      await after(15_000);
      await (await fetch(metrics)).arrayBuffer();
    }
    const settled = residentOf(pid);
    return { peak: settled.peak, settled: settled.rss, delivered: delivered.rss, deliveredPeak: delivered.peak, deliveredS };
  } finally {
    await end(child);
    await rm(folder, { recursive: true });
  }
}

/** Where the daemon says that it listens; the rest of its log is read and forgotten. */
function urlOf(stdout: Readable): Promise<string> {
  return new Promise((resolve, reject) => {
    let head = '';
    stdout.on('data', (chunk: Buffer) => {
      if (head.includes('"msg":"listening"')) return;
      head += chunk.toString();
      const line = head.split('\n').find(text => text.includes('"msg":"listening"') && text.endsWith('}'));
      if (line) resolve((JSON.parse(line) as { url: string }).url);
    });
    stdout.on('end', () => reject(new Error(`the daemon ended before it listened: ${head.slice(0, 2000)}`)));
  });
}
