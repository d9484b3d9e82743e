import { type Deps, defineAdapter } from '../src/contract/adapter.ts';
import type { Target } from '../src/contract/target.ts';
import { givenTo } from '../src/contract/usual.ts';
import { openApi } from './portainer/api.ts';
import { type Code, findings } from './portainer/findings.ts';
import { refuseMisspelled } from './portainer/key.ts';
import { makeLook } from './portainer/look.ts';
import { openSession } from './portainer/session.ts';
import { makeSurvey, type Ref } from './portainer/survey.ts';
import { makeWriter } from './portainer/write.ts';

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
    if (apiKey) refuseMisspelled(apiKey);
    const login = apiKey ? { headers: { 'X-API-Key': apiKey.reveal() } } : { sets: ['Authorization'] };
    const http = deps.http({ url: address, ...login });
    const api = openApi(http, address, apiKey ? { key: apiKey } : { session: openSession(http, username, password) });
    const principal = apiKey ? undefined : username;
    const look = makeLook(api, deps);
    const { write, rehearse, misplacedTokens, leftToDo } = makeWriter(api, deps);

    return {
      address,
      async discover(signal) {
        const survey = makeSurvey(deps, leftToDo);
        await api.eachRow(survey.take, signal);
        const { product = 'Portainer', swarms = [] } = await look(signal);
        const seen = survey.report();
        const findings = [...seen.findings, ...misplacedTokens()];
        if (seen.slots.length > 0 && swarms.length > 0)
          findings.push(deps.finding('SWARM', `Swarm seen: ${swarms.join(', ')}. Running services keep the password of their deployment.`));
        return { ...seen, findings, about: { product, ...(principal && { principal }) } };
      },
      deliver(slot, credentials, signal) {
        const given = givenTo(slot, credentials);
        return given ? write(slot.ref, given.registry, given.credential, signal) : Promise.resolve({ change: 'unchanged' });
      },
      async rehearse(slot, credentials, signal) {
        const given = givenTo(slot, credentials);
        return given ? await rehearse(slot.ref, given.registry, given.credential, signal) : { change: 'unchanged' };
      },
    };
  },
});
