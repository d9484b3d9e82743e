import {
  type Answer,
  type Deps,
  type Discovery,
  defineAdapter,
  type Finding,
  type Receipt,
  type Slot,
  type Target,
} from '../src/contract/adapter.ts';
import type { Credential } from '../src/contract/credential.ts';
import { Failure } from '../src/contract/failures.ts';
import type { Registry } from '../src/contract/registry.ts';
import { redactQuoted, type Secret } from '../src/contract/secret.ts';
import { type Code, findings } from './portainer/findings.ts';
import { openSession, refusal } from './portainer/session.ts';

/** Of a registry in Portainer, what is read. Business Edition shows Id, Name and Type alone to users who are not administrators. */
interface Row {
  readonly Id: number;
  readonly Type: number;
  readonly Name?: string;
  readonly URL?: string;
  readonly Authentication?: boolean;
  readonly Username?: string;
}
interface Environment {
  readonly Name: string;
  readonly Snapshots?: readonly { readonly Swarm?: boolean }[] | null;
}
/** Where a credential goes: into the row of this id, or into a new one. */
type Ref = number | 'new';

const custom = 3;
/** The type "AWS ECR": it holds IAM keys in the place of user name and password, and Portainer fetches the tokens. Never written to. */
const awsEcr = 7;

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
      format: 'string',
      default: null,
      env: 'PORTAINER_USERNAME',
    },
    password: { doc: 'The password of `username`.', format: 'secret', default: null, env: 'PORTAINER_PASSWORD' },
  },
  anyOf: [['apiKey'], ['username', 'password']],
  // A PUT reads every registry there, so more at once gain little; with namespaces granted it waits for the clusters (recorded on CE 2.43.0).
  limits: { concurrency: 4, discoverMs: 30_000, deliverMs: 75_000, lingerMs: 120_000 },
  keyHint: 'create it at My account > Access tokens',
  findings,
  create({ url, apiKey, username, password }, deps: Deps<Code>): Target<Ref> {
    const address = url.replace(/(\/api)?\/*$/, '');
    const http = deps.http({ url: address, headers: apiKey ? { 'X-API-Key': apiKey.reveal() } : {} });
    const session = apiKey ? undefined : openSession(http, username, password);
    let known: { readonly at: number; readonly product: string; readonly swarms: readonly string[] } | undefined;

    async function ask(method: string, path: string, signal: AbortSignal, more: { body?: object; reads?: boolean } = {}): Promise<Answer> {
      const send = (token?: Secret): Promise<Answer> =>
        http(method, path, { signal, ...more, ...(token && { headers: { Authorization: `Bearer ${token.reveal()}` } }) });
      const used = session?.(signal);
      const answer = await send(await used);
      // A restart of Portainer ends all sessions: log in again, once.
      return answer.status === 401 && session ? send(await session(signal, used)) : answer;
    }

    async function list(signal: AbortSignal): Promise<readonly Row[]> {
      const answer = await ask('GET', '/api/registries', signal);
      if (answer.status === 404)
        throw new Failure('MISCONFIGURED', `There is no Portainer at ${address}: /api/registries is not known there.`, {
          remedy: 'Check host, port and path of the address.',
        });
      if (answer.status !== 200) throw refusal(http, answer);
      const rows = answer.json<unknown>();
      if (!Array.isArray(rows)) throw new Failure('UNEXPECTED', `${address} answered with something else than a list of registries.`);
      // Without a type it cannot be told apart from those that must not be written to.
      return (rows as readonly Row[]).filter(row => Number.isSafeInteger(row?.Id) && Number.isSafeInteger(row.Type));
    }

    /** For people only: asked every ten minutes, for three seconds at most, and its failing is none. */
    async function look(signal: AbortSignal): Promise<NonNullable<typeof known>> {
      if (known && deps.clock.mono() - known.at < 600_000) return known;
      const ends = new AbortController();
      void deps.clock.sleep(3_000, ends.signal).then(() => ends.abort());
      const get = async <T, R>(path: string, read: (body: T) => R): Promise<R | undefined> =>
        ask('GET', path, AbortSignal.any([signal, ends.signal]))
          .then(answer => (answer.status === 200 ? read(answer.json()) : undefined))
          .catch(() => undefined);
      const version = (path: string): Promise<string | undefined> => get(path, ({ Version }: { Version?: string }) => Version);
      const [product, swarms = []] = await Promise.all([
        version('/api/system/status').then(seen => seen ?? version('/api/status')),
        get('/api/endpoints?excludeSnapshotRaw=true', (all: readonly Environment[]) => all.filter(isSwarm).map(({ Name }) => Name)),
      ]);
      ends.abort();
      known = { at: deps.clock.mono(), product: product ? `Portainer ${product}` : 'Portainer', swarms };
      return known;
    }

    async function update(row: number, { username: Username, password }: Credential, signal: AbortSignal): Promise<Receipt> {
      // Without Authentication the answer is 200 and nothing is stored; with Name or URL it could collide with another row.
      const answer = await ask('PUT', `/api/registries/${row}`, signal, {
        body: { Authentication: true, Username, Password: password.reveal() },
      });
      if (answer.status !== 200) throw refusal(http, answer);
      const stored = answer.json<Row | null>();
      if (stored?.Authentication !== true || stored.Username !== Username)
        throw new Failure('UNEXPECTED', `Portainer answered 200 for registry ${row} but did not store the user name.`);
      return { change: 'updated' };
    }

    async function add({ host }: Registry, credential: Credential, signal: AbortSignal): Promise<Receipt> {
      const login = { Authentication: true, Username: credential.username, Password: credential.password.reveal() };
      const answer = await ask('POST', '/api/registries', signal, { body: { Name: host, Type: custom, URL: host, ...login, TLS: true } });
      if (answer.status === 409) {
        // Somebody was faster, or an attempt of ours that was given up did land.
        const there = (await list(signal)).find(({ Type, URL }) => Type !== awsEcr && URL && deps.registry(URL)?.registry.host === host);
        if (there) return { ...(await update(there.Id, credential, signal)), id: String(there.Id) };
      }
      if (answer.status !== 200) throw refusal(http, answer);
      const made = answer.json<Row | null>();
      if (!Number.isSafeInteger(made?.Id))
        throw new Failure('UNEXPECTED', `Portainer answered 200 for a new registry ${host} but did not name it.`);
      const id = String(made?.Id);
      return {
        change: 'created',
        id,
        findings: [deps.finding('ACCESS_NOT_GRANTED', `Registry ${host} (row ${id}) was created. Only administrators can use it so far.`)],
      };
    }

    return {
      address,
      async discover(signal): Promise<Discovery<Ref>> {
        // At once: a long list must not lie here until the answers to `look` are there.
        const seen = survey(await list(signal), deps);
        const { product, swarms } = await look(signal);
        const findings = [...seen.findings];
        if (seen.slots.length > 0 && swarms.length > 0)
          findings.push(deps.finding('SWARM', `Swarm seen: ${swarms.join(', ')}. Running services keep the password of their deployment.`));
        return { ...seen, findings, about: { product, ...(session && username && { principal: username }) } };
      },
      async deliver({ ref, registries: [registry] }, credentials, signal) {
        const credential = registry && credentials.get(registry.host);
        if (!credential) return { change: 'unchanged' };
        return ref === 'new' ? add(registry, credential, signal) : update(ref, credential, signal);
      },
      async rehearse({ ref, registries: [registry] }, credentials, signal) {
        const credential = registry && credentials.get(registry.host);
        if (!credential) return { change: 'unchanged' };
        const change = ref === 'new' ? 'created' : 'updated';
        // Since 2.36. Portainer itself tries the credential; any other type than custom would do it over plain HTTP.
        const body = { Type: custom, URL: registry.host, Username: credential.username, Password: credential.password.reveal(), TLS: true };
        const answer = await ask('POST', '/api/registries/ping', signal, { body, reads: true });
        if (answer.status === 404 || answer.status === 405) return { change };
        if (answer.status !== 200) throw refusal(http, answer);
        const said = answer.json<{ success?: boolean; message?: string } | null>();
        if (said?.success === true) return { change, proven: true };
        return {
          change,
          proven: false,
          findings: [deps.finding('PING_FAILED', `${registry.host}: ${redactQuoted(String(said?.message).slice(0, 200))}`)],
        };
      },
    };
  },
});

/** What the rows come to: a slot each that is ours to write, and what a person should know. */
function survey(rows: readonly Row[], { registry, wanted, finding }: Deps<Code>): Pick<Discovery<Ref>, 'slots' | 'findings' | 'unseen'> {
  const ecr = rows.flatMap(row => {
    const address = typeof row.URL === 'string' ? registry(row.URL) : undefined;
    return address ? [{ row, ...address }] : [];
  });
  const ours = ecr.filter(({ row }) => row.Type !== awsEcr);
  const slots = ours.map(({ row, registry, stripped }): Slot<Ref> => {
    const title = titleOf(row);
    const said: Finding[] = [];
    if (stripped.length > 0)
      said.push(finding('STORED_FORM', `The URL of ${title} is stored with ${stripped.join(', ')}; it must be ${registry.host}.`));
    if (row.Type !== custom) said.push(finding('TYPE_NOT_CUSTOM', `${title} is of type ${row.Type}, not of type ${custom} (custom).`));
    const state = row.Authentication && row.Username === 'AWS' ? 'present' : 'drifted';
    return { id: String(row.Id), title, registries: [registry], state, ...(said.length > 0 && { findings: said }), ref: row.Id };
  });
  const findings: Finding[] = [];
  const byHost = Map.groupBy(ours, ({ registry }) => registry.host);
  for (const [host, all] of byHost)
    if (all.length > 1)
      findings.push(finding('DUPLICATE_HOST', `${host} is there ${all.length} times: ${all.map(({ row }) => titleOf(row)).join(', ')}.`));
  for (const { row, registry } of ecr.filter(({ row }) => row.Type === awsEcr)) {
    const beside = byHost.has(registry.host)
      ? ' Beside it another one is kept fresh; which of them is used differs from feature to feature.'
      : '';
    findings.push(finding('TYPE_7', `${titleOf(row)} is of the type "AWS ECR" (7) and is left alone.${beside}`));
  }
  const veiled = rows.filter(({ URL }) => typeof URL !== 'string');
  if (veiled.length > 0)
    findings.push(finding('MISSING_RIGHTS', `Portainer does not show the URLs of ${veiled.length} registries to this user.`));
  if (slots.length > 0)
    findings.push(finding('RECREATE_CACHE', 'A container that is recreated may still use the password of five minutes ago.'));
  // Where URLs are hidden nothing can be called absent.
  const missing = veiled.length > 0 ? [] : wanted.filter(({ host }) => !byHost.has(host));
  const absent = missing.map(
    (registry): Slot<Ref> => ({
      id: `new:${registry.host}`,
      title: `${registry.host} (new)`,
      registries: [registry],
      state: 'absent',
      ref: 'new',
    }),
  );
  return { slots: [...slots, ...absent], findings, unseen: veiled.map(({ Id }) => String(Id)) };
}

const isSwarm = ({ Snapshots }: Environment): boolean => Snapshots?.some(({ Swarm }) => Swarm) ?? false;
/** Joined: V8 keeps the pieces of a template beside the whole. */
const titleOf = ({ Id, Name = '' }: Row): string => [Name, ' (row ', Id, ')'].join('');
