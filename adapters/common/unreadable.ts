import type { Deps } from '../../src/contract/adapter.ts';
import { Failure } from '../../src/contract/failures.ts';
import type { Finding } from '../../src/contract/target.ts';

/** The finding on rows that cannot be read, for the tables of managers that list registries. */
export const findings = {
  ROWS_UNREADABLE: {
    severity: 'warning',
    doc: 'The list of the manager holds rows without what every registry has, such as an id. The courier cannot tell whether they are for ECR. It leaves them alone, and creates nothing while they are there.',
    remedy:
      'Look at the answer to the request in the message: something in front of the manager may change it. If it comes from a supported version of the manager, please report it.',
  },
} as const;
type Code = keyof typeof findings;

/** How many rows of a list were read, and how many cannot be. `path` is that of the list. */
export interface RowCount {
  readonly path: string;
  readonly read: number;
  readonly unreadable: number;
}

/** Throws UNEXPECTED for a list of which no row can be read: then something else than the manager has answered. */
export function refuseUnreadable({ path, read, unreadable }: RowCount): void {
  if (read > 0 || unreadable === 0) return;
  const which = unreadable === 1 ? 'the one row' : `none of the ${unreadable} rows`;
  throw new Failure('UNEXPECTED', `GET ${path}: ${which} of the answer ${unreadable === 1 ? 'is not a registry' : 'is a registry'}.`, {
    remedy: 'Check that the address is the manager itself. If it is a supported version, please report it.',
  });
}

export function unreadableRows({ path, read, unreadable }: RowCount, finding: Deps<Code>['finding']): Finding[] {
  if (unreadable === 0) return [];
  return [finding('ROWS_UNREADABLE', `GET ${path}: ${unreadable} of ${read + unreadable} rows of the answer cannot be read.`)];
}
