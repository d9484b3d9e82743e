import type { Reply } from '../server.ts';
import { type Deed, may } from './access.ts';
import { collectionOf } from './collection.ts';
import { errorReply, Refusal } from './refusal.ts';
import type { Rancher2State, Token, User } from './state.ts';

/**
 * Norman's global API: the clusters and projects that the user may see, one of the user's own tokens, settings. Read in
 * the source, not run.
 */
export function management(state: Rancher2State, user: User, token: Token | undefined, url: URL, origin: string): Reply {
  const [, , type, id] = url.pathname.replace(/\/$/, '').split('/').map(decodeURIComponent);
  if (type === 'clusters' && id === undefined) {
    const visible = [...state.clusters.values()].filter(({ id: name }) =>
      isSeen(user, { resource: 'management.cattle.io/clusters', name }),
    );
    const shown = visible.map(({ id, name, down, provisioned }) => ({
      id,
      type: 'cluster',
      name,
      state: !provisioned ? 'provisioning' : down ? 'unavailable' : 'active',
      internal: id === 'local',
    }));
    return collectionOf(shown, url, origin);
  }
  if (type === 'projects' && id === undefined) {
    const shown = state.projects.flatMap(({ id, name, backingNamespace }) => {
      const [clusterId = '', short = ''] = id.split(':');
      const sees = isSeen(user, { resource: 'management.cattle.io/projects', namespace: clusterId, name: short });
      return sees ? [{ id, type: 'project', name: name ?? short, clusterId, namespaceId: null, backingNamespace, state: 'active' }] : [];
    });
    return collectionOf(shown, url, origin);
  }
  if (type === 'tokens' && id !== undefined) {
    const found = state.tokens.find(({ name, user }) => name === id && user === token?.user);
    if (!found) return errorReply(new Refusal(404, 'NotFound', `tokens.management.cattle.io "${id}" not found`), {});
    const { name, user: userId, expiresAt = '', expired = false, enabled = true, cluster } = found;
    return { status: 200, json: { id: name, type: 'token', name, userId, expiresAt, expired, enabled, clusterId: cluster ?? null } };
  }
  if (type === 'settings' && id !== undefined) {
    if (!may(user, { verb: 'get', resource: 'management.cattle.io/settings', name: id }) && id !== 'server-version')
      return errorReply(new Refusal(403, 'Forbidden', `settings.management.cattle.io "${id}" is forbidden`), {});
    const value = Object.hasOwn(state.settings, id) ? state.settings[id] : undefined;
    if (value !== undefined) return { status: 200, json: { id, type: 'setting', name: id, value } };
  }
  return errorReply(new Refusal(404, 'NotFound', `failed to find schema ${type}`), {});
}

const isSeen = (user: User, what: Omit<Deed, 'verb'>): boolean =>
  may(user, { verb: 'get', ...what }) || may(user, { verb: 'list', ...what });
