import { randomUUID } from 'node:crypto';
import type { Reply } from '../server.ts';

/** An error response of Cattle. Only a 422 has a `fieldName`. */
export class Refusal extends Error {
  readonly status: number;
  readonly code: string;
  readonly fieldName: string | undefined;
  constructor(status: number, code: string, fieldName?: string) {
    super(code);
    this.status = status;
    this.code = code;
    this.fieldName = fieldName;
  }
}

export function refuse(status: 400 | 401 | 403 | 404 | 405, code: string = usual[status] ?? 'Error'): never {
  throw new Refusal(status, code);
}
export function refuseField(code: string, fieldName: string): never {
  throw new Refusal(422, code, fieldName);
}

const usual: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method not allowed',
};

const messages: Readonly<Record<string, string>> = { InvalidCSRFToken: 'CSRF header and cookie do not match' };

/** Returns the error body. A 422 has no message. */
export function bodyOf({ status, code, fieldName }: Refusal): object {
  const message = status === 422 ? null : (messages[code] ?? code);
  const error = { id: randomUUID(), type: 'error', links: {}, actions: {}, status, code, message, detail: null, baseType: 'error' };
  return fieldName === undefined ? error : { ...error, fieldName };
}

/** The 404 page of the servlet container, for paths outside the API versions. */
export const noSuchPage: Reply = {
  status: 404,
  headers: { 'content-type': 'text/html; charset=ISO-8859-1' },
  text: '<html>\n<head>\n<title>Error 404</title>\n</head>\n<body>Not Found</body>\n</html>\n',
};
