import { randomBytes } from 'node:crypto';
import type { Clock } from '../../../src/contract/clock.ts';
import type { Reply, Seen } from '../server.ts';
import { type Column, listed } from './list.ts';
import { type Body, textOf } from './payload.ts';
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
    permissions: 'list',
  },
  refresh: { secret: 'string' },
} as const;

/** What robots of a level can be given, as far as tests ask for it: there are more resources. */
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
  readonly kind: string;
  readonly namespace: string;
  readonly access?: readonly { readonly resource: string; readonly action: string }[];
}

/** The calls below /robots. Of a secret only the answer that made it knows. */
export function makeRobots(state: HarborState, clock: Clock) {
  const find = (id: number): Robot => state.robots.find(robot => robot.id === id) ?? refuse(404, `robot ${id} not found`);

  function create(body: Body): Reply {
    const level = body['level'] === 'project' ? 'project' : 'system';
    const permissions = (body['permissions'] ?? []) as readonly Permission[];
    const access = permissions.flatMap(permission => permission.access ?? []).map(({ resource, action }) => `${resource}:${action}`);
    for (const right of access) {
      const [resource = '', action = ''] = right.split(':');
      if (!grantable[level][resource]?.includes(action)) refuse(400, `bad request permission: ${right}`);
    }
    const duration = Number(body['duration'] ?? 0);
    if (duration === 0 || duration < -1) refuse(400, `bad request error duration input: ${duration}`);
    const name = `robot$${level === 'project' ? `${permissions[0]?.namespace}+` : ''}${textOf(body['name'])}`;
    if (state.robots.some(robot => robot.name === name)) refuse(409, `robot account ${textOf(body['name'])} already exists`);
    const id = Math.max(0, ...state.robots.map(robot => robot.id)) + 1;
    const secret = randomBytes(24).toString('base64url');
    const expires_at = duration === -1 ? -1 : Math.floor(clock.wall() / 1000) + duration * 86_400;
    const rights = { level, access, disabled: body['disable'] === true } as const;
    const robot = makeRobot({ name, secret, ...rights, duration, expires_at, description: textOf(body['description']) }, id, clock.wall());
    state.robots.push(robot);
    const { creation_time } = robot;
    return { status: 201, headers: { location: `/api/v2.0/robots/${id}` }, json: { creation_time, expires_at, id, name, secret } };
  }

  /** The secret that was sent, or a new one, which the answer tells. */
  function refresh(id: number, body: Body): Reply {
    const robot = find(id);
    const given = textOf(body['secret']);
    robot.secret = given || randomBytes(24).toString('base64url');
    return { status: 200, json: given ? {} : { secret: robot.secret } };
  }

  function remove(id: number): Reply {
    const robot = find(id);
    state.robots = state.robots.filter(other => other !== robot);
    return { status: 200 };
  }

  /** Of the system's own robots; those of projects are listed elsewhere. */
  function list(request: Seen, query: URLSearchParams): Reply {
    const system = state.robots.filter(({ level }) => level === 'system');
    return listed(request, query, system, column, shownRobot);
  }

  return { create, refresh, remove, list, get: (id: number): Reply => ({ status: 200, json: shownRobot(find(id)) }) };
}

/** Queries know the name without its prefix. */
const column: Column<Robot> = (robot, name) => {
  if (name === 'name' || name === 'Name') return robot.name.replace(/^robot\$/, '');
  return name === 'id' || name === 'creation_time' ? robot[name] : undefined;
};

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
