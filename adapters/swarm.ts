import { type Deps, defineAdapter } from '../src/contract/adapter.ts';
import { mapOf, textOf } from '../src/contract/shapes.ts';
import type { Finding, Slot, Target } from '../src/contract/target.ts';
import { givenTo } from '../src/contract/usual.ts';
import { makeGlance } from './common/glance.ts';
import { makeBehind } from './common/swarm/behind.ts';
import { choices } from './common/swarm/choice.ts';
import { encodedLogin, loginHeader, openEngine } from './common/swarm/engine.ts';
import { makeRefresher } from './common/swarm/refresh.ts';
import { type Found, makeSurvey } from './common/swarm/survey.ts';
import { makeWritten } from './common/swarm/written.ts';
import { type Code, findings } from './swarm/findings.ts';
import { refusalOf } from './swarm/refusal.ts';

/** Slots need no reference beyond the id of the service. */
type Ref = null;

export const swarm = defineAdapter({
  kind: 'swarm',
  doc: 'Docker Swarm: keeps the logins of running services fresh, and restarts none of their tasks.',
  options: {
    url: {
      doc: 'A manager of the Swarm: `unix:///var/run/docker.sock` or `https://HOST:2376`.',
      format: 'address',
      env: 'SWARM_URL',
    },
    services: {
      doc: 'Which services: `labelled` (those with the label `ecr-courier.enable=true`) or `all` (but for those with `false`).',
      format: 'choice',
      choices,
      default: 'labelled',
      env: 'SWARM_SERVICES',
    },
  },
  // A write names the version of the service that it replaces, so Swarm refuses a late one.
  limits: { concurrency: 4, discoverMs: 30_000, deliverMs: 30_000, lingerMs: 0 },
  findings,
  create({ url, services }, deps: Deps<Code>): Target<Ref> {
    // The address without an API version at its end (`/v1.41`), because requests use the engine's own version.
    const address = url.replace(/^(http.*?)\/v\d+\.\d+\/*$/, '$1').replace(/\/+$/, '');
    const http = deps.http({ url: address, sets: [loginHeader] });
    const engine = openEngine({ ask: http, refused: refusalOf(http, address), versions: 'named' });
    const written = makeWritten(deps);
    const parts = { engine, choice: services, written, behind: makeBehind(written, deps.clock), ended: new Set<string>() };
    const survey = makeSurvey(parts, deps);
    const refresher = makeRefresher({ ...parts, stops: 'target' }, deps);
    const look = makeGlance(deps.clock, {
      async product(signal) {
        const { Version, ApiVersion } = mapOf((await http('GET', '/version', { signal })).json());
        return textOf(Version) && `Docker ${textOf(Version)}, API ${textOf(ApiVersion)}`;
      },
    });

    return {
      address,
      async discover(signal) {
        const stopped = refresher.stopped();
        if (stopped) throw stopped;
        await written.recall();
        const { found, findings: seen, unseen, oldest } = await survey(signal);
        const { product = 'Docker' } = await look(signal);
        written.keep(new Set([...found.map(({ id }) => id), ...unseen]));
        return {
          slots: found.map(slotOf),
          unseen,
          findings: [...seen, ...unused(deps)],
          about: { product, ...(oldest !== undefined && { reaches: [oldest] }) },
        };
      },
      async deliver(slot, credentials, signal) {
        const given = givenTo(slot, credentials);
        if (!given) return { change: 'unchanged' };
        return await refresher.refresh({ id: slot.id, ...loginOf(given), credential: given.credential }, signal);
      },
      async rehearse(slot, credentials, signal) {
        const given = givenTo(slot, credentials);
        return given ? await refresher.rehearse({ id: slot.id, ...loginOf(given) }, signal) : { change: 'unchanged' };
      },
    };
  },
});

/** The host of an image, and the login for it. Swarm does not compare the two, so the sender must. */
function loginOf({ credential: { username, password }, registry: { host } }: NonNullable<ReturnType<typeof givenTo>>) {
  return { host, login: encodedLogin({ username, password: password.reveal(), serveraddress: host }) };
}

function unused({ wanted, finding }: Deps<Code>): Finding[] {
  if (wanted.length === 0) return [];
  return [finding('REGISTRIES_UNUSED', `${wanted.map(({ host }) => host).join(', ')}: named in the configuration, and of no use here.`)];
}

function slotOf({ id, name, registry, state, holds, findings: said }: Found): Slot<Ref> {
  return {
    id,
    title: name,
    registries: [registry],
    state: state === 'overwritten' ? 'drifted' : 'present',
    ...(state === 'waiting' && { waits: true }),
    ...(holds && { holds }),
    ...(said.length > 0 && { findings: said }),
    ref: null,
  };
}
