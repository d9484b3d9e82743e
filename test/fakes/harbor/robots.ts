import { randomBytes } from 'node:crypto';
import type { Clock } from '../../../src/contract/clock.ts';
import type { Reply, Seen } from '../server.ts';
import { lastOf, listed } from './list.ts';
import { type Body, textOf } from './payload.ts';
import type { Column } from './query.ts';
import { refuse } from './refusal.ts';
import { type HarborState, makeRobot, type Robot } from './state.ts';

export const shapes = {
  create: {
    name: 'string',
    description: 'string',
    secret: 'string',
    level: 'string',
    disable: 'bool',
    duration: 'int64',
    permissions: { list: 'RobotPermission' },
  },
  refresh: { secret: 'string' },
} as const;

/** The rights that robots of a level can have. The list covers only what tests use; Harbor has more resources. */
const grantable: Readonly<Record<Robot['level'], Readonly<Record<string, readonly string[]>>>> = {
  system: {
    registry: ['list', 'read', 'create', 'update', 'delete'],
    'replication-adapter': ['list'],
    robot: ['list', 'read', 'create', 'delete'],
    label: ['list', 'read', 'create', 'update', 'delete'],
    project: ['list', 'create'],
  },
  project: {
    repository: ['list', 'read', 'pull', 'push', 'update', 'delete'],
    label: ['list', 'read', 'create', 'update', 'delete'],
    robot: ['list', 'read', 'create', 'delete'],
  },
};
interface Permission {
  readonly kind?: string;
  readonly namespace: string;
  readonly access?: readonly { readonly resource: string; readonly action: string }[];
}

const weakSecret =
  'the secret must be 8-128, inclusively, characters long with at least 1 uppercase letter, 1 lowercase letter and 1 number';
const isLevel = (text: string): text is Robot['level'] => Object.hasOwn(grantable, text);

function rightsOf({ kind = '', access = [] }: Permission): string[] {
  if (!isLevel(kind)) return refuse(400, `bad request permission level: ${kind}`);
  return access.map(({ resource, action }) => {
    if (!grantable[kind][resource]?.includes(action)) refuse(400, `bad request permission: ${resource}:${action}`);
    return `${resource}:${action}`;
  });
}

/** The handlers below /robots. Only the response that creates a secret contains it. */
export function makeRobots(state: HarborState, clock: Clock) {
  const find = (id: number): Robot => state.robots.find(robot => robot.id === id) ?? refuse(404, `robot ${id} not found`);

  function create(body: Body): Reply {
    if (!/^[a-z0-9]+(?:[._-][a-z0-9]+)*$/.test(textOf(body['name'])))
      refuse(400, 'robot name is not in lower case or contains illegal characters');
    const duration = Number(body['duration'] ?? 0);
    if (duration === 0 || duration < -1 || duration >= 2 ** 31 - 1)
      refuse(400, `bad request error duration input: ${duration}, duration must be either -1(Never) or a positive integer`);
    const level = textOf(body['level']);
    if (!isLevel(level)) return refuse(400, `bad request error level input: ${level}`);
    const permissions = (body['permissions'] ?? []) as readonly Permission[];
    if (permissions.length === 0) refuse(400, 'bad request empty permission');
    if (permissions.some(({ access = [] }) => access.length === 0)) refuse(400, 'bad request empty access');
    if (level === 'project' && permissions.length > 1) refuse(400, 'bad request permission');
    const access = permissions.flatMap(rightsOf);
    const name = `robot$${level === 'project' ? `${permissions[0]?.namespace}+` : ''}${textOf(body['name'])}`;
    if (state.robots.some(robot => robot.name === name)) {
      // Robots of the system have the project 0 in their key (seen on 2.15.2).
      refuse(409, `robot account ${level === 'system' ? '0:' : ''}${textOf(body['name'])} already exists`);
    }
    const id = Math.max(0, ...state.robots.map(robot => robot.id)) + 1;
    const secret = randomBytes(24).toString('base64url');
    const expires_at = duration === -1 ? -1 : Math.floor(clock.wall() / 1000) + duration * 86_400;
    const rights = { level, access, disabled: body['disable'] === true } as const;
    const robot = makeRobot({ name, secret, ...rights, duration, expires_at, description: textOf(body['description']) }, id, clock.wall());
    state.robots.push(robot);
    const { creation_time } = robot;
    return { status: 201, headers: { location: `/api/v2.0/robots/${id}` }, json: { creation_time, expires_at, id, name, secret } };
  }

  /** Sets the given secret, or a generated one, which the response then contains. */
  function refresh(id: number, body: Body): Reply {
    const robot = find(id);
    const given = textOf(body['secret']);
    if (given && !(/^.{8,128}$/s.test(given) && /[A-Z]/.test(given) && /[a-z]/.test(given) && /\d/.test(given))) refuse(400, weakSecret);
    robot.secret = given || randomBytes(24).toString('base64url');
    return { status: 200, json: given ? {} : { secret: robot.secret } };
  }

  function remove(id: number): Reply {
    const robot = find(id);
    state.robots = state.robots.filter(other => other !== robot);
    return { status: 200 };
  }

  /** Lists the robots of the system. Robots of projects are listed elsewhere. */
  function list(request: Seen, query: URLSearchParams): Reply {
    const terms = lastOf(query, 'q')?.split(',') ?? [];
    if (terms.includes('Level=project') && !terms.some(term => term.startsWith('ProjectID=')))
      refuse(400, 'must with project ID when to query project robots');
    const system = state.robots.filter(({ level }) => level === 'system');
    return listed(request, query, system, columns, shownRobot);
  }

  return { create, refresh, remove, list, get: (id: number): Reply => ({ status: 200, json: shownRobot(find(id)) }) };
}

/** The name column omits the prefix. */
const columns: readonly Column<Robot>[] = [
  { field: 'ID', column: 'id', type: 'int', of: ({ id }) => id },
  { field: 'Name', column: 'name', type: 'text', of: ({ name }) => name.replace(/^robot\$/, '') },
  { field: 'Description', column: 'description', type: 'text', of: ({ description }) => description },
  { field: 'Duration', column: 'duration', type: 'int', of: ({ duration }) => duration },
  { field: 'ExpiresAt', column: 'expiresat', type: 'int', of: robot => robot.expires_at },
  { field: 'Disabled', column: 'disabled', type: 'bool', of: ({ disabled }) => disabled },
  { field: 'CreationTime', column: 'creation_time', type: 'time', of: robot => robot.creation_time },
];

function shownRobot(stored: Robot): object {
  const { secret: _, access, disabled, description, ...robot } = stored;
  const namespace = robot.level === 'system' ? '/' : /^robot\$(.*)\+/.exec(robot.name)?.[1];
  const rights = access.map(right => right.split(':')).map(([resource, action]) => ({ resource, action }));
  return {
    ...robot,
    ...(description && { description }),
    disable: disabled,
    editable: true,
    creator_type: 'local',
    creator_ref: 1,
    update_time: robot.creation_time,
    permissions: [{ kind: robot.level, namespace, access: rights }],
  };
}
