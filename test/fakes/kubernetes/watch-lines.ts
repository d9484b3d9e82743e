import type { Reply } from '../server.ts';
import { apiVersionOf, type Kind } from './kinds.ts';
import type { Status } from './refusal.ts';
import type { Matches } from './select.ts';
import type { Change } from './store.ts';
import type { View } from './views.ts';

export const eventLine = (type: string, object: object): string => `${JSON.stringify({ type, object })}\n`;
export const errorLine = (status: Status): string => eventLine('ERROR', status);

/** A stream that sends one ERROR line and ends. */
export const errorReply = (status: Status): Reply => ({
  status: 200,
  headers: { 'content-type': 'application/json' },
  stream(out) {
    out.write(errorLine(status));
    out.end();
  },
});

/**
 * Returns the line of a change for a watch with a selector, or '' if the change does not concern it. An object that no
 * longer matches is sent as DELETED, in its former state.
 */
export function lineOf({ type, object, before, version }: Change, matches: Matches, view: View): string {
  const was = before !== undefined && matches(before);
  const is = type !== 'DELETED' && matches(object);
  if (is) return eventLine(was ? 'MODIFIED' : 'ADDED', view.one(object));
  if (!was) return '';
  const last = type === 'DELETED' ? object : { ...before, metadata: { ...before.metadata, resourceVersion: String(version) } };
  return eventLine('DELETED', view.one(last));
}

export function bookmarkLine(kind: Kind, version: number, end?: 'initial-events-end'): string {
  const annotations = end && { annotations: { [`k8s.io/${end}`]: 'true' } };
  const blank = kind.kind === 'Namespace' ? { spec: {}, status: {} } : {};
  const metadata = { resourceVersion: String(version), ...annotations };
  return eventLine('BOOKMARK', { kind: kind.kind, apiVersion: apiVersionOf(kind), metadata, ...blank });
}
