import { type Deps, defineAdapter } from '../src/contract/adapter.ts';
import type { Target } from '../src/contract/target.ts';
import { givenTo } from '../src/contract/usual.ts';
import { choices } from './common/swarm/choice.ts';
import { loginHeader } from './common/swarm/engine.ts';
import { openApi } from './portainer/api.ts';
import { leftAlone } from './portainer/environments.ts';
import { type Code, findings } from './portainer/findings.ts';
import { refuseMisspelled } from './portainer/key.ts';
import { makeLook } from './portainer/look.ts';
import { openSession } from './portainer/session.ts';
import { isService, makeSurvey, type Ref } from './portainer/survey.ts';
import { makeSwarms, managerHeader } from './portainer/swarm.ts';
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
    swarm: {
      doc: 'Whether to give running services of Swarms each new login, through Portainer: none of their tasks is restarted.',
      format: 'boolean',
      default: false,
      env: 'PORTAINER_SWARM',
    },
    services: {
      doc: 'With `swarm`, which services: `labelled` (those with the label `ecr-courier.enable=true`) or `all` (but for those with `false`).',
      format: 'choice',
      choices,
      default: 'labelled',
      needs: 'swarm',
      env: 'PORTAINER_SERVICES',
    },
  },
  anyOf: [['apiKey'], ['username', 'password']],
  // A PUT reads every registry of Portainer, so more concurrency gains little. If namespaces have access, it waits for
  // the clusters (recorded on CE 2.43.0).
  limits: { concurrency: 4, discoverMs: 30_000, deliverMs: 75_000, lingerMs: 120_000 },
  keyHint: 'create it at My account > Access tokens',
  findings,
  create({ url, apiKey, username, password, swarm, services }, deps: Deps<Code>): Target<Ref> {
    const address = url.replace(/(\/api)?\/*$/, '');
    if (apiKey) refuseMisspelled(apiKey);
    const sets = [...(apiKey ? [] : ['Authorization']), ...(swarm ? [loginHeader, managerHeader] : [])];
    const http = deps.http({ url: address, sets, ...(apiKey && { headers: { 'X-API-Key': apiKey.reveal() } }) });
    const api = openApi(http, address, apiKey ? { key: apiKey } : { session: openSession(http, username, password) });
    const principal = apiKey ? undefined : username;
    const look = makeLook(api, deps);
    const { write, rehearse, misplacedTokens, leftToDo } = makeWriter(api, deps);
    const swarms = swarm ? makeSwarms(api, services, deps) : undefined;

    return {
      address,
      async discover(signal) {
        const survey = makeSurvey(deps, leftToDo);
        const count = await api.eachRow(survey.take, signal);
        const { version, swarms: environments = [] } = await look(signal);
        const seen = survey.report(count);
        const served = swarms && (await swarms.survey(seen.slots, version, signal));
        const findings = [...seen.findings, ...misplacedTokens()];
        if (seen.slots.length > 0) findings.push(...leftAlone(environments, swarms ? 'served' : 'left alone', deps));
        const about = {
          product: version ? `Portainer ${version}` : 'Portainer',
          ...(principal && { principal }),
          ...(served && { reaches: served.reaches }),
        };
        return {
          slots: [...seen.slots, ...(served?.slots ?? [])],
          findings: [...findings, ...(served?.findings ?? [])],
          unseen: [...(seen.unseen ?? []), ...(served?.unseen ?? [])],
          about,
        };
      },
      async deliver({ ref, registries, after }, credentials, signal) {
        if (isService(ref)) return swarms && after !== undefined ? await swarms.refresh(ref, credentials, signal) : { change: 'unchanged' };
        const given = givenTo({ registries }, credentials);
        return given ? await write(ref, given.registry, given.credential, signal) : { change: 'unchanged' };
      },
      async rehearse({ ref, registries }, credentials, signal) {
        if (isService(ref)) return swarms ? await swarms.rehearse(ref, signal) : { change: 'unchanged' };
        const given = givenTo({ registries }, credentials);
        return given ? await rehearse(ref, given.registry, given.credential, signal) : { change: 'unchanged' };
      },
    };
  },
});
