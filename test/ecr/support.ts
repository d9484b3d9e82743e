import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import { clock } from '../../src/contract/clock.ts';
import { Failure } from '../../src/contract/failures.ts';
import { parseAddress, type Registry } from '../../src/contract/registry.ts';
import type { Source } from '../../src/contract/source.ts';
import type { AwsDeps } from '../../src/ecr/aws/aws.ts';
import { makeSources, type SourceSpec } from '../../src/ecr/sources/source.ts';
import { type Once, type OnceRequest, openOnce } from '../../src/io/once.ts';
import { reachAws } from '../../src/io/reach.ts';

export const keys = {
  id: 'AKIAIOSFODNN7EXAMPLE',
  secret: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
  arn: 'arn:aws:iam::123456789012:user/ci',
};

/** Sets the environment of a machine that has static keys and nothing else. */
export function useStaticKeys(): void {
  for (const name of Object.keys(process.env)) if (name.startsWith('AWS_')) delete process.env[name];
  Object.assign(process.env, {
    AWS_ACCESS_KEY_ID: keys.id,
    AWS_SECRET_ACCESS_KEY: keys.secret,
    AWS_CONFIG_FILE: '/nonexistent',
    AWS_SHARED_CREDENTIALS_FILE: '/nonexistent',
  });
}

export function registryOf(host = '123456789012.dkr.ecr.eu-west-1.amazonaws.com'): Registry {
  const registry = parseAddress(host)?.registry;
  assert.ok(registry, host);
  return registry;
}

/** A source that reaches both ECR and STS at `url`. */
export function sourceAt(
  url: string,
  spec: Partial<SourceSpec> = {},
  deps: { fetchMs?: number; once?: Once; tells?: AwsDeps['tells'] } = {},
): Source {
  const [source] = makeSources([{ name: 'prod', endpoint: url, stsEndpoint: url, ...spec }], {
    once: deps.once ?? openOnce(reachAws({ env: process.env })),
    clock,
    fetchMs: deps.fetchMs,
    tells: deps.tells,
  }).all;
  assert.ok(source);
  return source;
}

/** A network in which no name resolves; `heard` receives each request. */
export function withoutNetwork(heard: (request: OnceRequest) => void): Once {
  return {
    routeTo: origin => ({ origin, names: {}, certified: false }),
    send(request) {
      heard(request);
      return Promise.reject(Object.assign(new Error('no network'), { code: 'ENOTFOUND' }));
    },
  };
}

export const fetchFrom = (source: Source, host?: string, signal: AbortSignal = new AbortController().signal) =>
  source.fetch(registryOf(host), signal);

/** Returns the Failure that the promise rejects with, and asserts that none of the secrets shows anywhere in it. */
export async function failureOf(promise: Promise<unknown>, secrets: readonly string[] = [keys.secret]): Promise<Failure> {
  const failure = await promise.then(
    () => assert.fail('it should fail'),
    (error: unknown) => error,
  );
  assert.ok(failure instanceof Failure, inspect(failure));
  const shown = inspect(failure, { depth: 10, showHidden: true }) + failure.remedy;
  for (const secret of secrets) assert.ok(!shown.includes(secret), `a secret shows in: ${shown}`);
  return failure;
}
