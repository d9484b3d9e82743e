import type { Deps } from '../../src/contract/adapter.ts';
import type { Credentials } from '../../src/contract/credential.ts';
import { Failure } from '../../src/contract/failures.ts';
import type { Receipt, Rehearsal } from '../../src/contract/target.ts';
import { type Api, management, projectPath, refusal, type Where } from './api.ts';
import type { Code } from './findings.ts';
import { projectSlots } from './gaps.ts';
import { reviewed } from './right.ts';
import type { NewRef, Place } from './slots.ts';
import { type Task, taskOf } from './task.ts';
import { type Norman, rehearseCredential, writeCredential } from './write-credential.ts';
import { writeSecret } from './write-secret.ts';

/**
 * Writes the given credentials into the place that `ref` names, or only asks what would happen. All other logins stay.
 */
export function makeWriter(api: Api, deps: Deps<Code>) {
  return {
    async write(ref: Place, given: Credentials, signal: AbortSignal): Promise<Receipt> {
      const task = taskOf(api, deps, given, signal, 'written');
      if (ref.kind === 'secret') return writeSecret(task, ref);
      return ref.kind === 'credential' ? writeCredential(task, ref) : add(task, ref, given, deps);
    },
    async rehearse(ref: Place, given: Credentials, signal: AbortSignal): Promise<Rehearsal> {
      const task = taskOf(api, deps, given, signal, 'rehearsed');
      if (ref.kind === 'secret') return writeSecret(task, ref);
      if (ref.kind === 'credential') return rehearseCredential(task, ref, deps);
      return reviewed(task, rightToCreate(ref), { verb: 'create', namespace: ref.backing }, 'created', deps);
    },
  };
}

const rightToCreate = ({ project }: NewRef): Where => ({ cluster: management, right: `create secrets in project ${project}` });

/**
 * Creates a dockerCredential. If it exists by now, because another program was faster or an earlier attempt did land,
 * it is updated.
 */
async function add(task: Task, ref: NewRef, given: Credentials, { finding }: Deps<Code>): Promise<Receipt> {
  const { api, signal } = task;
  const { project, backing, name } = ref;
  const [cluster = '', short = ''] = project.split(':');
  const id = `${projectSlots({ cluster, short })}/${name}`;
  const answer = await api.http('POST', projectPath(project), { signal, body: bodyOf(ref, short, given) });
  if (answer.status === 201 && answer.json<Norman | null>()?.name !== name)
    throw new Failure('UNEXPECTED', `Rancher answered 201 for a new credential ${name} in project ${project} but did not name it.`);
  if (answer.status === 201)
    return { change: 'created', id, findings: [finding('NOT_ATTACHED', `${name} was created in project ${project}.`)] };
  if (answer.status !== 409) throw refusal(api, answer, rightToCreate(ref));
  const there = { kind: 'credential', project, id: `${backing}:${name}`, visible: false } as const;
  const receipt = await writeCredential(task, there).catch(error => {
    throw isNotFound(error) ? nameTaken(ref) : error;
  });
  return { ...receipt, id };
}

/**
 * The body of a new dockerCredential. With the label of a project's secret Rancher copies it right away; without it,
 * when Rancher next looks at one of the namespaces.
 */
function bodyOf({ project, name }: NewRef, short: string, given: Credentials): object {
  const registries = Object.fromEntries(
    [...given].map(([host, { username, password }]) => [host, { username, password: password.reveal() }]),
  );
  const labels = { 'management.cattle.io/project-scoped-secret': short };
  return { type: 'dockerCredential', projectId: project, name, labels, registries };
}

const isNotFound = (error: unknown): boolean => error instanceof Failure && error.code === 'NOT_FOUND';

const nameTaken = ({ project, name }: NewRef): Failure =>
  new Failure('CONFLICT', `Project ${project} has another secret with the name ${name}.`, {
    remedy: 'Rename or remove that secret.',
  });
