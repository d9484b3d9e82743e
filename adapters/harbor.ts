import { type Deps, defineAdapter } from '../src/contract/adapter.ts';
import type { Failure } from '../src/contract/failures.ts';
import type { Answer } from '../src/contract/http.ts';
import type { Target } from '../src/contract/target.ts';
import { nothingAt } from '../src/contract/usual.ts';
import { type Code, findings } from './harbor/findings.ts';
import { oneByOneUntilAccepted } from './harbor/login.ts';
import { makeLook } from './harbor/look.ts';
import { createKey, refusal } from './harbor/refusal.ts';
import { listRows, paths } from './harbor/rows.ts';
import { type Ref, survey } from './harbor/survey.ts';
import { makeWriter } from './harbor/write.ts';

export const harbor = defineAdapter({
  kind: 'harbor',
  doc: 'Harbor 2.x, and 1.10: keeps the tokens of its ECR endpoints fresh, for proxy caches and replication.',
  options: {
    url: { doc: 'Address of Harbor, with the path prefix if a reverse proxy adds one.', format: 'url', env: 'HARBOR_URL' },
    username: {
      doc: 'A system robot account, with its prefix (robot$courier), or an administrator.',
      format: 'login',
      env: 'HARBOR_USERNAME',
    },
    password: { doc: 'The secret of the robot account, or the password.', format: 'secret', env: 'HARBOR_PASSWORD' },
  },
  // A PUT holds a transaction open while Harbor logs in to ECR: up to 80 s if a host does not respond.
  limits: { concurrency: 8, discoverMs: 30_000, deliverMs: 75_000, lingerMs: 120_000 },
  keyHint: createKey,
  findings,
  create({ url, username, password }, deps: Deps<Code>): Target<Ref> {
    const address = url.replace(/(\/api(\/v2\.0)?)?\/*$/, '');
    const http = deps.http({ url: address, sets: ['Authorization'] });
    const login = (): string => Buffer.from(`${username}:${password.reveal()}`).toString('base64');
    const ask = oneByOneUntilAccepted((method, path, signal, more) =>
      http(method, path, { signal, ...more, headers: { Authorization: `Basic ${login()}` } }),
    );
    let home: string = paths[0];
    const look = makeLook(ask, () => home, username, deps);
    const refused = (answer: Answer, right: string, host?: string): Failure => refusal(http, answer, { right, username, host });
    const writer = makeWriter({ ask, refused, deps });

    return {
      address,
      async discover(signal) {
        for (const path of new Set([home, ...paths])) {
          const listed = await listRows(ask, path, signal, refused);
          if (!listed) continue;
          home = path;
          const { about, findings: told, uses } = await look(signal);
          const { slots, findings: found } = survey(listed, { path, uses }, deps);
          return { slots, findings: [...found, ...told], about };
        }
        throw nothingAt('Harbor', address, paths);
      },
      ...writer,
    };
  },
});
