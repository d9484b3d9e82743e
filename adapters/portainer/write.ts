import type { Deps } from '../../src/contract/adapter.ts';
import { type Credential, oncePerCredential } from '../../src/contract/credential.ts';
import { Failure } from '../../src/contract/failures.ts';
import type { Registry } from '../../src/contract/registry.ts';
import type { Finding, Receipt } from '../../src/contract/target.ts';
import { quote } from '../../src/contract/text.ts';
import type { Api } from './api.ts';
import { type Code, findings } from './findings.ts';
import { awsEcr, custom, type Row, type RowRef } from './survey.ts';

/** Writes a credential into one row, creating it if necessary, or rehearses that. */
export function makeWriter({ ask, eachRow, refused }: Api, { registry, finding, clock }: Deps<Code>) {
  /** Credentials that were written into rows whose URL had changed to another host, by row. */
  const misplaced = new Map<number, { readonly message: string; readonly until: Date }>();

  /** Rows that this process created. */
  const made = new Set<number>();

  /**
   * The failure for a row whose URL was changed since the last look, so that pulls send the credential to that host.
   */
  function misplace(row: number, host: string, url: string, { expiresAt }: Credential): Failure {
    const where = url ? `has the URL ${quote(url)} by now` : 'has no URL any more';
    const message = `Registry ${row} ${where}, and not ${host}: a token for ${host} was stored there, and a pull from that row shows it to whoever answers there until ${expiresAt.toISOString()}.`;
    misplaced.set(row, { message, until: expiresAt });
    return new Failure('NOT_FOUND', message, { remedy: findings.TOKEN_MISPLACED.remedy });
  }

  async function update(row: number, host: string, credential: Credential, signal: AbortSignal): Promise<Receipt> {
    // A PUT with Name or URL could collide with another row.
    const answer = await ask('PUT', `/api/registries/${row}`, signal, { body: loginOf(credential) });
    if (answer.status !== 200) throw refused(answer);
    const stored = answer.json<Row | null>();
    if (stored?.Authentication !== true || stored.Username !== credential.username)
      throw new Failure('UNEXPECTED', `Portainer answered 200 for registry ${row} but did not store the user name.`);
    if (typeof stored.URL === 'string' && registry(stored.URL)?.registry.host !== host) throw misplace(row, host, stored.URL, credential);
    misplaced.delete(row);
    return { change: 'updated' };
  }

  /** Updates a row that another courier, or an earlier attempt of ours, has created. */
  async function updateInstead(row: number, host: string, credential: Credential, signal: AbortSignal): Promise<Receipt> {
    return { ...(await update(row, host, credential, signal)), id: String(row) };
  }

  async function firstRow(signal: AbortSignal, matches: (row: Row) => boolean): Promise<number | undefined> {
    let first: number | undefined;
    await eachRow(row => {
      if (matches(row)) first ??= row.Id;
    }, signal);
    return first;
  }

  async function add({ host }: Registry, credential: Credential, signal: AbortSignal): Promise<Receipt> {
    const body = { Name: host, Type: custom, URL: host, ...loginOf(credential), TLS: true };
    const answer = await ask('POST', '/api/registries', signal, { body });
    if (answer.status === 409) {
      const there = await firstRow(signal, ({ Type, URL }) => Type !== awsEcr && !!URL && registry(URL)?.registry.host === host);
      if (there !== undefined) return await updateInstead(there, host, credential, signal);
    }
    if (answer.status !== 200) throw refused(answer);
    const row = answer.json<Row | null>()?.Id;
    if (row === undefined || !Number.isSafeInteger(row))
      throw new Failure('UNEXPECTED', `Portainer answered 200 for a new registry ${host} but did not name it.`);
    return (await giveWay(row, host, credential, signal)) ?? created(row, host);
  }

  /**
   * Gives way to a row that another courier created at the same moment; returns undefined if ours stays. Portainer
   * checks for equal names before it adds a row, without a lock (its source), so two POSTs can both succeed, and then
   * it refuses every change of both rows. The lower id stays, which every courier sees after its own POST.
   */
  async function giveWay(made: number, host: string, credential: Credential, signal: AbortSignal): Promise<Receipt | undefined> {
    const rival = await firstRow(signal, ({ Id, Type, Name, URL }) => Type === custom && Name === host && URL === host && Id < made);
    if (rival === undefined) return undefined;
    await ask('DELETE', `/api/registries/${made}`, signal);
    return await updateInstead(rival, host, credential, signal);
  }

  const notGranted = (row: number, host: string): Finding =>
    finding('ACCESS_NOT_GRANTED', `Registry ${host} (row ${row}) was created. Only administrators can use it so far.`);

  function created(row: number, host: string): Receipt {
    made.add(row);
    return { change: 'created', id: String(row), findings: [notGranted(row, host)] };
  }

  return {
    write: (ref: RowRef, registry: Registry, credential: Credential, signal: AbortSignal): Promise<Receipt> =>
      ref === 'new' ? add(registry, credential, signal) : update(ref, registry.host, credential, signal),

    /** Findings on a created row that still lacks access for an environment (CE 2.43.0). */
    leftToDo: ({ Id, URL = '', RegistryAccesses }: Row): Finding[] =>
      made.has(Id) && Object.keys(RegistryAccesses ?? {}).length === 0 ? [notGranted(Id, URL)] : [],

    /** Findings on live tokens in rows of other hosts. */
    misplacedTokens: (): Finding[] =>
      [...misplaced.values()]
        .filter(({ until }) => until.getTime() > clock.wall())
        .map(({ message }) => finding('TOKEN_MISPLACED', message)),

    /** Lets Portainer try the credential (since 2.36). For any type but custom it would do so over plain HTTP. */
    async rehearse(ref: RowRef, { host }: Registry, { username, password }: Credential, signal: AbortSignal): Promise<Receipt> {
      const change = ref === 'new' ? 'created' : 'updated';
      const body = { Type: custom, URL: host, Username: username, Password: password.reveal(), TLS: true };
      const answer = await ask('POST', '/api/registries/ping', signal, { body, reads: true });
      if (answer.status === 404 || answer.status === 405) return { change };
      if (answer.status !== 200) throw refused(answer);
      const said = answer.json<{ success?: boolean; message?: string } | null>();
      if (said?.success === true) return { change, proven: true };
      return { change, proven: false, findings: [finding('PING_FAILED', `${host}: ${quote(said?.message)}`)] };
    },
  };
}

/** The body with the login. Without Authentication, Portainer responds to a PUT with 200 and stores nothing. */
const loginOf = oncePerCredential(({ username: Username, password }) =>
  Object.freeze({ Authentication: true, Username, Password: password.reveal() }),
);
