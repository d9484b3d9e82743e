import type { Answer, Deps, Finding, Http, Slot } from '../../src/contract/adapter.ts';
import { Failure } from '../../src/contract/failures.ts';
import type { Address } from '../../src/contract/registry.ts';
import { label } from '../../src/contract/text.ts';
import { absentSlots } from '../../src/contract/usual.ts';
import type { Code } from './findings.ts';
import { refusal } from './refusal.ts';

/** Of an endpoint in Harbor, what is read. Members that are empty or false are left out there. */
export interface Row {
  readonly id: number;
  readonly type: string;
  readonly url: string;
  readonly name?: unknown;
  readonly status?: string;
  readonly insecure?: boolean;
  readonly credential?: { readonly access_key?: string };
}
/** Where a credential goes: below which path, and into a row that is there or into a new one. */
export interface Ref {
  readonly path: string;
  readonly row: number | 'new';
}
/** One request, with the user's login. */
export type Ask = (method: string, path: string, signal: AbortSignal, more?: { body?: object; reads?: boolean }) => Promise<Answer>;

/** Since 2.0, and before. */
export const paths = ['/api/v2.0/registries', '/api/registries'] as const;
/** The most that is given at once; a size above it is refused, 0 would give everything. */
const pageSize = 100;
const mostPages = 1_000;

/** All endpoints below a path, in order of their ids; undefined: nothing is there. Throws what stands in the way of the whole target. */
export async function listRows(http: Http, ask: Ask, path: string, signal: AbortSignal): Promise<readonly Row[] | undefined> {
  const first = await walk(http, ask, path, signal);
  // A row that is removed meanwhile moves those behind it across the border of two pages.
  return first && !first.steady ? (await walk(http, ask, path, signal))?.rows : first?.rows;
}

/** Links are not followed: those of Harbor can go on for ever. Before 2.3 each page is the whole list. */
async function walk(http: Http, ask: Ask, path: string, signal: AbortSignal): Promise<{ rows: Row[]; steady: boolean } | undefined> {
  const rows = new Map<number, Row>();
  const totals = new Set<string | undefined>();
  for (let page = 1; page <= mostPages; page++) {
    const answer = await ask('GET', `${path}?page=${page}&page_size=${pageSize}&sort=id`, signal);
    if (answer.status === 404) return undefined;
    if (answer.status !== 200) throw refusal(http, answer, 'registry:list');
    const found = answer.json<unknown>();
    if (!Array.isArray(found)) throw new Failure('UNEXPECTED', 'Harbor answered with something else than a list of registries.');
    const before = rows.size;
    for (const row of found.filter(isRow)) rows.set(row.id, row);
    const total = answer.headers.get('x-total-count');
    totals.add(total);
    // A count that is wrong costs a request more, never a row.
    if (found.length < pageSize || rows.size === before || rows.size === Number(total))
      return { rows: [...rows.values()], steady: totals.size === 1 };
  }
  throw new Failure('TOO_LARGE', `Harbor lists more than ${mostPages * pageSize} registries.`);
}

/** Id 0 is Harbor itself. Without a type a row cannot be told apart from those that must not be written to. */
function isRow(row: Partial<Row> | null | undefined): row is Row {
  return Number.isSafeInteger(row?.id) && (row?.id ?? 0) > 0 && typeof row?.type === 'string' && typeof row.url === 'string';
}

/** What the rows come to: a slot each that is ours to write, and what a person should know. */
export function survey(rows: readonly Row[], path: string, deps: Deps<Code>): { slots: Slot<Ref>[]; findings: Finding[] } {
  const ecr = rows.flatMap(row => {
    const address = deps.registry(row.url);
    return address ? [{ row, ...address }] : [];
  });
  const isOurs = ({ row, registry }: (typeof ecr)[number]): boolean => row.type === 'docker-registry' && registry.service === 'ecr';
  const slots = ecr.filter(isOurs).map(({ row, registry }) => slotOf(row, registry, path, deps));
  const findings = ecr.filter(one => !isOurs(one)).map(({ row, registry }) => leftAlone(row, registry, deps));
  const there = new Set(ecr.filter(({ row }) => row.type === 'docker-registry').map(({ registry }) => registry.host));
  return { slots: [...slots, ...absentSlots<Ref>(deps.wanted, there, { path, row: 'new' })], findings };
}

function slotOf(row: Row, registry: Address['registry'], path: string, { finding }: Deps<Code>): Slot<Ref> {
  const title = titleOf(row);
  const findings: Finding[] = [];
  if (!/^https:\/\/[^/:?#]+(:443)?$/i.test(row.url))
    findings.push(finding('URL_FORM', `The URL of ${title} is not https://${registry.host}.`));
  if (row.insecure) findings.push(finding('CERTIFICATE_UNVERIFIED', `Harbor does not verify the certificate of ${title}.`));
  // Only since 2.0 does a good PUT make the status good again; before, it follows minutes later, and nothing depends on it.
  const unhealthy = path === paths[0] && row.status === 'unhealthy';
  const state = row.credential?.access_key === 'AWS' && !unhealthy ? 'present' : 'drifted';
  return { id: String(row.id), title, registries: [registry], state, findings, ref: { path, row: row.id } };
}

function leftAlone(row: Row, { host }: Address['registry'], { finding }: Deps<Code>): Finding {
  const title = titleOf(row);
  if (row.type === 'docker-registry') return finding('ECR_PUBLIC', `${title} points to ${host} and is left alone.`);
  if (row.type !== 'aws-ecr') return finding('ENDPOINT_TYPE', `${title} points to ${host}, but is of the type "${row.type}".`);
  if (row.status === 'unhealthy')
    return finding('AWS_ECR_UNHEALTHY', `${title} is of the type "aws-ecr", and Harbor says that it is unhealthy for ${host}.`);
  return finding('AWS_ECR', `${title} is of the type "aws-ecr": Harbor fetches the tokens for ${host} by itself.`);
}

const titleOf = ({ id, name }: Row): string => `${label(name)} (row ${id})`;
