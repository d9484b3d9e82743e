/** An answer that a handler throws: Harbor's way to say no. */
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

/** Whatever goes wrong inside is told to nobody but core's log. */
export const fail = (): never => refuse(500, 'internal server error');

/** What the validation of a request found, all together. */
export function refuseInvalid(found: readonly string[]): void {
  if (found.length > 0) refuse(422, ['validation failure list:', ...found].join('\n'));
}
