import { createHash } from 'node:crypto';
import type { Credential } from '../../contract/credential.ts';
import type { Registry } from '../../contract/registry.ts';
import type { Source } from '../../contract/source.ts';
import type { AwsDeps } from '../aws/aws.ts';
import { type Step, within } from '../aws/wire.ts';
import { identityOf, unchanged } from '../keys/asked-as.ts';
import { programIn } from '../keys/command-line.ts';
import type { SourceSpec } from './choice.ts';
import { giverOf } from './giver.ts';

/** The deadline of a fetch in milliseconds, the same as for AWS. */
const fetchMs = 20_000;

/** A source that calls no AWS service itself: a command that writes tokens, or a file that holds them. */
export function localSource(spec: SourceSpec, deps: AwsDeps): Source {
  const { name, command, file, region } = spec;
  const { clock, env = process.env } = deps;
  const told = createHash('sha256').update(JSON.stringify([command, file, region]));
  const digest = told.digest('hex').slice(0, 12);
  const scope = ({ service, region, account }: Registry): string =>
    [name, digest, service, region, ...(account ? [account] : [])].join('/');
  const askedAs = async (registry: Registry): Promise<string | undefined> =>
    deps.askedAs === 'not said' ? undefined : await identityOf(spec, env, registry);
  const { step, work } = jobOf(spec, deps);
  const running = new Set<string>();
  const tokensFrom = giverOf(spec);
  return {
    name,
    tokensFrom,
    scope,
    async fetch(registry, caller) {
      const from = { source: name, scope: scope(registry) };
      running.add(from.scope);
      const before = await askedAs(registry);
      const credential = await within(
        deps.fetchMs ?? fetchMs,
        clock,
        caller,
        () => step,
        signal => work(registry, from, signal),
      ).finally(() => running.delete(from.scope));
      const { own } = credential;
      const giver = tokensFrom?.words ?? name;
      const whose = `whoever asked ECR for the token of ${giver}`;
      const identity = { from: giver, whose, ...(own?.account && { account: own.account }) };
      return { ...credential, identity, ...(await unchanged(before, () => askedAs(registry))) };
    },
    askedAs,
    waitsFor: registry => (running.has(scope(registry)) ? step.name : undefined),
  };
}

interface Job {
  readonly step: Step;
  work(registry: Registry, from: Pick<Credential, 'source' | 'scope'>, signal: AbortSignal): Promise<Credential>;
}

/** The work that gets a token. Its code is loaded on demand, because sources that ask AWS do not need it. */
function jobOf({ command, file = '', region }: SourceSpec, { clock, env = process.env, commandEnv = env }: AwsDeps): Job {
  if (command === undefined)
    return {
      step: { name: `reading ${file}` },
      work: async (registry, from) => await (await import('./file-source.ts')).fetchFromFile({ file, region, from, clock }, registry),
    };
  const program = programIn(command);
  const late = `Run ${program} as the user of this process and without a terminal: it must write a token and end. A program that asks somebody, or opens a browser, cannot do that here.`;
  return {
    step: { name: `running the command ${program}`, late },
    async work(registry, from, signal) {
      const { fetchByCommand } = await import('./command-source.ts');
      return await fetchByCommand({ command, region, from, env: commandEnv, clock, signal }, registry);
    },
  };
}
