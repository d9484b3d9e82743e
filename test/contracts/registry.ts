import { type ExpiredForm, startRegistry } from '../fakes/registry.ts';
import type { RegistryState } from './format.d.ts';
import type { Harness } from './harness.ts';

const door = 'the fake is the door only: nothing is pulled through it';
const client = 'a client of the registry; the courier is none';

/** The registry door, as ECR and as docker-registry with a password file. */
export const registry: Harness = {
  product: /^docker-registry/,
  leftOut: {
    manifest: door,
    blob: door,
    tags: door,
    redirect: door,
    missing: door,
    denied: door,
    busy: door,
    public: 'the courier has no source for ECR Public yet',
    docker: client,
    skopeo: client,
    engine: client,
    helper: client,
  },
  dialect: { text: text => text.trim() },
  async start(scenario) {
    const { server, host, password, expired = [] } = scenario.state as unknown as RegistryState;
    let good = password;
    const judge = (_region: string | undefined, given: string): 'good' | 'expired' | 'unknown' =>
      expired.includes(given) ? 'expired' : given === good ? 'good' : 'unknown';
    const fake = await startRegistry({ judge }, { registry: host, like: server });
    return {
      address: () => fake.url,
      before(event) {
        const { password: next, expiredForm } = event as { password?: string; expiredForm?: ExpiredForm };
        good = next ?? good;
        fake.expiredForm = expiredForm ?? fake.expiredForm;
      },
      [Symbol.asyncDispose]: () => fake[Symbol.asyncDispose](),
    };
  },
};
