import type { Credentials } from '../../src/contract/credential.ts';
import { Failure } from '../../src/contract/failures.ts';
import type { Answer } from '../../src/contract/http.ts';
import type { Finding, Receipt } from '../../src/contract/target.ts';
import { quote } from '../../src/contract/text.ts';
import { type Api, metadataOnly } from './api.ts';
import { managedBy } from './names.ts';
import { endedReceipt } from './namespace.ts';
import { type Meta, metaOf, textOf } from './objects.ts';
import type { OwnWrites } from './own-writes.ts';
import { isOurs } from './owner.ts';
import { isWithoutNamespace } from './refusal.ts';
import { applyVerbs } from './rights.ts';
import { askedFor, whatIs } from './secrets.ts';
import { type Means, pathOf, type Settings } from './settings.ts';
import type { View } from './view.ts';

/** Whether a write is stored. rehearsed: a dry run, in which the server does everything but store the result. */
export type Way = 'written' | 'rehearsed';

/** A write to one namespace. hosts: those of the slot; `given` may lack credentials for some of them. */
export interface Task {
  readonly namespace: string;
  readonly hosts: readonly string[];
  readonly given: Credentials;
  readonly way: Way;
  readonly signal: AbortSignal;
}
/** The result of an apply. undefined: the namespace is being deleted or gone. */
export type Outcome = { readonly status: number; readonly meta: Meta } | undefined;

/**
 * Spares the server a second parse of the body, which searches for duplicate members: a fifth of its processor time for
 * an apply (measured on 1.36.3). The server still refuses unknown fields.
 */
const unchecked = 'fieldValidation=Ignore';

export interface Applier {
  /** Sends one server-side apply. clash: whether to take over fields that another manager owns, or to fail. */
  apply(task: Task, body: object, clash: 'force' | 'refuse'): Promise<Outcome>;
  receiptOf(task: Task, outcome: Outcome, findings?: readonly Finding[]): Receipt;
}

/**
 * The Failure for a write that comes back without our label. The server does not refuse what a policy or a webhook
 * changes.
 */
const unlabelled = (what: string, { labels }: Meta): Failure =>
  new Failure(
    'REJECTED',
    `Something in the cluster changes ${what} while it is written: the label ${managedBy.key} ${said(labels[managedBy.key])} then. The courier knows its Secrets by that label, and does not touch this one again.`,
    {
      remedy:
        'Look for a MutatingAdmissionPolicy or a webhook (Kyverno, Gatekeeper) that sets labels, and exempt the Secret by its name. Then label it again: kubectl label secret -n NAMESPACE NAME app.kubernetes.io/managed-by=ecr-courier --overwrite',
    },
  );
const said = (value: unknown): string => (value === undefined ? 'is missing' : `is ${quote(textOf(value), 60)}`);

export const pathOfSecret = (namespace: string, { secret }: Pick<Settings, 'secret'>): string =>
  `${pathOf('secrets', { namespace })}/${encodeURIComponent(secret)}`;

export function makeApplier(api: Api, settings: Settings, means: Means, own: OwnWrites, view: () => View | undefined): Applier {
  const { secret, fieldManager } = settings;

  /**
   * Whether the namespace is being deleted or gone. Where single namespaces are listed, a 404 counts only if a Secret
   * was seen there, as the namespace may never have existed.
   */
  const isEnded = (answer: Answer, namespace: string): boolean =>
    isWithoutNamespace(answer) && (answer.status === 403 || view()?.scope === 'cluster' || view()?.secrets.has(namespace) === true);

  async function send({ namespace, way, signal }: Task, body: object, clash: 'force' | 'refuse'): Promise<Outcome> {
    const dry = way === 'rehearsed';
    const query = [
      `fieldManager=${encodeURIComponent(fieldManager)}`,
      ...(clash === 'force' ? ['force=true'] : []),
      ...(dry ? ['dryRun=All'] : []),
      unchecked,
    ].join('&');
    const type = 'application/apply-patch+yaml' as const;
    // The response does not need to repeat what was stored.
    const request = { signal, body, type, accept: metadataOnly.one, ...(dry && { reads: true }) };
    const answer = await api.ask('PATCH', `${pathOfSecret(namespace, settings)}?${query}`, request);
    if (isEnded(answer, namespace)) return undefined;
    if (answer.status !== 200 && answer.status !== 201) throw api.refusal(answer, askedFor(namespace, settings, ...applyVerbs(settings)));
    const meta = metaOf(answer.json<unknown>());
    if (meta?.name !== secret || meta.namespace !== namespace || meta.uid === '')
      throw new Failure('UNEXPECTED', `The cluster answered ${answer.status} with something else than ${whatIs(namespace, settings)}.`);
    if (!isOurs(meta)) throw unlabelled(whatIs(namespace, settings), meta);
    return { status: answer.status, meta };
  }

  return {
    async apply(task, body, clash) {
      if (task.way === 'rehearsed') return await send(task, body, clash);
      const ended = own.begin(task.namespace);
      let outcome: Outcome;
      try {
        outcome = await send(task, body, clash);
        return outcome;
      } finally {
        ended(outcome?.meta);
      }
    },
    receiptOf({ namespace, way }, outcome, findings = []) {
      if (!outcome) return endedReceipt(namespace, means);
      const isSame = way === 'written' && view()?.secrets.get(namespace)?.version === outcome.meta.version;
      const change = outcome.status === 201 ? 'created' : isSame ? 'unchanged' : 'updated';
      return { change, ...(findings.length > 0 && { findings }) };
    },
  };
}
