import { membersAt, removeMember, valueOf } from '../../adapters/common/json-text.ts';
import { withMember, withoutMark } from '../../adapters/docker-config/edit.ts';
import { entriesIn, relationOf } from '../../adapters/docker-config/entries.ts';

/** A config.json in which a helper answers for hosts. */
export interface Installed {
  readonly text: string;
  /** Keys of `auths` that are gone: several clients send them when a helper fails, others prefer them. */
  readonly logins: readonly string[];
  /** Programs that answered for these hosts before. */
  readonly helpers: readonly string[];
}

/**
 * Names the helper for each host, exactly by its bare name, and takes out every login of these hosts, in any spelling
 * and for any path below them. Everything else stays as it is written.
 */
export function withHelper(whole: string, hosts: readonly string[], program: string): Installed {
  let text = withoutMark(whole);
  const logins: string[] = [];
  const helpers: string[] = [];
  for (const host of hosts) {
    text = without(
      text,
      'auths',
      ({ key }) => relationOf(key, host) !== undefined,
      removed => void logins.push(removed.key),
    );
    text = without(
      text,
      'credhelpers',
      ({ key }) => relationOf(key, host) === 'spelling',
      ({ value }) => void (typeof value === 'string' && helpers.push(value)),
    );
    const former = membersAt(text, ['credhelpers']).findLast(({ key }) => key === host);
    const value = former && valueOf(text, former);
    if (typeof value === 'string') helpers.push(value);
    text = withMember(text, 'credHelpers', host, program);
  }
  return { text, logins, helpers: [...new Set(helpers.filter(helper => helper !== program))] };
}

type Entry = ReturnType<typeof entriesIn>[number];

function without(whole: string, name: string, goes: (entry: Entry) => boolean, tell: (entry: Entry) => void): string {
  let text = whole;
  for (;;) {
    const members = entriesIn(text, [name]);
    const next = members.find(goes);
    if (!next) return text;
    tell(next);
    text = removeMember(text, next, members);
  }
}
