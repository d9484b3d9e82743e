import {
  type Answer,
  type Deps,
  type Discovery,
  defineAdapter,
  type HttpRequest,
  type Receipt,
  type Target,
} from '../src/contract/adapter.ts';
import { type Credential, oncePerCredential } from '../src/contract/credential.ts';
import { Failure } from '../src/contract/failures.ts';
import type { Registry } from '../src/contract/registry.ts';
import type { Secret } from '../src/contract/secret.ts';
import { quote } from '../src/contract/text.ts';
import { givenTo, nothingAt } from '../src/contract/usual.ts';
import { makeGlance } from './common/glance.ts';
import { type Code, findings } from './portainer/findings.ts';
import { refuseMisspelled } from './portainer/key.ts';
import { lacksRole, openSession, refusal, type Session } from './portainer/session.ts';
import { awsEcr, custom, isRow, makeSurvey, type Ref, type Row } from './portainer/survey.ts';

interface Environment {
  readonly Name?: unknown;
  readonly Snapshots?: readonly { readonly Swarm?: boolean }[] | null;
}

export const portainer = defineAdapter({
  kind: 'portainer',
  doc: 'Portainer 2.11 and later, Community and Business Edition: keeps the passwords of its ECR registries fresh.',
  options: {
    url: { doc: 'Address of Portainer, with the path prefix if a reverse proxy adds one.', format: 'url', env: 'PORTAINER_URL' },
    apiKey: {
      doc: 'Access token of an administrator. With it, user name and password are not used.',
      format: 'secret',
      default: null,
      env: 'PORTAINER_API_KEY',
    },
    username: {
      doc: 'An administrator, for versions before 2.11: they have no access tokens.',
      format: 'login',
      default: null,
      env: 'PORTAINER_USERNAME',
    },
    password: { doc: 'The password of `username`.', format: 'secret', default: null, env: 'PORTAINER_PASSWORD' },
  },
  anyOf: [['apiKey'], ['username', 'password']],
  // A PUT reads every registry of Portainer, so more at once gain little. With namespaces granted it waits for the
  // clusters (recorded on CE 2.43.0).
  limits: { concurrency: 4, discoverMs: 30_000, deliverMs: 75_000, lingerMs: 120_000 },
  keyHint: 'create it at My account > Access tokens',
  findings,
  create({ url, apiKey, username, password }, deps: Deps<Code>): Target<Ref> {
    const address = url.replace(/(\/api)?\/*$/, '');
    const http = deps.http({ url: address, headers: apiKey ? { 'X-API-Key': apiKey.reveal() } : {} });
    const session = apiKey ? undefined : openSession(http, username, password);
    const refused = (answer: Answer): Failure => refusal(http, answer, apiKey);

    function ask(method: string, path: string, signal: AbortSignal, more: Omit<HttpRequest, 'signal'> = {}): Promise<Answer> {
      const request = { signal, ...more };
      return session ? askWithin(session, method, path, request) : http(method, path, request);
    }
    async function askWithin(own: Session, method: string, path: string, request: HttpRequest): Promise<Answer> {
      const send = (token: Secret): Promise<Answer> =>
        http(method, path, { ...request, headers: { Authorization: `Bearer ${token.reveal()}` } });
      const used = own(request.signal);
      const answer = await send(await used);
      // A restart of Portainer ends all sessions: log in again, once.
      return answer.status === 401 ? send(await own(request.signal, used)) : answer;
    }

    /** All rows, one by one: Portainer knows no pages. */
    async function eachRow(take: (row: Row) => void, signal: AbortSignal): Promise<void> {
      const each = (element: unknown): void => void (isRow(element) && take(element));
      if (apiKey) refuseMisspelled(apiKey);
      const answer = await ask('GET', '/api/registries', signal, { each });
      if (lacksRole(answer)) throw stopping(refused(answer));
      if (answer.status === 404) throw nothingAt('Portainer', address, '/api/registries');
      if (answer.status !== 200) throw refused(answer);
    }

    const glance = makeGlance(deps.clock, {
      async product(signal) {
        const version = async (path: string): Promise<string | undefined> =>
          (await read<{ Version?: string } | null>(path, signal))?.Version;
        const seen = (await version('/api/system/status')) ?? (await version('/api/status'));
        return seen ? `Portainer ${seen}` : undefined;
      },
      swarms: async signal =>
        (await read<readonly Environment[]>('/api/endpoints?excludeSnapshotRaw=true', signal))
          ?.filter(isSwarm)
          .flatMap(({ Name }) => (typeof Name === 'string' ? Name : [])),
    });
    async function read<T>(path: string, signal: AbortSignal): Promise<T | undefined> {
      const answer = await ask('GET', path, signal);
      return answer.status === 200 ? answer.json<T>() : undefined;
    }

    async function update(row: number, credential: Credential, signal: AbortSignal): Promise<Receipt> {
      // A PUT with Name or URL could collide with another row.
      const answer = await ask('PUT', `/api/registries/${row}`, signal, { body: loginOf(credential) });
      if (answer.status !== 200) throw refused(answer);
      const stored = answer.json<Row | null>();
      if (stored?.Authentication !== true || stored.Username !== credential.username)
        throw new Failure('UNEXPECTED', `Portainer answered 200 for registry ${row} but did not store the user name.`);
      return { change: 'updated' };
    }

    /**
     * The row that another courier made at the same moment as we made ours. Portainer looks for equal names before it
     * adds a row, and does not lock (its source). So two POSTs can both succeed, and then it refuses every change of
     * both rows.
     * The lower number stays: every courier sees it after its own POST.
     */
    async function rivalOf(made: number, host: string, signal: AbortSignal): Promise<number | undefined> {
      let first: number | undefined;
      await eachRow(({ Id, Type, Name, URL }) => {
        if (Type === custom && Name === host && URL === host && Id < made) first ??= Id;
      }, signal);
      return first;
    }

    async function add({ host }: Registry, credential: Credential, signal: AbortSignal): Promise<Receipt> {
      const body = { Name: host, Type: custom, URL: host, ...loginOf(credential), TLS: true };
      const answer = await ask('POST', '/api/registries', signal, { body });
      if (answer.status === 409) {
        // Somebody was faster, or an earlier attempt of ours landed.
        let there: number | undefined;
        await eachRow(({ Id, Type, URL }) => {
          if (Type !== awsEcr && URL && deps.registry(URL)?.registry.host === host) there ??= Id;
        }, signal);
        if (there !== undefined) return { ...(await update(there, credential, signal)), id: String(there) };
      }
      if (answer.status !== 200) throw refused(answer);
      const made = answer.json<Row | null>();
      if (!Number.isSafeInteger(made?.Id))
        throw new Failure('UNEXPECTED', `Portainer answered 200 for a new registry ${host} but did not name it.`);
      const row = made?.Id as number;
      const rival = await rivalOf(row, host, signal);
      if (rival !== undefined) {
        await ask('DELETE', `/api/registries/${row}`, signal);
        return { ...(await update(rival, credential, signal)), id: String(rival) };
      }
      const id = String(row);
      return {
        change: 'created',
        id,
        findings: [deps.finding('ACCESS_NOT_GRANTED', `Registry ${host} (row ${id}) was created. Only administrators can use it so far.`)],
      };
    }

    return {
      address,
      async discover(signal): Promise<Discovery<Ref>> {
        const survey = makeSurvey(deps);
        await eachRow(survey.take, signal);
        const { product = 'Portainer', swarms = [] } = await glance(signal);
        const seen = survey.report();
        const findings = [...seen.findings];
        if (seen.slots.length > 0 && swarms.length > 0)
          findings.push(deps.finding('SWARM', `Swarm seen: ${swarms.join(', ')}. Running services keep the password of their deployment.`));
        return { ...seen, findings, about: { product, ...(session && username && { principal: username }) } };
      },
      deliver(slot, credentials, signal) {
        const given = givenTo(slot, credentials);
        if (!given) return Promise.resolve<Receipt>({ change: 'unchanged' });
        const { registry, credential } = given;
        const { ref } = slot;
        return ref === 'new' ? add(registry, credential, signal) : update(ref, credential, signal);
      },
      async rehearse(slot, credentials, signal) {
        const given = givenTo(slot, credentials);
        if (!given) return { change: 'unchanged' };
        const { registry, credential } = given;
        const change = slot.ref === 'new' ? 'created' : 'updated';
        // Portainer tries the credential itself (since 2.36). For any type but custom it would do so over plain HTTP.
        const body = { Type: custom, URL: registry.host, Username: credential.username, Password: credential.password.reveal(), TLS: true };
        const answer = await ask('POST', '/api/registries/ping', signal, { body, reads: true });
        if (answer.status === 404 || answer.status === 405) return { change };
        if (answer.status !== 200) throw refused(answer);
        const said = answer.json<{ success?: boolean; message?: string } | null>();
        if (said?.success === true) return { change, proven: true };
        return {
          change,
          proven: false,
          findings: [deps.finding('PING_FAILED', `${registry.host}: ${quote(said?.message)}`)],
        };
      },
    };
  },
});

/** Without Authentication a PUT is answered with 200 and stores nothing. */
const loginOf = oncePerCredential(({ username: Username, password }) =>
  Object.freeze({ Authentication: true, Username, Password: password.reveal() }),
);

const isSwarm = ({ Snapshots }: Environment): boolean => Snapshots?.some(({ Swarm }) => Swarm) ?? false;

const stopping = ({ code, message, facts }: Failure): Failure => new Failure(code, message, { ...facts, stops: 'target' });
