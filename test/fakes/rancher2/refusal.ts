import { mapOf } from '../go-json.ts';
import type { Reply, Seen } from '../server.ts';

/** What Kubernetes refuses; Steve and Norman tell the same in shapes of their own. */
export class Refusal extends Error {
  readonly status: number;
  readonly reason: string;
  readonly fieldName: string | undefined;

  constructor(status: number, reason: string, message: string, fieldName?: string) {
    super(message);
    this.status = status;
    this.reason = reason;
    this.fieldName = fieldName;
  }
}

export function refuse(status: number, reason: string, message: string, fieldName?: string): never {
  throw new Refusal(status, reason, message, fieldName);
}

/** The map in a body, or what Steve and Norman say of one that holds none. */
export function bodyOf({ body }: Seen): Record<string, unknown> {
  const read = mapOf(body);
  return 'value' in read ? read.value : refuse(422, 'InvalidBodyContent', `Failed to parse body: ${read.flaw}`);
}

export const invalid = (name: string, flaw: string): never => refuse(422, 'Invalid', `Secret "${name}" is invalid: ${flaw}`);
export const notFound = (resource: string, name: string): never => refuse(404, 'NotFound', `${resource} "${name}" not found`);

/** The shape of Kubernetes. */
export function statusReply({ status, reason, message }: Refusal): Reply {
  const json = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, ...(reason && { reason }), code: status };
  return { status, json };
}

/** The shape of Steve and Norman. */
export function errorReply({ status, reason, message, fieldName }: Refusal, headers: Record<string, string>): Reply {
  return { status, headers, json: { type: 'error', code: reason, message, status, ...(fieldName && { fieldName }) } };
}
