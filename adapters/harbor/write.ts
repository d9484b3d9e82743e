import type { Deps } from '../../src/contract/adapter.ts';
import { type Credential, type Credentials, oncePerCredential } from '../../src/contract/credential.ts';
import { Failure } from '../../src/contract/failures.ts';
import type { Answer } from '../../src/contract/http.ts';
import type { Registry } from '../../src/contract/registry.ts';
import type { Receipt, Rehearsal, Slot } from '../../src/contract/target.ts';
import { givenTo } from '../../src/contract/usual.ts';
import { type Code, editUrl } from './findings.ts';
import type { Ask } from './list.ts';
import { isDone, isMissingRight } from './refusal.ts';
import { isEncrypted, isRow, listRows, type Row } from './rows.ts';
import type { Existing, Ref } from './survey.ts';

/** The longest password, in bytes. Harbor's column holds 4096 characters of the encrypted form (recorded on 2.15.2). */
const longestSecret = 3050;
const longestName = 64;
/** Harbor's answers to a write that changes nothing, if the account may write. */
const nothingToWrite = [400, 404, 422];

interface WriterDeps {
  readonly ask: Ask;
  /**
   * Returns the Failure for a response that is not success. `right` is what the request needs, `host` where a
   * credential was tried.
   */
  refused(answer: Answer, right: string, host?: string): Failure;
  readonly deps: Deps<Code>;
}

/** Passes a credential to Harbor, to be stored or only to be tried. */
export function makeWriter({ ask, refused, deps }: WriterDeps) {
  /**
   * Checks the row right before a write, because Harbor sends the credential to the address in the row. Without the
   * right to read it, the address that the discovery saw counts.
   */
  async function confirm({ path, row, url }: Existing, host: string, signal: AbortSignal): Promise<void> {
    refusePlain(url, row, host);
    const answer = await ask('GET', `${path}/${row}`, signal);
    if (isMissingRight(answer)) return;
    if (answer.status !== 200) throw refused(answer, 'registry:read', host);
    const now = answer.json<Partial<Row> | null>();
    if (!isRow(now)) throw new Failure('UNEXPECTED', `Harbor answered with something else than the endpoint ${row}.`);
    if (now.type !== 'docker-registry' || deps.registry(now.url)?.registry.host !== host)
      throw new Failure('NOT_FOUND', `Endpoint ${row} is for another registry than ${host} by now.`);
    refusePlain(now.url, row, host);
  }

  async function update(ref: Existing, host: string, credential: Credential, signal: AbortSignal): Promise<Receipt> {
    await confirm(ref, host, signal);
    const answer = await ask('PUT', `${ref.path}/${ref.row}`, signal, { body: loginOf(credential) });
    if (!isDone(answer, 200)) throw refused(answer, 'registry:update', host);
    return { change: 'updated', proven: true };
  }

  async function add({ path }: Ref, { host }: Registry, credential: Credential, signal: AbortSignal): Promise<Receipt> {
    const login = { type: 'basic', access_key: credential.username, access_secret: credential.password.reveal() };
    const body = { name: host.slice(0, longestName), type: 'docker-registry', url: `https://${host}`, credential: login };
    const answer = await ask('POST', path, signal, { body });
    const made = isDone(answer, 201);
    if (!made && answer.status !== 409) throw refused(answer, 'registry:create', host);
    const named = /\/registries\/(\d+)$/.exec(answer.headers.get('location') ?? '')?.[1];
    if (made && named) return { change: 'created', id: named, proven: true };
    // Another program was faster, or an earlier attempt of ours landed.
    const { rows = [] } = (await listRows(ask, path, signal, refused)) ?? {};
    const alike = rows.filter(row => row.type === 'docker-registry' && deps.registry(row.url)?.registry.host === host);
    const there = alike.find(({ url }) => isEncrypted(url)) ?? alike[0];
    if (!there) throw refused(answer, 'registry:create', host);
    const id = String(there.id);
    if (made) return { change: 'created', id, proven: true };
    return { ...(await update({ path, row: there.id, url: there.url }, host, credential, signal)), id };
  }

  async function deliver(slot: Slot<Ref>, credentials: Credentials, signal: AbortSignal): Promise<Receipt> {
    const given = givenTo(slot, credentials);
    if (!given) return { change: 'unchanged' };
    const { registry, credential } = given;
    const { ref } = slot;
    refuseTooLong(credential);
    return ref.row === 'new' ? add(ref, registry, credential, signal) : update(ref, registry.host, credential, signal);
  }

  /**
   * Throws FORBIDDEN where the account may not write. Most accounts may not read their rights, so this tries a write
   * that can change nothing: to an id that no endpoint has, or of an endpoint without a name. Harbor checks the right
   * before these (recorded on 2.15.2; by the source since 1.10).
   */
  async function demandRight({ path, row }: Ref, signal: AbortSignal): Promise<void> {
    const [method, at, right] =
      row === 'new' ? (['POST', path, 'registry:create'] as const) : (['PUT', `${path}/-1`, 'registry:update'] as const);
    const answer = await ask(method, at, signal, { body: {}, reads: true });
    if (!nothingToWrite.includes(answer.status)) throw refused(answer, right);
  }

  /** Throws for a refused trial, as a delivery would: Harbor stores no credential that does not work. */
  async function rehearse(slot: Slot<Ref>, credentials: Credentials, signal: AbortSignal): Promise<Rehearsal> {
    const given = givenTo(slot, credentials);
    if (!given) return { change: 'unchanged' };
    const { credential } = given;
    const { host } = given.registry;
    const { ref } = slot;
    refuseTooLong(credential);
    const change = ref.row === 'new' ? 'created' : 'updated';
    await demandRight(ref, signal);
    if (ref.row !== 'new') await confirm(ref, host, signal);
    const where = ref.row === 'new' ? { type: 'docker-registry', url: `https://${host}` } : { id: ref.row };
    const body = { ...where, ...loginOf(credential) };
    const answer = await ask('POST', `${ref.path}/ping`, signal, { body, reads: true });
    if (isDone(answer, 200)) return { change, proven: true };
    if (!isMissingRight(answer)) throw refused(answer, 'registry:read', host);
    const untried = deps.finding('TRIAL_IMPOSSIBLE', `Whether Harbor takes the credential for ${host} was not tried.`);
    return { change: 'untried', findings: [untried] };
  }

  return { deliver, rehearse };
}

/** Throws MISCONFIGURED for a URL that is not encrypted, before anything is sent. */
function refusePlain(url: string, row: number, host: string): void {
  if (isEncrypted(url)) return;
  throw new Failure(
    'MISCONFIGURED',
    `Endpoint ${row} is reached over plain http, so Harbor would send the token unencrypted. Nothing was sent.`,
    {
      stops: 'slot',
      remedy: editUrl(host),
    },
  );
}

/** Throws TOO_LARGE. Harbor itself would only answer "internal server error". */
function refuseTooLong({ password }: Credential): void {
  const bytes = Buffer.byteLength(password.reveal());
  if (bytes > longestSecret)
    throw new Failure('TOO_LARGE', `The ECR password has ${bytes} bytes; Harbor stores at most ${longestSecret}.`, {
      remedy: 'Nothing was sent. Use an endpoint of the type "aws-ecr" for this registry, with which Harbor fetches tokens by itself.',
    });
}

/**
 * The two members are not nested: a PUT ignores a nested `credential`, and 2.16 drops the secret when `url` changes.
 */
const loginOf = oncePerCredential(({ username, password }) => Object.freeze({ access_key: username, access_secret: password.reveal() }));
