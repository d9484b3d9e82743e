import { expirationIn } from '../contract/expiry.ts';
import { label, shownAddress } from '../contract/text.ts';
import type { Client } from './client.ts';
import type { Sent } from './entry.ts';
import type { File } from './file.ts';
import type { Outcome } from './helpers.ts';
import type { Image } from './keys.ts';
import { type Lying, opened, predict, type Situation } from './predict.ts';
import { merged } from './regclient.ts';
import { type ClientId, clients } from './rules.ts';
import { givenBy, ofVariable, readers } from './variable.ts';

/** The files, variables and programs that are found on a machine. */
interface Found {
  /** config.json of Docker. */
  readonly docker: Lying;
  /** The files of clients other than Docker, in the order in which they look. */
  readonly places: Readonly<Record<'podman' | 'skopeo' | 'docker-py', readonly Lying[]>>;
  /** The file that crane takes. undefined: it finds none. */
  readonly crane: Lying | undefined;
  /** .dockercfg, which has the entries at its top level. */
  readonly dockercfg: Lying;
  /** DOCKER_AUTH_CONFIG. */
  readonly variable: string | undefined;
  readonly onPath: (program: string) => boolean;
  /** Whether the helper of the courier lists a host. */
  readonly isListed: (host: string) => boolean;
  readonly now: number;
}

/** What one client would do for one host, for people. Holds no secret. */
export interface Diagnosis {
  readonly client: ClientId;
  readonly name: string;
  readonly does: string;
  /** What it does instead when the helper that it asks fails. */
  readonly otherwise?: string;
  /** fine: it has a login that is good as far as can be seen; bad: it sends something wrong, or fails. */
  readonly verdict: 'fine' | 'no login' | 'bad' | 'not predicted';
}

/** The helper of the courier. */
const own = 'ecr-courier';
/** Enough draws to show every random outcome that a person could still read. */
const draws = [0, 1, 2, 3, 4, 5];

export const diagnose = (image: Image, found: Found): Diagnosis[] =>
  (Object.keys(clients) as ClientId[]).map(id => {
    const client: Client = clients[id];
    const usual = outcomesOf(id, image, found, program => (found.onPath(program) ? 'login' : 'missing'));
    const asks = usual.flat().some(({ kind }) => kind === 'helper');
    const failing = asks ? outcomesOf(id, image, found, program => (found.onPath(program) ? 'failing' : 'missing')) : [];
    const stale = failing.flat().some(({ kind }) => kind === 'login');
    return {
      client: id,
      name: client.also ? `${client.name} (${client.also})` : client.name,
      does: allInWords(usual, found.now),
      ...(stale && { otherwise: allInWords(failing, found.now) }),
      verdict: verdictOnAll(usual, found.now),
    };
  });

/** What one client may send: several outcomes where chance decides, each in the order of its attempts. */
function outcomesOf(id: ClientId, image: Image, found: Found, helper: (program: string) => Outcome): readonly (readonly Sent[])[] {
  const all = draws.map(luck => sentBy(id, { image, helper, luck }, found));
  return [...new Map(all.toReversed().map(sent => [JSON.stringify(sent.map(effectOf)), sent])).values()].toReversed();
}

/** The effect of what is sent. Two entries with the same login have the same effect. */
function effectOf(sent: Sent): object {
  if (sent.kind !== 'login') return sent.kind === 'helper' || sent.kind === 'token' ? sent : { kind: sent.kind };
  const { kind, username, password, token, plainHttp } = sent;
  return { kind, username, password, token, plainHttp };
}

type Draw = Pick<Situation, 'image' | 'helper' | 'luck'>;

function sentBy(id: ClientId, draw: Draw, found: Found): readonly Sent[] {
  const client: Client = clients[id];
  const { docker, variable } = found;
  const { image } = draw;
  const listed = (program: string): boolean => program === own && found.isListed(image.host);
  const reads = variable ? readers[id] : undefined;
  // go-containerregistry looks at the variable only where there is a file.
  const given = variable && reads === 'strictly' && (id !== 'crane' || found.crane) ? givenBy(variable, client) : undefined;
  const by = (lying: Lying): readonly Sent[] =>
    predict(rulesFor(lying, client), { ...lying, ...draw, listed, given }).map(sent => (lying === docker ? sent : ofFile(sent, lying)));
  if (reads === 'in place of the file') return by({ text: variable }).map(ofVariable);
  if (reads === 'merged after the file') {
    // If one of the two cannot be read, regctl drops both.
    const refused = [{ text: variable }, docker].find(lying => isRefused(lying, client));
    if (refused !== undefined) return by(refused);
    return [merged(image.host, readable(docker, client), client, { ...draw, listed, variable: readable({ text: variable }, client) })];
  }
  const places = placesOf(id, found);
  const tries = places.map(by);
  // The last file that exists tells why nothing was found.
  return tries.find(([sent]) => sent?.kind !== client.nothing) ?? tries[places.findLastIndex(isThere)] ?? tries[0] ?? [];
}

/** Adds the path of the file that has the entry, unless it is Docker's. */
const ofFile = (sent: Sent, { path }: Lying): Sent =>
  path !== undefined && 'key' in sent && sent.of === undefined ? { ...sent, of: path } : sent;

/** The files where a client looks, in turn, until it finds something. */
function placesOf(id: ClientId, { docker, dockercfg, places, crane }: Found): readonly Lying[] {
  if (id === 'crane') return [crane ?? { text: undefined }];
  if (id === 'skopeo19') return places.skopeo;
  if (id === 'cimage') return places.podman;
  if (id === 'dockerpy') return [places['docker-py'].find(isThere) ?? { text: undefined }];
  return [id === 'docker20' && !isThere(docker) ? dockercfg : docker];
}

const isThere = ({ text, unreadable }: Lying): boolean => text !== undefined || unreadable !== undefined;

/** The keys of a `.dockercfg` count as hosts, whatever follows them. */
const rulesFor = ({ isDockercfg }: Lying, client: Client): Client =>
  isDockercfg && client.keys === 'containers' ? { ...client, keys: 'oras' } : client;

/** The file as a client reads it. undefined: the file has nothing for it. */
function readable(lying: Lying, client: Client): File | undefined {
  const file = opened(lying, client);
  return 'stops' in file ? undefined : file;
}

const isRefused = (lying: Lying, client: Client): boolean =>
  isThere(lying) && !['', 'null'].includes(lying.text?.trim() ?? 'unreadable') && 'stops' in opened(lying, client);

/** All random outcomes, side by side. */
const allInWords = (outcomes: readonly (readonly Sent[])[], now: number): string => {
  const told = outcomes.map(sent => sent.map(one => inWords(one, now)).join(', then '));
  return told.length === 1 ? (told[0] ?? '') : `does one of these, at random: it ${told.join('; it ')}`;
};

function inWords(sent: Sent, now: number): string {
  if (sent.kind === 'login') {
    const { username, password, token } = sent;
    const lacks = username === '' ? ', without a user name' : password === '' ? ', without a password' : '';
    const beside = token ? `, with an ${token}` : '';
    return `sends the entry ${shownAddress(sent.key)}${placeOf(sent)}${lacks}${endOf(password, now)}${beside}${plainHttp(sent)}`;
  }
  if (sent.kind === 'token') return `sends the ${sent.token} of ${shownAddress(sent.key)}${placeOf(sent)}, which ECR does not know`;
  if (sent.kind === 'helper')
    return `asks docker-credential-${label(sent.program)}${sent.role === 'store' ? ', its credsStore' : ''}${plainHttp(sent)}`;
  const why = label(sent.why);
  if (sent.kind === 'undecoded') return `sends an incomplete login: ${why}`;
  if (sent.kind === 'fails') return `fails: ${why}`;
  if (sent.kind === 'not predicted') return `is not predicted: ${why}`;
  return `${sent.kind === 'empty login' ? 'sends an empty login' : 'sends no login'}: ${why}`;
}

const placeOf = ({ of }: { readonly of?: string }): string => (of === undefined ? '' : ` of ${label(of)}`);

const plainHttp = (sent: { readonly plainHttp?: true }): string => (sent.plainHttp ? ', over plain http' : '');

function endOf(password: string, now: number): string {
  const ends = expirationIn(password);
  if (!ends) return '';
  return ends.getTime() <= now ? `, which ended at ${ends.toISOString()}` : `, good until ${ends.toISOString()}`;
}

/**
 * The verdict on all random outcomes. Where they differ, a login may be missing or wrong by chance; where several are
 * fine, it is not known which one is sent.
 */
function verdictOnAll(outcomes: readonly (readonly Sent[])[], now: number): Diagnosis['verdict'] {
  const verdicts = new Set(outcomes.map(sent => verdictOn(sent, now)));
  const [verdict = 'no login'] = verdicts;
  if (outcomes.length === 1 || (verdicts.size === 1 && verdict !== 'fine')) return verdict;
  return verdicts.size === 1 ? 'not predicted' : 'bad';
}

function verdictOn(sent: readonly Sent[], now: number): Diagnosis['verdict'] {
  const [first] = sent;
  if (first?.kind === 'not predicted') return first.kind;
  if (first?.kind === 'helper') return first.plainHttp ? 'bad' : 'fine';
  if (first?.kind === 'login') {
    const ends = expirationIn(first.password)?.getTime() ?? Number.POSITIVE_INFINITY;
    return ends <= now || first.plainHttp || first.password === '' || first.username === '' ? 'bad' : 'fine';
  }
  return first?.kind === 'nothing' || first?.kind === 'empty login' ? 'no login' : 'bad';
}
