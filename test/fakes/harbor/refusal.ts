/** An error response that a handler throws. */
export class Refusal extends Error {
  readonly status: number;
  readonly code: string;
  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

const codes: Readonly<Record<number, string>> = {
  400: 'BAD_REQUEST',
  401: 'UNAUTHORIZED',
  403: 'FORBIDDEN',
  404: 'NOT_FOUND',
  405: 'METHOD_NOT_ALLOWED',
  409: 'CONFLICT',
  412: 'PRECONDITION',
  422: 'UNPROCESSABLE_ENTITY',
};

export function refuse(status: number, message: string, code: string = codes[status] ?? 'UNKNOWN'): never {
  throw new Refusal(status, code, message);
}

/** Throws an internal server error. Harbor writes the details only to the log of core. */
export const fail = (): never => refuse(500, 'internal server error');

/** Throws one 422 with all validation errors. No-op without errors. */
export function refuseInvalid(found: readonly string[]): void {
  if (found.length > 0) refuse(422, ['validation failure list:', ...found].join('\n'));
}
