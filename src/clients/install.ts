import { removeMember } from '../../adapters/common/json-edit.ts';
import { membersAt, valueOf } from '../../adapters/common/json-text.ts';
import { homeOf, withMember, withoutMark, withoutNulls } from '../../adapters/docker-config/edit.ts';
import { entriesIn, isMatch, readKey, relationOf } from '../../adapters/docker-config/entries.ts';

/** A config.json in which a helper answers for hosts, or an auth.json in which nothing answers for them. */
export interface Installed {
  readonly text: string;
  /** Keys that were removed from `auths`: several clients send them when a helper fails, others prefer them. */
  readonly logins: readonly string[];
  /** Programs that answered for these hosts before. */
  readonly helpers: readonly string[];
}

/**
 * Names the helper for each host, exactly by its bare name, and removes every login of these hosts, in any spelling and
 * for any path below them. Everything else stays as it is written.
 */
export function withHelper(whole: string, hosts: readonly string[], program: string): Installed {
  const bare = takeOut(whole, hosts, ({ key, map }, host, home) => {
    const relation = relationOf(key, host);
    // Clients may read another map of this name before this one, after it, or instead.
    return relation === 'spelling' || (relation === 'bare' && map !== home);
  });
  let text = bare.text;
  const helpers = [...bare.helpers];
  for (const host of hosts) {
    const former = membersAt(text, ['credhelpers']).findLast(({ key }) => key === host);
    helpers.push(...(former ? programIn(valueOf(text, former)) : []));
    text = withMember(text, 'credHelpers', host, program);
  }
  return told({ text, logins: bare.logins, helpers }, program);
}

/**
 * Removes every login of these hosts and every other program for them, so that podman goes on to the next file.
 * Everything else stays as it is written.
 */
export function withoutRivals(whole: string, hosts: readonly string[], program: string): Installed {
  const isRival = ({ key, value }: Entry, host: string): boolean =>
    ['bare', 'spelling'].includes(relationOf(key, host) ?? '') && value !== program;
  const bare = takeOut(whole, hosts, isRival);
  return bare.logins.length + bare.helpers.length > 0 ? told(bare, program) : { ...bare, text: whole };
}

/** Keys of `auths` with a `*` that match one of these hosts. They may be meant for other hosts too, so they stay. */
export const patternsIn = (whole: string, hosts: readonly string[]): string[] => [
  ...new Set(
    membersAt(withoutMark(whole), ['auths'])
      .map(({ key }) => key)
      .filter(key => key.includes('*') && hosts.some(host => isMatch(readKey(key).host.toLowerCase(), host))),
  ),
];

type Goes = (helper: Entry, host: string, home: number | undefined) => boolean;

function takeOut(whole: string, hosts: readonly string[], goes: Goes): Installed {
  let text = withoutNulls(withoutNulls(withoutMark(whole), 'auths'), 'credHelpers');
  const logins: string[] = [];
  const helpers: string[] = [];
  for (const host of hosts) {
    text = without(
      text,
      'auths',
      ({ key }) => relationOf(key, host) !== undefined,
      ({ key }) => void logins.push(key),
    );
    text = without(
      text,
      'credhelpers',
      (entry, now) => goes(entry, host, homeOf(now, ['credHelpers'])),
      ({ value }) => void helpers.push(...programIn(value)),
    );
  }
  return { text, logins, helpers };
}

/** Leaves out the program itself, and duplicates: a key may be there twice. */
const told = ({ text, logins, helpers }: Installed, program: string): Installed => ({
  text,
  logins: [...new Set(logins)],
  helpers: [...new Set(helpers.filter(helper => helper !== program))],
});

const programIn = (value: unknown): string[] => (typeof value === 'string' && value !== '' ? [value] : []);

type Entry = ReturnType<typeof entriesIn>[number];

function without(whole: string, name: string, goes: (entry: Entry, text: string) => boolean, tell: (entry: Entry) => void): string {
  let text = whole;
  for (;;) {
    const members = entriesIn(text, [name]);
    const now = text;
    const next = members.find(entry => goes(entry, now));
    if (!next) return text;
    tell(next);
    text = removeMember(text, next, members);
  }
}
