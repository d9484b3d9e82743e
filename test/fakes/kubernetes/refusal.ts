import type { Reply } from '../server.ts';

export interface Cause {
  readonly reason?: string;
  readonly message: string;
  readonly field?: string;
}

/** The subject of a message: a resource (secrets, or leases of coordination.k8s.io) or a kind (Secret). */
export interface About {
  readonly group?: string;
  readonly kind: string;
  readonly name?: string | undefined;
}

interface Detail extends Partial<About> {
  readonly uid?: string;
  readonly causes?: readonly Cause[];
  readonly retryAfterSeconds?: number;
}

/** A Status of a failed request. */
export interface Status {
  readonly kind: 'Status';
  readonly apiVersion: 'v1';
  readonly metadata: { readonly continue?: string };
  readonly status: 'Failure';
  readonly message: string;
  readonly reason?: string;
  readonly details?: Detail;
  readonly code: number;
}

interface Failed {
  readonly code: number;
  readonly message: string;
  readonly reason?: string;
  readonly details?: Detail;
  readonly continue?: string;
}

export function statusOf({ code, message, reason, details, continue: token }: Failed): Status {
  return {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: token === undefined ? {} : { continue: token },
    status: 'Failure',
    message,
    ...(reason && { reason }),
    ...(details && { details: withoutBlanks(details) }),
    code,
  };
}

function withoutBlanks(details: Detail): Detail {
  return Object.fromEntries(Object.entries(details).filter(([, value]) => value !== undefined && value !== ''));
}

/** A refusal that the server answers with a Status. */
export class Refusal extends Error {
  readonly status: Status;
  constructor(failed: Failed) {
    super(failed.message);
    this.status = statusOf(failed);
  }
}

export function refuse(failed: Failed): never {
  throw new Refusal(failed);
}

export function replyOf({ status }: Refusal): Reply {
  const pause = status.details?.retryAfterSeconds;
  return { status: status.code, ...(pause !== undefined && { headers: { 'retry-after': pause } }), json: status };
}

const qualified = ({ kind, group }: About): string => (group ? `${kind}.${group}` : kind);
const titled = (about: About): string => `${qualified(about)}${about.name === undefined ? '' : ` "${about.name}"`}`;

export const badRequest = (message: string): never => refuse({ code: 400, message, reason: 'BadRequest' });
/** An internal error. It has no reason. */
export const broken = (message: string): never => refuse({ code: 500, message });

export const notFound = (about: About): never =>
  refuse({ code: 404, message: `${titled(about)} not found`, reason: 'NotFound', details: about });

export const unknownPath = (): never =>
  refuse({ code: 404, message: 'the server could not find the requested resource', reason: 'NotFound', details: {} });

export const unsupportedMethod = (): never =>
  refuse({
    code: 405,
    message: 'the server does not allow this method on the requested resource',
    reason: 'MethodNotAllowed',
    details: {},
  });

export const alreadyExists = (about: About): never =>
  refuse({ code: 409, message: `${titled(about)} already exists`, reason: 'AlreadyExists', details: about });

export const conflict = (about: About, why: string): never =>
  refuse({ code: 409, message: `Operation cannot be fulfilled on ${titled(about)}: ${why}`, reason: 'Conflict', details: about });

export const forbidden = (about: About, why: string, causes?: readonly Cause[]): never =>
  refuse({
    code: 403,
    message: `${titled(about)} is forbidden: ${why}`,
    reason: 'Forbidden',
    details: { ...about, ...(causes && { causes }) },
  });

/** Throws 422. Needs at least one cause, each with a field. */
export function invalid(about: About & { readonly name: string }, causes: readonly Cause[]): never {
  const told = [...new Set(causes.map(({ field, message }) => `${field}: ${message}`))];
  const why = told.length === 1 ? told.join('') : `[${told.join(', ')}]`;
  return refuse({ code: 422, message: `${titled(about)} is invalid: ${why}`, reason: 'Invalid', details: { ...about, causes } });
}

export const stale = 'the object has been modified; please apply your changes to the latest version and try again';

/** The refusal of a version that the server has not reached after a wait of 3 s. */
export const tooLarge = (asked: number, current: number): Failed => ({
  code: 504,
  message: `Timeout: Too large resource version: ${asked}, current: ${current}`,
  reason: 'Timeout',
  details: { causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }], retryAfterSeconds: 1 },
});
