import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { excerptOf, isEvent, linesOf, parse } from './excerpt.ts';
import type { Json, Response } from './format.d.ts';
import type { AnyStep, Dialect } from './harness.ts';
import { nameAlone, type Part, partsOf, partText, textOf, type Values } from './notation.ts';
import type { Answer } from './send.ts';

export interface Difference {
  /** The place of the difference, such as `status`, `header location` or `body[0].Id`. */
  readonly path: string;
  readonly expected: Json;
  readonly got: Json;
}
type Path = readonly string[];

/** The rule of a comparison, which adds captured names to `values`. */
interface Rule {
  readonly values: Values;
  readonly free: (name: string) => ((got: Json) => boolean) | undefined;
  readonly unordered: boolean;
  readonly partial: boolean;
  readonly volatile: ReadonlySet<string>;
}

/** Splits `a.b[].c` into `a`, `b`, `[]`, `c`. */
export const readPath = (path: string): Path => path.split('.').flatMap(name => (name.endsWith('[]') ? [name.slice(0, -2), '[]'] : [name]));

/** Compares the recorded response of a step with the received one by the match rule of the recorded files. */
export function compareAnswer(step: AnyStep, got: Answer, reads: readonly Path[], values: Values, dialect: Dialect = {}): Difference[] {
  const expected = step.response;
  if (got.status !== expected.status) return [{ path: 'status', expected: expected.status, got: describe(got) }];
  if (expected.status === null) return [];
  const rule: Rule = {
    values,
    free: name => (name === 'any' || name.startsWith('any:') ? () => true : dialect.free?.(name)),
    unordered: step.unordered ?? false,
    partial: step.partial ?? false,
    volatile: new Set(step.volatile),
  };
  const inBody = compareBody(expected, got, step, reads, rule, dialect);
  return [...compareHeaders(expected, got, rule, dialect), ...compareLife(expected, got), ...(step.bodyMatters === false ? [] : inBody)];
}

/** Compares the life of a stream, unless its server's shutdown ended it. */
function compareLife({ seconds, end }: Response, { streamedMs }: Answer): Difference[] {
  if (seconds === undefined || streamedMs === undefined || end === 'shutdown') return [];
  const lived = Math.round(streamedMs / 1000);
  return lived === seconds ? [] : [{ path: 'seconds', expected: seconds, got: lived }];
}

function describe(got: Answer): string {
  return `${got.status ?? 'no answer in time'} ${got.body.toString('utf8', 0, 300)}`.trim();
}

function compareHeaders(expected: Response, got: Answer, rule: Rule, dialect: Dialect): Difference[] {
  const hasBody = expected.body !== undefined || expected.text !== undefined;
  return Object.entries(expected.headers ?? {}).flatMap(([spelled, want]) => {
    const name = spelled.toLowerCase();
    if (name === 'content-length' && hasBody) return [];
    const sent = [got.headers[name] ?? []].flat();
    if (name !== 'set-cookie') return compare([want].flat().join(', '), sent.join(', '), `header ${name}`, [], rule);
    const cookies = sent.map(line => dialect.cookie?.(line) ?? line);
    return [want]
      .flat()
      .flatMap(line =>
        cookies.some(cookie => agrees(line, cookie, rule)) ? [] : [{ path: 'header set-cookie', expected: line, got: cookies }],
      );
  });
}

function compareBody(expected: Response, got: Answer, step: AnyStep, reads: readonly Path[], rule: Rule, dialect: Dialect): Difference[] {
  const text = got.body.toString();
  if (expected.body !== undefined) {
    const json = parse(text);
    if (json === undefined) return [{ path: 'body', expected: 'JSON', got: text.slice(0, 300) }];
    if (step.anyRows) return compare(rows(expected.body), rows(json), 'number of rows', [], rule);
    // `reads` are relative to the body, or to each element of a body that is a list.
    const kept = expected.bodyIsExcerpt ? excerptOf(json, expected.bodyIsExcerpt.map(readPath)) : json;
    return compare(expected.body, kept, 'body', Array.isArray(expected.body) ? reads.map(path => ['[]', ...path]) : reads, rule);
  }
  if (expected.watchLines !== undefined) return compareWatch(expected.watchLines, text, reads, rule);
  if (expected.lines !== undefined) return [];
  const want = expected.text ?? '';
  if (/^\(\d+ bytes, sha256:[0-9a-f]{64}\)$/.test(want)) return compare(want, bytes(got.body), 'body', [], rule);
  const read = dialect.text ?? (plain => plain);
  return compare(read(want), read(text), 'text', [], rule);
}

/** Compares the lines of a watch. `reads` are relative to the object of each line. */
function compareWatch(expected: readonly Json[], text: string, reads: readonly Path[], rule: Rule): Difference[] {
  const inLines = [['[]', 'type'], ...reads.map(path => ['[]', 'object', ...path])];
  return compare(expected.filter(isEvent), linesOf(text).filter(isEvent), 'lines', inLines, rule);
}

const rows = (json: Json): Json => (Array.isArray(json) ? json.length : 'not a list');
const bytes = (body: Buffer): string => `(${body.length} bytes, sha256:${createHash('sha256').update(body).digest('hex')})`;

/** Returns the differences between two values. Names without a value take the one in `got`. */
function compare(want: Json, got: Json, path: string, reads: readonly Path[], rule: Rule): Difference[] {
  const differs = [{ path, expected: want, got }];
  if (typeof want === 'string') return sameText(want, got, rule) ? [] : differs;
  if (typeof want !== 'object' || want === null) return want === got ? [] : differs;
  if (Array.isArray(want)) {
    if (!Array.isArray(got)) return differs;
    if (want.length !== got.length) return [{ path: `${path}.length`, expected: want.length, got: got.length }];
    const inner = below(reads, '[]');
    if (rule.unordered) return compareSets(want, got, path, inner, rule);
    return want.flatMap((element, index) => compare(element, got[index] ?? null, `${path}[${index}]`, inner, rule));
  }
  return typeof got === 'object' && got !== null && !Array.isArray(got) ? compareObjects(want, got, path, reads, rule) : differs;
}

function compareObjects(
  want: Record<string, Json>,
  got: Record<string, Json>,
  path: string,
  reads: readonly Path[],
  rule: Rule,
): Difference[] {
  const rest = new Set(Object.keys(got));
  const found: Difference[] = [];
  for (const [spelled, member] of Object.entries(want)) {
    const key =
      [...rest].find(name => name === spelled) ?? [...rest].find(name => spelled.includes('${') && sameText(spelled, name, rule, true));
    if (rule.volatile.has(spelled)) {
      rest.delete(spelled);
    } else if (key !== undefined) {
      rest.delete(key);
      found.push(...compare(member, got[key] ?? null, `${path}.${key}`, below(reads, key), rule));
    } else if (below(reads, spelled).some(tail => reaches(member, tail))) {
      found.push({ path: `${path}.${spelled}`, expected: member, got: 'nothing, though `reads` names it' });
    }
  }
  const extra = [...rest].filter(key => !rule.partial && !rule.volatile.has(key));
  return [...found, ...extra.map(key => ({ path: `${path}.${key}`, expected: 'nothing', got: got[key] ?? null }))];
}

/**
 * Compares arrays as sets: pairs the elements that agree by Kuhn's algorithm, which re-pairs earlier elements where
 * needed, and captures names once all pairs are known.
 */
function compareSets(want: readonly Json[], got: readonly Json[], path: string, reads: readonly Path[], rule: Rule): Difference[] {
  const partner = new Map<number, number>();
  const place = (index: number, tried: Set<number>): boolean =>
    got.some((candidate, at) => {
      if (tried.has(at) || !agrees(want[index] ?? null, candidate, rule, reads)) return false;
      tried.add(at);
      const holder = partner.get(at);
      if (holder !== undefined && !place(holder, tried)) return false;
      partner.set(at, index);
      return true;
    });
  const alone = want.filter((_, index) => !place(index, new Set()));
  if (alone.length > 0)
    return alone.map(expected => ({ path: `${path} as a set`, expected, got: got.filter((_, at) => !partner.has(at)) }));
  return [...partner].flatMap(([at, index]) => compare(want[index] ?? null, got[at] ?? null, `${path}[${at}]`, reads, rule));
}

/** Compares a recorded value with one that was seen elsewhere than in the response. */
export function compareValue(want: Json, got: Json, path: string, values: Values): Difference[] {
  return compare(want, got, path, [], { values, free: () => undefined, unordered: false, partial: false, volatile: new Set() });
}

/** Whether two values match. Unlike `compare`, captures nothing. */
function agrees(want: Json, got: Json, rule: Rule, reads: readonly Path[] = []): boolean {
  return compare(want, got, '', reads, { ...rule, values: new Map(rule.values) }).length === 0;
}

/** Returns the remainders of the paths that lead through a member. */
const below = (reads: readonly Path[], key: string): Path[] =>
  reads.filter(([head]) => head === key || (head === '*' && key !== '[]')).map(path => path.slice(1));

/** Whether the recorded value has a member at the path. */
function reaches(value: Json, [head, ...tail]: Path): boolean {
  if (head === undefined) return true;
  if (typeof value !== 'object' || value === null || (head === '[]') !== Array.isArray(value)) return false;
  return Object.entries(value).some(([key, member]) => (head === '[]' || head === '*' || head === key) && reaches(member, tail));
}

/**
 * Whether a text of the recording, which may contain names, matches the received value. `asText` is for keys, where
 * every value counts as its text.
 */
function sameText(template: string, got: Json, rule: Rule, asText = false): boolean {
  if (template === got) return true;
  if (!template.includes('${')) return false;
  const parts = partsOf(template);
  const alone = nameAlone(parts);
  if (alone !== undefined) return sameValue(alone, got, rule, asText);
  const open: string[] = [];
  const pattern = parts.map(part => source(part, open, rule)).join('');
  const found = typeof got === 'string' ? new RegExp(`^${pattern}$`, 's').exec(got) : null;
  return found !== null && open.every((name, index) => sameValue(name, found[index + 1] ?? '', rule, true));
}

/**
 * Returns the regular expression of a part. A name without a value becomes a group and is added to `open`; its next
 * occurrence is a back-reference to the group.
 */
function source(part: Part, open: string[], rule: Rule): string {
  if (typeof part !== 'object' || !('name' in part)) return RegExp.escape(partText(part, rule.values) ?? '\0');
  const isFree = rule.free(part.name) !== undefined;
  const text = isFree ? undefined : partText(part, rule.values);
  if (text !== undefined) return RegExp.escape(text);
  if (!isFree && open.includes(part.name)) return `(?:\\${open.indexOf(part.name) + 1})`;
  open.push(part.name);
  return '(.*?)';
}

function sameValue(name: string, got: Json, rule: Rule, asText = false): boolean {
  const free = rule.free(name);
  if (free) return free(got);
  const value = rule.values.get(name);
  if (value !== undefined && isDeepStrictEqual(asText ? textOf(value) : value, got)) return true;
  // A name that was captured within a text, which has no types, takes its type from the first place where it stands
  // alone.
  if (value !== undefined && (typeof value !== 'string' || value !== textOf(got))) return false;
  rule.values.set(name, got);
  return true;
}
