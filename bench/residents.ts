import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { setTimeout as after } from 'node:timers/promises';
import { beside, end, residentOf, startExecutable } from './processes.ts';

/** Memory in MiB, and `deliveredS` in seconds. */
export interface Residents {
  /** The peak over the whole run. */
  readonly peak: number;
  readonly settled: number;
  readonly delivered: number;
  readonly deliveredPeak: number;
  readonly deliveredS: number;
}

/**
 * Measures the memory of the executable with this configuration, from its start until everything was written and at
 * least one more discovery was made, with a scrape of its metrics every 15 s.
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

/** Resolves with the URL that the daemon logs when it listens; discards the rest of its log. */
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
