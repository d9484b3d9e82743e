import { mapOf } from '../go-json.ts';
import type { Reply, Seen } from '../server.ts';

/** A refusal of Kubernetes. Steve and Norman render it in their own form. */
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

/** Returns the map in a body. Throws the error of Steve and Norman if there is none. */
export function bodyOf({ body }: Seen): Record<string, unknown> {
  const read = mapOf(body);
  return 'value' in read ? read.value : refuse(422, 'InvalidBodyContent', `Failed to parse body: ${read.flaw}`);
}

export const invalid = (name: string, flaw: string): never => refuse(422, 'Invalid', `Secret "${name}" is invalid: ${flaw}`);
export const notFound = (resource: string, name: string): never => refuse(404, 'NotFound', `${resource} "${name}" not found`);

/** Renders a refusal in the form of Kubernetes. */
export function statusReply({ status, reason, message }: Refusal): Reply {
  const json = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, ...(reason && { reason }), code: status };
  return { status, json };
}

/** Renders a refusal in the form of Steve and Norman. */
export function errorReply({ status, reason, message, fieldName }: Refusal, headers: Record<string, string>): Reply {
  return { status, headers, json: { type: 'error', code: reason, message, status, ...(fieldName && { fieldName }) } };
}
