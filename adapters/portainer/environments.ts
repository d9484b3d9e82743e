import type { Deps } from '../../src/contract/adapter.ts';
import { Failure } from '../../src/contract/failures.ts';
import type { Answer } from '../../src/contract/http.ts';
import { listOf, mapOf } from '../../src/contract/shapes.ts';
import type { Finding } from '../../src/contract/target.ts';
import { label, shapeOf } from '../../src/contract/text.ts';
import { disagreement } from '../common/swarm/engine.ts';
import type { Api } from './api.ts';
import { type Code, findings } from './findings.ts';
import { isOwn } from './session.ts';

/** An environment that is a Swarm by Portainer's last snapshot. */
export interface Environment {
  readonly id: number;
  readonly name: string;
  /** by tunnel: an edge agent, whose tunnel would have to be opened every minute. */
  readonly reached: 'directly' | 'by tunnel';
}

/** Types of environments (source of 2.43.0): Docker, and an agent. An edge agent is 4. */
const direct: readonly unknown[] = [1, 2];
const edge = 4;

export const isServed = ({ reached }: Environment): boolean => reached === 'directly';

export async function readEnvironments({ ask, refused }: Pick<Api, 'ask' | 'refused'>, signal: AbortSignal): Promise<Environment[]> {
  const answer = await ask('GET', '/api/endpoints?excludeSnapshotRaw=true', signal);
  if (answer.status !== 200) throw refused(answer);
  const environments = answer.json<unknown>();
  if (!Array.isArray(environments))
    throw new Failure('UNEXPECTED', `GET /api/endpoints: the answer is not a list, but ${shapeOf(environments)}.`);
  return environments.map(mapOf).flatMap(({ Id, Name, Type, Snapshots }) => {
    const isSwarm = listOf(Snapshots).some(snapshot => mapOf(snapshot)['Swarm'] === true);
    if (!isSwarm || !Number.isSafeInteger(Id) || !(direct.includes(Type) || Type === edge)) return [];
    return [{ id: Number(Id), name: label(Name, 80), reached: Type === edge ? ('by tunnel' as const) : ('directly' as const) }];
  });
}

/**
 * The failure for a response from behind Portainer, which stops neither registries nor other environments. Portainer
 * itself responds with 500 if it cannot reach the engine (recorded on CE 2.43.0), and an engine does if managers elect
 * a leader.
 */
export function ofEnvironment(answer: Answer, failure: Failure): Failure {
  const { code, message, facts } = failure;
  const isUnreached = answer.status === 500 && (isOwn(answer) || disagreement.test(answer.text));
  const remedy = answer.status >= 500 && { remedy: findings.SWARM_UNSEEN.remedy };
  return new Failure(isUnreached ? 'UNREACHABLE' : code, message, { ...facts, stops: 'slot', ...remedy });
}

/** Earlier versions pass the id of a row on to the engine, which takes it for the login (source of Portainer). */
const firstVersion = [2, 13] as const;

/** Whether this Portainer replaces the id of a row by its login. */
export function replacesLogins(version: string | undefined): boolean {
  const [, major = '', minor = ''] = /^(\d+)\.(\d+)\./.exec(version ?? '') ?? [];
  const [first, second] = firstVersion;
  return Number(major) > first || (Number(major) === first && Number(minor) >= second);
}

/** Findings on Swarms whose services are not served: all of them, or with `swarm` those behind a tunnel. */
export function leftAlone(environments: readonly Environment[], swarm: 'served' | 'left alone', { finding }: Deps<Code>): Finding[] {
  const left = swarm === 'served' ? environments.filter(one => !isServed(one)) : environments;
  if (left.length === 0) return [];
  const seen = `Swarm seen: ${left.map(({ name }) => name).join(', ')}. Running services keep the password of their deployment.`;
  if (swarm === 'left alone') return [finding('SWARM', seen)];
  return [
    finding(
      'SWARM',
      seen,
      'Environments of edge agents are not served. Run the courier beside such a Swarm, as a target of the kind `swarm`.',
    ),
  ];
}
