import { hint } from '../../../config/nearest.ts';
import { quote } from '../../contract/text.ts';
import { actions } from '../../refusals/actions.ts';
import { podIdentity } from '../../refusals/services.ts';
import { type Rights, rights, rightsFor } from '../../refusals/statements.ts';
import { UsageError } from '../io.ts';

/** The purpose of a policy. `on`: the resources that its rights apply to. */
export interface Job {
  readonly needs: readonly Rights[];
  readonly on: 'nothing' | 'repositories' | 'roles' | 'functions';
  /** The only service that does this job. */
  readonly by?: string;
}

/** Jobs by their names on the command line. */
export const jobs: Readonly<Record<string, Job>> = {
  token: { needs: [rights.token], on: 'nothing' },
  pull: { needs: [rights.token, rights.pull], on: 'repositories' },
  push: { needs: [rights.token, rights.push], on: 'repositories' },
  cache: { needs: [rights.token, rights.pull, rights.import, rights.create], on: 'repositories' },
  public: { needs: [rights.publicToken], on: 'nothing' },
  assume: { needs: [rights.assume], on: 'roles' },
  'pod-identity': { needs: [rights.assume], on: 'roles', by: podIdentity },
  'web-identity': { needs: [rights.webIdentity], on: 'roles' },
  invoke: { needs: [rights.invoke], on: 'functions' },
};

const ons = { repository: 'repositories', registry: 'nothing', role: 'roles', function: 'functions' } as const;

/** Combines jobs and actions such as `ecr:ListImages`. Each right occurs once. */
export function jobOf(words: readonly string[]): Job {
  const all = words.map(one);
  const [first, ...more] = all;
  if (first && more.length === 0) return first;
  const alone = words.find((_word, at) => all[at]?.by !== undefined);
  if (alone !== undefined) throw new UsageError(`${alone} stands alone: ask for each job by itself`);
  const ons = new Set(all.map(({ on }) => on).filter(on => on !== 'nothing'));
  const [on = 'nothing', other] = ons;
  if (other !== undefined) throw new UsageError(`${words.join()} are of different things, ${on} and ${other}: ask for each alone`);
  return { needs: [...new Map(all.flatMap(({ needs }) => needs.map(need => [need.name, need]))).values()], on };
}

function one(word: string): Job {
  if (Object.hasOwn(jobs, word) && jobs[word]) return jobs[word];
  const kind = actions.get(word);
  if (kind !== undefined) return { needs: [rightsFor(word)], on: ons[kind] };
  const known = [...Object.keys(jobs), ...actions.keys()];
  throw new UsageError(`${quote(word)} is neither a job (${Object.keys(jobs).join(', ')}) nor an ECR action${hint(word, known)}`);
}
