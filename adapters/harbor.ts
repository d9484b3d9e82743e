import { type Deps, defineAdapter, type Receipt, type Target } from '../src/contract/adapter.ts';
import type { Credential } from '../src/contract/credential.ts';
import { Failure } from '../src/contract/failures.ts';
import type { Registry } from '../src/contract/registry.ts';
import { givenTo, nothingAt } from '../src/contract/usual.ts';
import { type Code, findings } from './harbor/findings.ts';
import { oneByOneUntilAccepted } from './harbor/login.ts';
import { makeLook } from './harbor/look.ts';
import { createKey, isUnhealthy, refusal } from './harbor/refusal.ts';
import { listRows, paths, type Ref, survey } from './harbor/rows.ts';

/** The longest secret that Harbor stores, in bytes: its column holds 4096 characters of the encrypted form (recorded on 2.15.2). */
const longestSecret = 3050;
const longestName = 64;

export const harbor = defineAdapter({
  kind: 'harbor',
  doc: 'Harbor 2.x, and 1.10: keeps the tokens of its ECR endpoints fresh, for proxy caches and replication.',
  options: {
    url: { doc: 'Address of Harbor, with the path prefix if a reverse proxy adds one.', format: 'url', env: 'HARBOR_URL' },
    username: {
      doc: 'A system robot account, with its prefix (robot$courier), or an administrator.',
      format: 'string',
      env: 'HARBOR_USERNAME',
    },
    password: { doc: 'The secret of the robot account, or the password.', format: 'secret', env: 'HARBOR_PASSWORD' },
  },
  // A PUT holds a transaction open while Harbor logs in to ECR; over there that waits up to 80 s for a host that does not answer.
  limits: { concurrency: 8, discoverMs: 30_000, deliverMs: 75_000, lingerMs: 120_000 },
  keyHint: createKey,
  findings,
  create({ url, username, password }, deps: Deps<Code>): Target<Ref> {
    const address = url.replace(/(\/api(\/v2\.0)?)?\/*$/, '');
    const http = deps.http({ url: address });
    const login = (): string => Buffer.from(`${username}:${password.reveal()}`).toString('base64');
    const ask = oneByOneUntilAccepted((method, path, signal, more) =>
      http(method, path, { signal, ...more, headers: { Authorization: `Basic ${login()}` } }),
    );
    let home: string = paths[0];
    const look = makeLook(ask, () => home, username, deps);

    async function update(
      { path }: Ref,
      row: number,
      host: string,
      { username, password }: Credential,
      signal: AbortSignal,
    ): Promise<Receipt> {
      // Flat, and nothing more: nested as in a POST it would be ignored, and with a changed `url` 2.16 drops the secret.
      const body = { access_key: username, access_secret: password.reveal() };
      const answer = await ask('PUT', `${path}/${row}`, signal, { body });
      if (answer.status !== 200) throw refusal(http, answer, 'registry:update', host);
      return { change: 'updated', proven: true };
    }

    async function add(ref: Ref, { host }: Registry, credential: Credential, signal: AbortSignal): Promise<Receipt> {
      const login = { type: 'basic', access_key: credential.username, access_secret: credential.password.reveal() };
      const body = { name: host.slice(0, longestName), type: 'docker-registry', url: `https://${host}`, credential: login };
      const answer = await ask('POST', ref.path, signal, { body });
      if (answer.status !== 201 && answer.status !== 409) throw refusal(http, answer, 'registry:create', host);
      const named = /\/registries\/(\d+)$/.exec(answer.headers.get('location') ?? '')?.[1];
      if (answer.status === 201 && named) return { change: 'created', id: named, proven: true };
      // Somebody was faster, or an attempt of ours that was given up did land.
      const rows = (await listRows(http, ask, ref.path, signal)) ?? [];
      const there = rows.find(row => row.type === 'docker-registry' && deps.registry(row.url)?.registry.host === host);
      if (!there) throw refusal(http, answer, 'registry:create', host);
      if (answer.status === 201) return { change: 'created', id: String(there.id), proven: true };
      return { ...(await update(ref, there.id, host, credential, signal)), id: String(there.id) };
    }

    return {
      address,
      async discover(signal) {
        for (const path of new Set([home, ...paths])) {
          const rows = await listRows(http, ask, path, signal);
          if (!rows) continue;
          home = path;
          const { slots, findings: found } = survey(rows, path, deps);
          const { about, findings: told } = await look(signal);
          return { slots, findings: [...found, ...told], about };
        }
        throw nothingAt('Harbor', address, paths);
      },
      async deliver(slot, credentials, signal) {
        const given = givenTo(slot, credentials);
        if (!given) return { change: 'unchanged' };
        const { registry, credential } = given;
        const { ref } = slot;
        refuseTooLong(credential);
        if (ref.row === 'new') return add(ref, registry, credential, signal);
        return update(ref, ref.row, registry.host, credential, signal);
      },
      async rehearse(slot, credentials, signal) {
        const given = givenTo(slot, credentials);
        if (!given) return { change: 'unchanged' };
        const { registry, credential } = given;
        const { host } = registry;
        const { ref } = slot;
        refuseTooLong(credential);
        const change = ref.row === 'new' ? 'created' : 'updated';
        const where = ref.row === 'new' ? { type: 'docker-registry', url: `https://${host}` } : { id: ref.row };
        const body = { ...where, access_key: credential.username, access_secret: credential.password.reveal() };
        const answer = await ask('POST', `${ref.path}/ping`, signal, { body, reads: true });
        if (answer.status === 200) return { change, proven: true };
        if (!isUnhealthy(answer)) throw refusal(http, answer, 'registry:read', host);
        return { change, proven: false, findings: [deps.finding('TRIAL_FAILED', `Harbor tried the new credential at ${host} in vain.`)] };
      },
    };
  },
});

/** Harbor itself would say no more than "internal server error". */
function refuseTooLong({ password }: Credential): void {
  const bytes = Buffer.byteLength(password.reveal());
  if (bytes > longestSecret)
    throw new Failure('TOO_LARGE', `The ECR password has ${bytes} bytes; Harbor stores at most ${longestSecret}.`, {
      remedy: 'Nothing was sent. Use an endpoint of the type "aws-ecr" for this registry, with which Harbor fetches tokens by itself.',
    });
}
