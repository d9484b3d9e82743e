import { createHash } from 'node:crypto';
import type { Credential } from '../contract/credential.ts';
import type { Registry } from '../contract/registry.ts';
import type { Source } from '../contract/source.ts';
import { identityOf } from './asked-as.ts';
import type { AwsDeps } from './aws.ts';
import type { SourceSpec } from './choice.ts';
import { programIn } from './command-line.ts';
import { fetchByCommand } from './command-source.ts';
import { fetchFromFile } from './file-source.ts';
import { describeIdentity } from './identity.ts';
import { within } from './wire.ts';

/** In milliseconds: what runs here has as long as AWS has. */
const fetchMs = 20_000;

/** A source that asks nobody of AWS itself: what a command writes, or a file holds. */
export function localSource(spec: SourceSpec, deps: AwsDeps): Source {
  const { name, command, file = '', region } = spec;
  const { clock, env = process.env, commandEnv = env } = deps;
  const digest = createHash('sha256')
    .update(JSON.stringify([command, file, region]))
    .digest('hex')
    .slice(0, 12);
  const scope = ({ service, region, account }: Registry): string =>
    [name, digest, service, region, ...(account ? [account] : [])].join('/');
  const askedAs = async ({ account }: Registry): Promise<string | undefined> =>
    deps.askedAs === 'not said' ? undefined : await identityOf(spec, env, account);
  const waiting = command === undefined ? `reading ${file}` : `running the command ${programIn(command)}`;
  const steps = new Set<string>();
  return {
    name,
    scope,
    async fetch(registry, caller) {
      const from = { source: name, scope: scope(registry) };
      const step = { name: waiting, late: command === undefined ? undefined : late(programIn(command)) };
      steps.add(from.scope);
      const before = await askedAs(registry);
      const work = async (signal: AbortSignal): Promise<Credential> =>
        command === undefined
          ? await fetchFromFile({ file, region, from, clock }, registry)
          : await fetchByCommand({ command, region, from, env: commandEnv, clock, signal }, registry);
      const credential = await within(deps.fetchMs ?? fetchMs, clock, caller, () => step, work).finally(() => steps.delete(from.scope));
      const { own } = credential;
      const identity = { from: describeIdentity(spec, env), ...(own?.account && { account: own.account }) };
      // A file that was written meanwhile may have been read before or after.
      const isSame = before !== undefined && before === (await askedAs(registry));
      return { ...credential, identity, ...(isSame && { askedAs: before }) };
    },
    askedAs,
    waitsFor: registry => (steps.has(scope(registry)) ? waiting : undefined),
  };
}

const late = (program: string): string =>
  `Run ${program} as the user of this process and without a terminal: it must write a token and end. A program that asks somebody, or opens a browser, cannot do that here.`;
