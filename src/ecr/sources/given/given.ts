import { type Credential, ecrUser } from '../../../contract/credential.ts';
import { expirationIn, fromBase64, longestLife } from '../../../contract/expiry.ts';
import { Failure } from '../../../contract/failures.ts';
import { parseAddress, type Registry } from '../../../contract/registry.ts';
import { Secret } from '../../../contract/secret.ts';
import { type Reading, type Said, visiblyNoToken } from './said.ts';
import { readPayload } from './shapes.ts';
import { withoutDress } from './text.ts';
import { spanIn, timeIn } from './time.ts';

/** The giver of a text, for messages, and for facts that the text does not state. */
export interface Giver {
  /** Begins a sentence: `The function ecr-token in eu-west-1 answered with`. */
  readonly gave: string;
  /** What to do about a text that holds no credential. */
  readonly remedy: string;
  /** What to do about a token that has ended. */
  readonly renew: string;
  /** The region of its tokens, where they do not say it. */
  readonly region: string | undefined;
  /** Where that region can be set, for people. */
  readonly says: string;
  readonly issuedAt: Date;
  readonly receivedAt: Date;
  /** The latest time at which the token can have been made, for tokens that do not state their end. */
  readonly madeAt: Date;
  readonly from: Pick<Credential, 'source' | 'scope'>;
  /** Converts an error that came in place of a credential. */
  readonly failed: (type: string, words: string) => Failure;
}

const minute = 60_000;
/**
 * The possible age of a token, in milliseconds. A function runs for fifteen minutes at most (AWS, Lambda quotas), and
 * its token may be as old as that. Commands and files are assumed to be no worse.
 */
const margin = 15 * minute;

/** A valid user name and password. */
interface Pair {
  readonly username: string;
  readonly password: string;
}

/**
 * Parses the credential for a registry from the text of a function, a command or a file. Throws a Failure: UNEXPECTED
 * where the text holds none, MISCONFIGURED for one of another region and for one that has ended.
 */
export function credentialIn(text: string, registry: Registry, giver: Giver): Credential {
  const reading = readPayload(text);
  if (reading.kind === 'error') throw giver.failed(reading.type, reading.words);
  const bad = (what: string): Failure =>
    new Failure('UNEXPECTED', `${giver.gave} ${what}; nothing is delivered.`, { remedy: giver.remedy });
  if (reading.kind === 'odd') throw bad(reading.what);
  const { said, own } = chosen(reading, registry, giver);
  const pair = pairIn(said);
  if (typeof pair === 'string') throw bad(pair);
  const expiresAt = ending(said, pair, giver);
  const { issuedAt, receivedAt, from } = giver;
  if (expiresAt <= issuedAt)
    throw new Failure('MISCONFIGURED', `${giver.gave} a token that expired at ${expiresAt.toISOString()}; nothing is delivered.`, {
      remedy: giver.renew,
      // The next token may be good.
      retryAfterMs: minute,
    });
  const password = new Secret(pair.password);
  return { username: pair.username, password, issuedAt, expiresAt, receivedAt, ...from, ...(own?.service === 'ecr' && { own }) };
}

/**
 * The credential for this very registry, else for another one of its region: a token serves all accounts of a region.
 */
function chosen({ all }: Extract<Reading, { kind: 'said' }>, registry: Registry, giver: Giver) {
  const found = all.map(said => ({ said, own: said.host === undefined ? undefined : parseAddress(said.host)?.registry }));
  const isOf = ({ said, own }: (typeof found)[number]): boolean =>
    own ? isSameScope(own, registry) : registry.service === 'ecr-public' || (said.region ?? giver.region) === registry.region;
  const best =
    found.find(({ said }) => said.host !== undefined && bare(said.host) === registry.host) ??
    found.find(one => one.own?.account === registry.account && isOf(one)) ??
    found.find(isOf);
  if (best) return { said: best.said, own: best.own && isSameScope(best.own, registry) ? best.own : undefined };
  throw misplaced(found, registry, giver);
}

const bare = (host: string): string =>
  host
    .replace(/^[a-z]+:\/\//i, '')
    .replace(/[/?#].*$/s, '')
    .toLowerCase();

const isSameScope = (own: Registry, { service, partition, region }: Registry): boolean =>
  own.service === service && own.partition === partition && own.region === region;

function misplaced(found: readonly { said: Said; own: Registry | undefined }[], registry: Registry, giver: Giver): Failure {
  const wanted = `${registry.host} is in ${registry.region}`;
  const placeOf = (said: Said): string | undefined => (said.region === undefined ? giver.region : shownRegion(said.region));
  const named = [...new Set(found.map(({ said, own }) => own?.host ?? placeOf(said)).filter(place => place !== undefined))];
  if (named.length === 0)
    return new Failure('MISCONFIGURED', `${giver.gave} a token that does not say its region, and ${wanted}; nothing is delivered.`, {
      remedy: `${giver.says} Tokens of ECR are good in one region alone.`,
    });
  return new Failure(
    'MISCONFIGURED',
    `${giver.gave} a token for ${named.slice(0, 5).join(' and ')}, and ${wanted}; nothing is delivered.`,
    {
      remedy: `A token is good in one region alone. Give the source \`registries\` of the region of its tokens, and ${registry.region} a source of its own. ${giver.says}`,
    },
  );
}

/** A region in words. A text that is not a region is not shown, because it may be anything. */
const shownRegion = (region: string): string => (/^[a-z]{2,5}(-[a-z]{2,12}){1,3}-\d{1,2}$/.test(region) ? region : 'another region');

/** The user name and password. A string says what is wrong: the end of a sentence that begins with the giver. */
function pairIn({ username, secret, form }: Said): Pair | string {
  let pair = { username, password: withoutDress(secret) };
  // The secret may be an encoded token, and its password may hold another one.
  for (let depth = 0; depth < 3; depth++) {
    const inner = splitToken(pair.password);
    if (inner) pair = inner;
  }
  const { username: user = ecrUser, password } = pair;
  const isWhole = pair.password === withoutDress(secret);
  if (form === 'token' && isWhole && !isOfEcr(password)) return 'a token that is not base64 of a user name and a password';
  // The user name is not shown: user name and password may be swapped.
  if (user.trim() !== ecrUser) return `another user name than ${ecrUser}, the only one that ECR uses`;
  if (!password) return 'a token with an empty password';
  const wrong = visiblyNoToken(password);
  return wrong ? `a password that ${wrong}` : { username: ecrUser, password };
}

/** Whether a text is an ECR password: base64 of JSON. Some givers call it the token. */
const isOfEcr = (password: string): boolean => fromBase64(password)?.startsWith('{') ?? false;

/** Splits a token, plain or in base64, into user name and password. undefined: the text is not a token. */
function splitToken(text: string): { username: string; password: string } | undefined {
  const standard = /[+/]/.test(text) ? text : text.replaceAll('-', '+').replaceAll('_', '/');
  const plain = text.startsWith(`${ecrUser}:`) ? text : (fromBase64(standard) ?? '').trim();
  const { username, password } = /^(?<username>[\w.-]{1,64}):(?<password>[\x20-\x7e]*)$/.exec(plain)?.groups ?? {};
  return username === undefined || password === undefined ? undefined : { username, password };
}

/**
 * The stated end, or the end in the password itself if that is earlier. Without either, twelve hours after the token
 * was made, less the margin.
 */
function ending({ expires, lasts }: Said, { password }: Pair, { issuedAt, madeAt, receivedAt }: Giver): Date {
  const span = spanIn(lasts);
  const stated = timeIn(expires) ?? (span === undefined ? undefined : new Date(receivedAt.getTime() + span));
  const told = [stated, expirationIn(password)].flatMap(end => end?.getTime() ?? []);
  const ends = told.length > 0 ? Math.min(...told) : madeAt.getTime() + longestLife - margin;
  return new Date(Math.min(ends, issuedAt.getTime() + longestLife));
}
