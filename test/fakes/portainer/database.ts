import { notFound, refuse } from './refusal.ts';
import type { Endpoint, PortainerState, Row } from './state.ts';

export const noEnvironment = 'Unable to find an environment with the specified identifier inside the database';
const noRegistry = 'Unable to find a registry with the specified identifier inside the database';

export type Database = ReturnType<typeof makeDatabase>;

/** Access to rows and environments of `state`, with the lock of the database. */
export function makeDatabase(state: PortainerState) {
  let writing: Promise<unknown> = Promise.resolve();
  const find = (id: number): Endpoint | undefined => state.endpoints.find(endpoint => endpoint.Id === id);
  return {
    /**
     * Runs a job under the write lock. A grant holds it while it waits for a cluster, a credential PUT only for the
     * final write. Reads do not need it.
     */
    write<T>(job: () => T | Promise<T>): Promise<T> {
      const done = writing.then(job);
      writing = done.catch(() => undefined);
      return done;
    },
    rows: (): readonly Row[] => state.registries,
    nextId: (): number => (state.registries.at(-1)?.Id ?? 0) + 1,
    row(id: number, message = noRegistry): Row {
      return state.registries.find(row => row.Id === id) ?? refuse(404, message, notFound('registries', id));
    },
    find,
    environment(id: number): Endpoint {
      return find(id) ?? refuse(404, noEnvironment, notFound('endpoints', id));
    },
    add(row: Row): void {
      state.registries.push(row);
    },
    /** Replaces the row with the same id. No-op if that row is gone. */
    replace(row: Row): void {
      const index = state.registries.findIndex(({ Id }) => Id === row.Id);
      if (index >= 0) state.registries[index] = row;
    },
    remove(id: number): void {
      state.registries = state.registries.filter(row => row.Id !== id);
    },
  };
}
