import type { Deps } from '../../src/contract/adapter.ts';
import { type Credential, oncePerCredential } from '../../src/contract/credential.ts';
import { Failure } from '../../src/contract/failures.ts';
import type { Registry } from '../../src/contract/registry.ts';
import type { Finding, Receipt } from '../../src/contract/target.ts';
import { quote } from '../../src/contract/text.ts';
import type { Api } from './api.ts';
import { type Code, findings } from './findings.ts';
import { awsEcr, custom, type Row, type RowRef } from './survey.ts';

/** Writes a credential into one row, which may have to be made, or asks what would come of it. */
export function makeWriter({ ask, eachRow, refused }: Api, { registry, finding, clock }: Deps<Code>) {
  /** What lies in rows of other hosts, by row. */
  const misplaced = new Map<number, { readonly message: string; readonly until: Date }>();

  /** Rows that were created here. */
  const made = new Set<number>();

  /** Somebody may have given the row another URL since the last look: then pulls show the credential to that host. */
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

  /** Another courier made the row, or an earlier attempt of ours. */
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
   * Another courier may have made a row at the same moment as we made ours. Portainer looks for equal names before it
   * adds a row, and does not lock (its source). So two POSTs can both succeed, and then it refuses every change of both
   * rows. The lower number stays: every courier sees it after its own POST. Undefined: ours stays.
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

    /** What a row that was created here still lacks: it names an environment once access is granted (CE 2.43.0). */
    leftToDo: ({ Id, URL = '', RegistryAccesses }: Row): Finding[] =>
      made.has(Id) && Object.keys(RegistryAccesses ?? {}).length === 0 ? [notGranted(Id, URL)] : [],

    /** Of tokens that still live in rows of other hosts. */
    misplacedTokens: (): Finding[] =>
      [...misplaced.values()]
        .filter(({ until }) => until.getTime() > clock.wall())
        .map(({ message }) => finding('TOKEN_MISPLACED', message)),

    /** Portainer tries the credential itself (since 2.36). For any type but custom it would do so over plain HTTP. */
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

/** Without Authentication a PUT is answered with 200 and stores nothing. */
const loginOf = oncePerCredential(({ username: Username, password }) =>
  Object.freeze({ Authentication: true, Username, Password: password.reveal() }),
);
