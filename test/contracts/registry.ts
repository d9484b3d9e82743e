import { type ExpiredForm, startRegistry } from '../fakes/registry.ts';
import type { RegistryState } from './format.d.ts';
import type { Harness } from './harness.ts';

const client = 'a client of the registry; the courier is none';

/** ECR's registry as its documents describe it, and docker-registry with a password file as recorded. */
export const registry: Harness = {
  product: /^docker-registry/,
  leftOut: {
    docker: client,
    skopeo: client,
    engine: client,
    helper: client,
  },
  dialect: { text: text => text.trim() },
  async start(scenario, _, { blobs = {} }) {
    const {
      server,
      host,
      password,
      repositories,
      principal,
      deny,
      cachePrefixes,
      limited,
      expired = [],
    } = scenario.state as unknown as RegistryState;
    let good = password;
    const judge = (_region: string | undefined, given: string): 'good' | 'expired' | 'unknown' =>
      expired.includes(given) ? 'expired' : given === good ? 'good' : 'unknown';
    const fake = await startRegistry(
      { judge },
      {
        registry: host,
        like: server,
        content: { repositories, blobs: new Map(Object.entries(blobs).map(([digest, bytes]) => [digest, Buffer.from(bytes, 'base64')])) },
        rights: { ...(principal && { principal }), ...(deny && { deny }), ...(cachePrefixes && { cachePrefixes }) },
        limited: limited === true,
      },
    );
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
