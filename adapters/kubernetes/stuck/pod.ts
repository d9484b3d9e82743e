import { textOf } from '../../../src/contract/shapes.ts';
import { listOf, type Meta, mapOf, metaOf, ownersIn, owns } from '../objects.ts';
import { registryOf } from '../pods.ts';
import type { Means, Settings } from '../settings.ts';

/**
 * A pod that has not started and does not name the Secret, although a new pod of its ServiceAccount would: it was
 * created before the account named the Secret, and its own list never changes.
 */
export interface Nameless {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly version: string;
  /** Its ServiceAccount. */
  readonly account: string;
  /** The controller that replaces it. */
  readonly owner: { readonly uid: string; readonly title: string };
  /** When it was created, in milliseconds since the epoch. */
  readonly createdAt: number;
  /** The images that the kubelet was refused for lack of a login. Empty: it is not stuck for that reason. */
  readonly refused: readonly { readonly image: string; readonly host: string }[];
}

type Reader = Pick<Means, 'registry' | 'hasSource'>;

/** Reads a pod. undefined: it names the Secret, it runs or ran, or nobody would create it again. */
export function namelessIn(object: unknown, { secret }: Pick<Settings, 'secret'>, means: Reader): Nameless | undefined {
  const meta = metaOf(object);
  const { spec, status } = mapOf(object);
  const owner = ownerIn(object);
  if (!meta || meta.isEnding || !owner || textOf(mapOf(status)['phase']) !== 'Pending') return undefined;
  if (keepsOwnNames(meta, mapOf(spec), secret) || hasStarted(mapOf(status))) return undefined;
  return {
    namespace: meta.namespace,
    name: meta.name,
    uid: meta.uid,
    version: meta.version,
    account: textOf(mapOf(spec)['serviceAccountName']),
    owner,
    createdAt: Date.parse(textOf(mapOf(mapOf(object)['metadata'])['creationTimestamp'])),
    refused: refusedIn(mapOf(spec), mapOf(status), means),
  };
}

/**
 * The kinds that replace a deleted pod, with the group of their API. A Job is none of them: to it a deleted pod is a
 * failure, which ends a Job whose `backoffLimit` is used up (k8s.io/kubernetes 1.36.3, job_controller.go). Controllers
 * of other groups may take a deleted pod for a failure as well.
 */
const replacing: Readonly<Record<string, RegExp>> = {
  ReplicaSet: /^apps\//,
  StatefulSet: /^apps\//,
  DaemonSet: /^apps\//,
  ReplicationController: /^v1$/,
};

function ownerIn(object: unknown): Nameless['owner'] | undefined {
  const owners = listOf(mapOf(mapOf(object)['metadata'])['ownerReferences']).map(mapOf);
  const { apiVersion, kind, name, uid } = owners.find(({ controller }) => controller === true) ?? {};
  const isReplacing = typeof kind === 'string' && Object.hasOwn(replacing, kind) && replacing[kind]?.test(textOf(apiVersion));
  return isReplacing && textOf(uid) !== '' ? { uid: textOf(uid), title: `${kind} ${textOf(name)}` } : undefined;
}

/**
 * Whether a replacement would have the same pull Secrets. The server gives a pod those of its account only if its
 * template names none. It notes the fields of the template before it adds those of the account (k8s.io/apiserver
 * 0.36.3, create.go), so a list that nobody owns is the account's.
 */
function keepsOwnNames({ managedFields }: Pick<Meta, 'managedFields'>, spec: Readonly<Record<string, unknown>>, secret: string): boolean {
  const names = listOf(spec['imagePullSecrets']).map(one => textOf(mapOf(one)['name']));
  if (names.length === 0) return false;
  const owners = ownersIn({ managedFields });
  return names.includes(secret) || owners.length === 0 || owners.some(owner => owns(owner, 'spec', 'imagePullSecrets'));
}

const statusesIn = (status: Readonly<Record<string, unknown>>, kind: string) =>
  listOf(status[`${kind}Statuses`]).map(one => {
    const { name, state, lastState } = mapOf(one);
    const { running, terminated, waiting } = mapOf(state);
    const { reason, message } = mapOf(waiting);
    const hasEnded = terminated !== undefined || mapOf(lastState)['terminated'] !== undefined;
    return { name: textOf(name), isRunning: running !== undefined, hasEnded, reason: textOf(reason), message: textOf(message) };
  });

/**
 * Whether a container runs, or one that does the work of the pod has run. An init container that has done its work does
 * not count: its kind must bear to be repeated.
 */
function hasStarted(status: Readonly<Record<string, unknown>>): boolean {
  const main = statusesIn(status, 'container');
  const others = [...statusesIn(status, 'initContainer'), ...statusesIn(status, 'ephemeralContainer')];
  return [...main, ...others].some(({ isRunning }) => isRunning) || main.some(({ hasEnded }) => hasEnded);
}

/** The images that were refused. Empty if an image is missing for another reason, as a new pod misses it as well. */
function refusedIn(spec: Readonly<Record<string, unknown>>, status: Readonly<Record<string, unknown>>, means: Reader): Nameless['refused'] {
  const failing = (['initContainer', 'container'] as const).flatMap(kind =>
    statusesIn(status, kind)
      .filter(({ reason }) => reason === 'ImagePullBackOff' || reason === 'ErrImagePull')
      .map(found => ({ ...found, image: imageOf(spec, `${kind}s`, found.name) })),
  );
  const refused = failing.flatMap(({ image, message, hasEnded }) => {
    const host = registryOf(image, means)?.host;
    return host !== undefined && !hasEnded && mayBeRefusal(message, image) ? [{ image, host }] : [];
  });
  return refused.length === failing.length ? refused : [];
}

const imageOf = (spec: Readonly<Record<string, unknown>>, kind: string, name: string): string =>
  textOf(mapOf(listOf(spec[kind]).find(one => mapOf(one)['name'] === name))['image']);

/**
 * Whether a message of the kubelet may tell of a registry that wants a login. Kubelets before 1.31 say only that they
 * wait. An image that does not exist, or a registry that is not reached, has another message. Failures of others have
 * words in common with a refusal: of certificates, of a proxy, and of the node that unpacks the image.
 */
function mayBeRefusal(message: string, image: string): boolean {
  const [name = ''] = image.split('@');
  const path = name.replace(/:[^/:]*$/, '').replace(/^[^/]*\//, '');
  const said = message
    .replaceAll(image, '')
    .replaceAll(path, '')
    .replace(/^Back-off pulling image ""/, '');
  return said.trim() === '' || (/auth|denied|forbidden|credential|\b40[13]\b/i.test(said) && !ofOthers.test(said));
}

const ofOthers = /x509:|\btls:|proxyconnect|proxy auth|permission denied|starport-layer-bucket/i;
