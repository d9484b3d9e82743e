import { Failure } from '../../contract/failures.ts';
import { visiblyNoKey, visiblyNoKeyId } from '../../contract/keys.ts';
import { namedProfile } from '../aws/variables.ts';
import type { Step, Wire } from '../aws/wire.ts';
import { type Keys, type Place, usualRemedy, type Walk } from './place.ts';
import { containerPlace, environmentPlace, instancePlace, serviceAccountPlace, webIdentityPlace } from './places.ts';
import { defaultProfile, profilePlace, skippedEnvironment } from './profile.ts';
import { loginIn, wordsOf } from './sdk-words.ts';

/** A place that had no keys, and why. */
export interface Link {
  readonly place: string;
  readonly why: string;
}
/** The result of the walk. */
export interface Answered {
  readonly keys: Keys;
  /** The place that had the keys, for people, and why keys were expected there. */
  readonly place: string;
  readonly because: string;
  /** The roles that the place assumed by itself, in this order. */
  readonly roles?: readonly string[] | undefined;
}

/**
 * Returns the keys of the first place that is configured, and that place. If it has none, the walk ends there, because
 * the next place would be another identity. So a named profile is the only place. Throws errors of STS and SSO
 * unchanged; otherwise throws AUTH, naming every place that was looked at, and why it had nothing. `entered` receives
 * the place that the walk waits for, `heard` each place that had nothing.
 */
export async function findKeys(
  walk: Walk,
  entered: (step: Step) => void,
  heard: (link: Link) => void = () => undefined,
): Promise<Answered> {
  const passed: string[] = [];
  const pass = (place: string, why: string): void => {
    passed.push(`${place} (${why})`);
    heard({ place, why });
  };
  for (const place of placesOf(walk)) {
    if (place.absent !== undefined) {
      pass(place.name, place.absent);
      continue;
    }
    entered({ name: place.waiting ?? place.name, late: place.late });
    try {
      const keys = await place.keys();
      insist(keys);
      return { keys, place: place.shown, because: place.because, roles: place.roles };
    } catch (error) {
      if (isAnswer(error, walk.ways.wire)) throw error;
      const reason = place.explain?.(error) ?? wordsOf(error);
      pass(place.name, reason);
      throw noKeys(passed, place, place.remedy?.(reason, error));
    }
  }
  throw noKeys(passed);
}

function placesOf(walk: Walk): Place[] {
  if (walk.webToken) return [serviceAccountPlace(walk.webToken, walk)];
  const named = namedProfile(walk.profile, walk.env);
  if (named !== undefined) return [skippedEnvironment(walk), profilePlace(named, walk)];
  return [environmentPlace(walk), defaultProfile(walk), webIdentityPlace(walk), containerPlace(walk), instancePlace(walk)];
}

/**
 * Whether the error comes from an AWS service (it answered, could not be reached, or has no address) or is our own
 * verdict.
 */
function isAnswer(error: unknown, { last }: Wire): boolean {
  const { $metadata, code, name } = error as { $metadata?: unknown; code?: string; name?: string };
  return error instanceof Failure || name === 'EndpointError' || (last !== undefined && ($metadata ?? code) !== undefined);
}

/** Throws for keys that AWS would refuse with unhelpful words, or that could not even be sent. */
function insist({ accessKeyId, secretAccessKey, sessionToken = '' }: Keys): void {
  const parts = { 'the access key ID': accessKeyId, 'the secret access key': secretAccessKey, 'the session token': sessionToken };
  for (const [part, value] of Object.entries(parts)) {
    // A credential process may write a value of any type.
    const wrong = typeof value !== 'string' ? 'is not text' : value === accessKeyId ? visiblyNoKeyId(value) : visiblyNoKey(value);
    if (wrong) throw new Error(`${part} ${wrong}`);
  }
}

/** The first sentence of the Failure where no place has keys. */
export const noneFound = 'No AWS credentials.';
/** Whether the Failure is that no keys were found. Then no server was asked, and none has refused anything. */
export const isNoneFound = ({ message }: Failure): boolean => message.startsWith(noneFound);

function noKeys(looked: readonly string[], place?: Pick<Place, 'name' | 'retryAfterMs'>, remedy = usualRemedy): Failure {
  const { name, retryAfterMs } = place ?? {};
  const command = looked.map(loginIn).find(found => found !== undefined);
  const login = command === undefined ? '' : `: its session is over (\`${command}\` begins one)`;
  const short = `No AWS credentials${name === undefined ? '' : ` from the ${name}`}${login}`;
  const facts = { remedy, short, ...(retryAfterMs !== undefined && { retryAfterMs }) };
  return new Failure('AUTH', `${noneFound} Looked at: ${looked.join(', ')}.`, facts);
}
