import '../src/memory.ts';
import { UsageError } from '../src/commands/io.ts';

/**
 * The result of a bench. ratio: its main figure. pairs: the number of paired runs behind it. ok: whether it is within
 * the limits that it names.
 */
export interface Report {
  readonly bench: string;
  readonly ratio: number;
  readonly pairs: number;
  readonly ok: boolean;
  readonly [figure: string]: unknown;
}

interface Bench {
  readonly question: string;
  load(): Promise<(args: string[]) => Promise<Report>>;
}

const benches: Readonly<Record<string, Bench>> = {
  fanout: {
    question: 'What does the courier add to a bare loop that sends the same bodies?',
    load: async () => (await import('./fanout.ts')).fanout,
  },
  calls: { question: 'How many calls to AWS does a day cost?', load: async () => (await import('./calls.ts')).calls },
  memory: {
    question: 'How much memory does it take: idle, after thousands of refreshes, with 100,000 slots? [idle|slots|refreshes|days ...]',
    load: async () => (await import('./memory.ts')).memory,
  },
  helper: {
    question: 'How long does a credential helper take, beside the Go helper on a hit and the AWS SDK on a miss?',
    load: async () => (await import('./helper.ts')).helper,
  },
  kubelet: {
    question: "How long does the kubelet's credential provider take, beside the official one?",
    load: async () => (await import('./kubelet.ts')).kubelet,
  },
  kubernetes: {
    question: 'How long until 1,000 namespaces hold a new token, beside a refresher that writes one by one, and what do they cost?',
    load: async () => (await import('./kubernetes.ts')).kubernetes,
  },
  startup: { question: 'How long from exec to the first delivery?', load: async () => (await import('./startup.ts')).startup },
  recovery: {
    question: 'When 1,000 targets come back after an hour, how soon do all hold the newest token?',
    load: async () => (await import('./recovery.ts')).recovery,
  },
  discover: {
    question: 'How many requests does a registry cost, with each kind of manager that holds 1,000?',
    load: async () => (await import('./discover.ts')).discover,
  },
  soak: {
    question: 'Does any promise break in days of random faults? [--seeds N] [--first N] [--hours H]',
    load: async () => (await import('./soak.ts')).soaks,
  },
};

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(1));

const [name = '', ...args] = process.argv.slice(2);
const bench = Object.hasOwn(benches, name) ? benches[name] : undefined;

function usage(mistake: string): void {
  console.error(`${mistake}\nusage: npm run bench -- NAME`);
  for (const [known, { question }] of Object.entries(benches)) console.error(`  ${known.padEnd(11)}${question}`);
  process.exitCode = 2;
}

if (bench) {
  try {
    const run = await bench.load();
    const report = await run(args);
    console.log(JSON.stringify(report));
    process.exitCode = report.ok ? 0 : 1;
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    usage(error.message);
  }
} else usage(name ? `There is no bench ${name}.` : 'Which bench?');
process.disconnect?.();
