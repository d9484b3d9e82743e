import { Failure } from '../../src/contract/failures.ts';
import { within } from '../common/patterns.ts';
import { inTurns } from '../common/turns.ts';
import { type Api, listSecrets, management, refusal, secretsPath } from './api.ts';
import { forms } from './dockerconfig.ts';
import { type Displayed, isFailure, orRefusal, someOf, steveList, textsOf } from './lists.ts';

export interface Secret {
  readonly cluster: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace: string;
    readonly labels: Readonly<Record<string, string>>;
    readonly annotations: Readonly<Record<string, string>>;
  };
  readonly type: string;
  readonly data: Readonly<Record<string, string>>;
  readonly immutable: boolean;
}

/**
 * The namespaces of a cluster that are looked at. `backing` are those known to hold secrets of projects. `isChosen`:
 * the others count too, if they match a pattern.
 */
interface Reach {
  readonly cluster: string;
  readonly backing: readonly string[];
  readonly isChosen: boolean;
  readonly namespaces: readonly string[];
}
/**
 * refused: namespaces that exist, but that the token may not look into. unlisted: the token may not list the
 * namespaces.
 */
export interface Found {
  readonly secrets: readonly Secret[];
  readonly refused: readonly { readonly namespace: string; readonly failure: Failure }[];
  readonly unlisted?: Failure;
}

/**
 * The Secrets of a whole cluster where the token may list them; else those of each namespace that it sees, and of the
 * namespaces that are known to hold secrets of projects.
 */
export async function secretsOf(api: Api, { cluster, backing, isChosen, namespaces }: Reach, signal: AbortSignal): Promise<Found> {
  const isWanted = (name: string): boolean => backing.includes(name) || (isChosen && within(namespaces, name));
  async function list(namespace?: string): Promise<Secret[]> {
    const where = { cluster, right: `list Secrets in ${namespace === undefined ? '' : `namespace ${namespace} of `}cluster ${cluster}` };
    // A selector takes one type only.
    const rows: Row[] = [];
    for (const type of Object.keys(forms)) rows.push(...(await listSecrets<Row>(api, where, namespace, type, signal)));
    const read = someOf(
      rows.flatMap(row => secretOf(cluster, row)),
      rows,
      `Secrets of cluster ${cluster}`,
    );
    // A list of several pages can show a Secret twice.
    const each = new Map(read.map(secret => [`${secret.metadata.namespace}/${secret.metadata.name}`, secret]));
    return [...each.values()].filter(({ metadata }) => isWanted(metadata.namespace));
  }
  try {
    return { secrets: await list(), refused: [] };
  } catch (error) {
    if (!isFailure(error, 'FORBIDDEN') && !isFailure(error, 'NOT_FOUND')) throw error;
    const listed = isChosen ? await steveList<Displayed>(api, cluster, 'namespaces', signal).catch(orRefusal) : undefined;
    const rows = listed instanceof Failure ? [] : (listed ?? []);
    const seen = rows.flatMap(({ metadata }) => (typeof metadata?.name === 'string' ? [metadata.name] : []));
    const wanted = new Set([...backing, ...seen.filter(name => within(namespaces, name))]);
    if (wanted.size === 0 && seen.length === 0 && isChosen) throw error;
    const refused: { namespace: string; failure: Failure }[] = [];
    const found = await inTurns([...wanted], namespace =>
      list(namespace).catch((failure: unknown) => {
        if (isFailure(failure, 'FORBIDDEN')) refused.push({ namespace, failure });
        // What is gone since it was listed holds nothing any more.
        else if (!isFailure(failure, 'NOT_FOUND')) throw failure;
        return [];
      }),
    );
    return { secrets: found.flat(), refused, ...(listed instanceof Failure && { unlisted: listed }) };
  }
}

/** Reads a Secret of the management cluster. undefined: it is not there. */
export async function readSecret(api: Api, { namespace, name }: Record<'namespace' | 'name', string>, signal: AbortSignal) {
  const answer = await api.http('GET', secretsPath(management, namespace, name), { signal });
  if (answer.status === 404) return undefined;
  if (answer.status !== 200)
    throw refusal(api, answer, { cluster: management, right: `get Secrets in namespace ${namespace} of cluster ${management}` });
  return secretOf(management, answer.json<Row | null>() ?? {})[0];
}

interface Row extends Displayed {
  readonly type?: unknown;
  readonly data?: unknown;
  readonly immutable?: unknown;
}

function secretOf(cluster: string, { metadata, type, data, immutable }: Row): Secret[] {
  const { name, namespace, labels, annotations } = metadata ?? {};
  if (typeof name !== 'string' || typeof namespace !== 'string' || typeof type !== 'string') return [];
  const described = { name, namespace, labels: textsOf(labels), annotations: textsOf(annotations) };
  return [{ cluster, metadata: described, type, data: textsOf(data), immutable: immutable === true }];
}
