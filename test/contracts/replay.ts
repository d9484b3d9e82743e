import { setTimeout as after } from 'node:timers/promises';
import { passDuring } from './during.ts';
import type { Json, Request } from './format.d.ts';
import type { AnyScenario, AnyStep, Double, Harness, RecordedFile } from './harness.ts';
import { compareAnswer, compareValue, type Difference, readPath } from './match.ts';
import { fill, textOf, type Values } from './notation.ts';
import { type Answer, send } from './send.ts';

/** The result of a scenario: left out for a reason, or replayed. Without differences it passed. */
export interface Result {
  readonly name: string;
  readonly leftOut?: string;
  readonly stepsLeftOut: number;
  readonly differences: readonly (Difference & { readonly step: string })[];
}

/** How long a poll waits for the recorded response, and the pause between its requests. */
const pollMs = 20_000;
const pollEveryMs = 100;

/** Replays one scenario against a fresh double. Never throws: an error becomes a difference. */
export async function replay(scenario: AnyScenario, harness: Harness, file: RecordedFile): Promise<Result> {
  const { name, steps: recorded = [] } = scenario;
  const missing = scenario.topics.filter(topic => Object.hasOwn(harness.leftOut, topic));
  const decisive = missing.find(topic => !recorded.some(step => step.needs?.includes(topic)));
  if (decisive !== undefined) return { name, leftOut: `${decisive}: ${harness.leftOut[decisive]}`, stepsLeftOut: 0, differences: [] };
  const steps = recorded.filter(step => !step.needs?.some(topic => missing.includes(topic)));
  if (steps.length === 0) return { name, leftOut: 'no step to replay', stepsLeftOut: recorded.length, differences: [] };
  const differences: Result['differences'][number][] = [];
  const note: Stage['note'] = (step, found) => {
    const label = `step ${recorded.indexOf(step) + 1} ${step.request.method} ${step.request.path}`;
    differences.push(...found.map(difference => ({ step: label, ...difference })));
  };
  try {
    const values: Values = new Map();
    await using double = await harness.start(scenario, values, file);
    const compare: Stage['compare'] = (step, answer, into) => compareAnswer(step, answer, file.reads.map(readPath), into, harness.dialect);
    await walk(steps, { double, values, compare, note });
  } catch (error) {
    const got = String(error instanceof Error ? error.stack : error);
    differences.push({ step: 'replay', path: 'broke off', expected: 'an answer to every step', got });
  }
  return { name, stepsLeftOut: recorded.length - steps.length, differences };
}

/** The context of all steps of a scenario. */
interface Stage {
  readonly double: Double;
  readonly values: Values;
  compare(step: AnyStep, answer: Answer, into: Values): Difference[];
  note(step: AnyStep, found: readonly Difference[]): void;
}

/** Runs the steps in order: `parallel` ones together, `async` ones without waiting for their response. */
async function walk(steps: readonly AnyStep[], stage: Stage): Promise<void> {
  const waiting = new Map<string, Promise<void>>();
  for (const group of together(steps)) {
    for (const event of group.flatMap(step => step.before ?? [])) await happen(event, stage, waiting);
    const [first] = group;
    if (first?.async !== undefined) {
      const { promise: sent, resolve: onSent } = Promise.withResolvers<void>();
      const done = answerTo(first, stage, onSent).then(answer => judge(first, answer, stage));
      waiting.set(first.async, done);
      await Promise.race([sent, done]);
      continue;
    }
    const answered = await Promise.all(group.map(async step => ({ step, answer: await answerTo(step, stage) })));
    for (const { step, answer } of answered) judge(step, answer, stage);
  }
  await Promise.all(waiting.values());
}

/** Groups neighbours with the same `parallel` value. Every other step is a group of its own. */
function together(steps: readonly AnyStep[]): AnyStep[][] {
  const groups: AnyStep[][] = [];
  for (const step of steps) {
    const last = groups.at(-1);
    if (last && step.parallel !== undefined && last[0]?.parallel === step.parallel) last.push(step);
    else groups.push([step]);
  }
  return groups;
}

/** Plays an event that happens outside of the API before a step. */
async function happen(event: Json, { double, values }: Stage, waiting: ReadonlyMap<string, Promise<void>>): Promise<void> {
  const filled = fill(event, values, name => name);
  if (typeof filled !== 'object' || filled === null || Array.isArray(filled)) return;
  if (filled['pause_ms'] !== undefined) await sleep(double, Number(filled['pause_ms']), new AbortController().signal);
  else if (filled['await'] !== undefined) await waiting.get(textOf(filled['await']));
  else await double.before?.(filled);
}

function judge(step: AnyStep, answer: Answer, { double, values, compare, note }: Stage): void {
  // A transient state, which a client may miss.
  if (step.poll === 'passing') return;
  const behind = Object.entries(double.behind?.(step) ?? {}).flatMap(([member, got]) => {
    const recorded = Object.entries(step).find(([name]) => name === member)?.[1] as Json;
    return compareValue(recorded, got, member, values);
  });
  note(step, [...compare(step, answer, values), ...behind]);
}

async function answerTo(step: AnyStep, stage: Stage, onSent?: () => void): Promise<Answer> {
  const until = performance.now() + pollMs;
  for (;;) {
    const answer = await ask(step, stage, onSent);
    if (isLast(step, answer, stage) || performance.now() > until) return answer;
    await after(pollEveryMs);
  }
}

/**
 * Whether a poll has ended: a member has changed, enough tasks run or have an error, or the response is the recorded
 * one.
 */
function isLast(step: AnyStep, answer: Answer, { values, compare }: Stage): boolean {
  const { poll } = step;
  if (poll === undefined || poll === 'passing') return true;
  if (poll === 'until') return compare(step, answer, new Map(values)).length === 0;
  const body = JSON.parse(answer.body.toString() || 'null') as Json;
  if ('member' in poll) return typeof body === 'object' && body !== null && !Array.isArray(body) && body[poll.member] !== poll.not;
  const tasks = (Array.isArray(body) ? body : []) as Record<string, Json>[];
  if ('taskErrors' in poll) return tasks.filter(task => task['Err'] !== undefined).length >= poll.taskErrors;
  return tasks.filter(task => task['State'] === 'running' && task['DesiredState'] === 'running').length >= poll.tasksRunning;
}

async function ask(step: AnyStep, { double, values }: Stage, onSent?: () => void): Promise<Answer> {
  // A fake may leave members out, so a name may have no value: it is then sent as its own text.
  const filled = fill(step.request as unknown as Json, values, name => name) as unknown as Request;
  const request = (await double.prepare?.(filled, step)) ?? filled;
  const host = Object.entries(request.headers ?? {}).find(([name]) => name.toLowerCase() === 'host')?.[1];
  const patience = new AbortController();
  const answered = new AbortController();
  const { promise: begun, resolve: onHead } = Promise.withResolvers<number>();
  const meanwhile =
    step.during && begun.then(() => passDuring(step.during ?? [], double, values, ms => sleep(double, ms, answered.signal)));
  if (step.clientTimeoutMs !== undefined) void sleep(double, step.clientTimeoutMs, answered.signal).then(() => patience.abort());
  try {
    let headAt = 0;
    const moments = { onSent, onHead: () => onHead((headAt = double.now?.() ?? 0)) };
    const answer = await send(double.address(host), request, patience.signal, moments);
    const streamed = double.now && { streamedMs: double.now() - headAt };
    await meanwhile;
    return { ...answer, ...streamed };
  } finally {
    answered.abort();
  }
}

const sleep = (double: Double, ms: number, signal: AbortSignal): Promise<void> =>
  double.sleep?.(ms, signal) ?? after(ms, undefined, { signal }).catch(() => undefined);
