import type { Deps } from '../../src/contract/adapter.ts';
import type { Registry } from '../../src/contract/registry.ts';
import type { Finding, Slot } from '../../src/contract/target.ts';
import { label } from '../../src/contract/text.ts';
import { absentSlots } from '../../src/contract/usual.ts';
import { unreadableRows } from '../common/unreadable.ts';
import { type Code, editUrl } from './findings.ts';
import { isEncrypted, type Listed, paths, type Row } from './rows.ts';

/** An existing row: the path of the list, the id, and the address of the row as the discovery saw it. */
export interface Existing {
  readonly path: string;
  readonly row: number;
  readonly url: string;
}
/** Where a credential goes. */
export type Ref = Existing | { readonly path: string; readonly row: 'new' };

/** What is known of the endpoints: the path of their list, and in words what uses each. */
interface Known {
  readonly path: string;
  readonly uses: (endpoint: number) => string;
}

/** Evaluates the list: a slot for each row that is ours to write, and findings. */
export function survey({ rows, count }: Listed, known: Known, deps: Deps<Code>): { slots: Slot<Ref>[]; findings: Finding[] } {
  const slots: Slot<Ref>[] = [];
  const findings: Finding[] = unreadableRows(count, deps.finding);
  const there = new Set<string>();
  for (const row of rows) {
    const registry = deps.registry(row.url)?.registry;
    if (registry && row.type === 'docker-registry') there.add(registry.host);
    if (registry && row.type === 'docker-registry' && isOurs(registry, deps)) slots.push(slotOf(row, registry, known, deps));
    else findings.push(...leftAlone(row, registry, known, deps));
  }
  // Where rows cannot be read, no registry can be called absent.
  const absent = count.unreadable > 0 ? [] : absentSlots<Ref>(deps.wanted, there, { path: known.path, row: 'new' });
  return { slots: [...slots, ...absent], findings };
}

/**
 * Whether the courier writes to an endpoint of this registry. ECR Public needs no login, so such an endpoint is written
 * only if a source for it is configured.
 */
const isOurs = (registry: Registry, { hasSource }: Deps<Code>): boolean => registry.service === 'ecr' || hasSource(registry);

function slotOf(row: Row, registry: Registry, { path, uses }: Known, { finding }: Deps<Code>): Slot<Ref> {
  const { id, url, insecure, status, credential } = row;
  const title = titleOf(row);
  const findings: Finding[] = [];
  if (!isEncrypted(url))
    findings.push(
      finding(
        'ENDPOINT_HTTP',
        `${title} is reached over plain http: it gets no token any more, as Harbor would send it unencrypted.`,
        editUrl(registry.host),
      ),
    );
  else if (!/^https:\/\/[^/:?#]+(:443)?$/i.test(url))
    findings.push(finding('URL_FORM', `The URL of ${title} is not https://${registry.host}.`, editUrl(registry.host)));
  if (insecure) findings.push(finding('CERTIFICATE_UNVERIFIED', `Harbor does not verify the certificate of ${title}.`));
  if (uses(id)) findings.push(finding('ENDPOINT_USED', `${title} is used by: ${uses(id)}.`));
  // Since 2.0 a successful PUT makes the status healthy. Before, the status follows minutes later, and nothing depends
  // on it.
  const unhealthy = path === paths[0] && status === 'unhealthy';
  const state = credential?.access_key === 'AWS' && !unhealthy ? 'present' : 'drifted';
  // A different id, so that an endpoint whose URL was corrected does not wait for the pause of the former one.
  const slotId = isEncrypted(url) ? String(id) : `${id}:http`;
  return { id: slotId, title, registries: [registry], state, findings, ref: { path, row: id, url } };
}

/**
 * The findings on a row that is left alone. Harbor's own type is recognised by its name: its address is mostly that of
 * ECR's API, which is not a registry.
 */
function leftAlone(row: Row, registry: Registry | undefined, { uses }: Known, { finding }: Deps<Code>): Finding[] {
  const found = (code: Code, message: string): Finding[] => [
    finding(code, uses(row.id) ? `${message} It is used by: ${uses(row.id)}.` : message),
  ];
  const title = titleOf(row);
  const host = registry?.host ?? hostOf(row.url);
  if (row.type === 'aws-ecr')
    return row.status === 'unhealthy'
      ? found('AWS_ECR_UNHEALTHY', `${title} is of the type "aws-ecr", and Harbor says that it is unhealthy for ${host}.`)
      : found('AWS_ECR', `${title} is of the type "aws-ecr": Harbor fetches the tokens for ${host} by itself.`);
  if (!registry && !isEcrApi(host)) return [];
  if (row.type !== 'docker-registry') return found('ENDPOINT_TYPE', `${title} points to ${host}, but is of the type "${row.type}".`);
  if (!registry) return found('URL_FORM', `${title} points to ${host}, the API of ECR, which is not a registry.`);
  if (row.credential?.access_key) return found('ECR_PUBLIC_LOGIN', `${title} logs in to ${host} with a stored password.`);
  return found('ECR_PUBLIC', `${title} points to ${host} and is left alone.`);
}

const titleOf = ({ id, name }: Row): string => `${label(name)} (row ${id})`;
const hostOf = (url: string): string =>
  label(
    url
      .replace(/^[a-z]+:\/\//i, '')
      .replace(/[/?#].*$/s, '')
      .toLowerCase(),
  );
/** Whether a host is ECR's API, which also has names behind VPC endpoints, and for FIPS. */
const isEcrApi = (host: string): boolean => /(^|\.)api\.ecr(-[a-z]+)?\.[a-z0-9-]+\./.test(host);
