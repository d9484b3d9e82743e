import { expirationIn } from '../contract/expiry.ts';
import { label, shownAddress } from '../contract/text.ts';
import type { Client } from './client.ts';
import type { Sent } from './entry.ts';
import { type File, fileOf } from './file.ts';
import type { Outcome } from './helpers.ts';
import type { Image } from './keys.ts';
import { predict } from './predict.ts';
import { merged } from './regclient.ts';
import { type ClientId, clients } from './rules.ts';
import { givenBy, ofVariable, readers } from './variable.ts';

/** What is found on a machine. A text is undefined where there is no such file. */
export interface Found {
  /** config.json of Docker. */
  readonly docker: string | undefined;
  /** auth.json of podman, in its order. */
  readonly podman: readonly string[];
  /** DOCKER_AUTH_CONFIG. */
  readonly variable: string | undefined;
  readonly onPath: (program: string) => boolean;
  /** Whether the helper of the courier lists a host. */
  readonly isListed: (host: string) => boolean;
  readonly now: number;
}

/** What one client would do for one host, for people. It holds no secret. */
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
const ofPodman: ReadonlySet<ClientId> = new Set(['skopeo19', 'cimage']);

export const diagnose = (image: Image, found: Found): Diagnosis[] =>
  (Object.keys(clients) as ClientId[]).map(id => {
    const client: Client = clients[id];
    const usual = sentBy(id, image, found, program => (found.onPath(program) ? 'login' : 'missing'));
    const asks = usual.some(({ kind }) => kind === 'helper');
    const failing = asks ? sentBy(id, image, found, program => (found.onPath(program) ? 'failing' : 'missing')) : [];
    const stale = failing.some(({ kind }) => kind === 'login');
    return {
      client: id,
      name: client.also ? `${client.name} (${client.also})` : client.name,
      does: usual.map(sent => inWords(sent, found.now)).join(', then '),
      ...(stale && { otherwise: failing.map(sent => inWords(sent, found.now)).join(', then ') }),
      verdict: verdictOn(usual, found.now),
    };
  });

function sentBy(id: ClientId, image: Image, found: Found, helper: (program: string) => Outcome): readonly Sent[] {
  const client: Client = clients[id];
  const { docker, podman, variable } = found;
  const listed = (program: string): boolean => program === own && found.isListed(image.host);
  const reads = variable ? readers[id] : undefined;
  // go-containerregistry looks at the variable only where there is a file.
  const given = variable && reads === 'strictly' && (id !== 'crane' || docker !== undefined) ? givenBy(variable, client) : undefined;
  const by = (text: string | undefined): readonly Sent[] => predict(client, { text, image, helper, listed, given });
  if (reads === 'in place of the file') return by(variable).map(ofVariable);
  // One that it cannot read makes regctl drop both.
  const refused = reads === 'merged after the file' ? [variable, docker].find(text => isRefused(text, client)) : undefined;
  if (refused !== undefined) return by(refused);
  if (reads === 'merged after the file')
    return [merged(image.host, readable(docker, client), client, { helper, listed, variable: readable(variable, client) })];
  // go-containerregistry looks at podman's file where Docker has none.
  if (id === 'crane' && docker === undefined) return by(podman[0]);
  const texts = ofPodman.has(id) ? [...podman, docker] : [docker];
  const tries = texts.map(by);
  return tries.find(([sent]) => sent?.kind !== client.nothing) ?? tries.at(-1) ?? [];
}

/** undefined where nothing is in it. */
function readable(text: string | undefined, client: Client): File | undefined {
  const file = text === undefined ? undefined : fileOf(text, client);
  return file && 'stops' in file ? undefined : file;
}

const isRefused = (text: string | undefined, client: Client): boolean =>
  text !== undefined && !['', 'null'].includes(text.trim()) && 'stops' in fileOf(text, client);

function inWords(sent: Sent, now: number): string {
  if (sent.kind === 'login') {
    const { username, password, token } = sent;
    const lacks = username === '' ? ', without a user name' : password === '' ? ', without a password' : '';
    const beside = token ? `, with an ${token}` : '';
    return `sends the entry ${shownAddress(sent.key)}${lacks}${endOf(password, now)}${beside}${plainHttp(sent)}`;
  }
  if (sent.kind === 'token') return `sends the ${sent.token} of ${shownAddress(sent.key)}, which ECR does not know`;
  if (sent.kind === 'helper')
    return `asks docker-credential-${label(sent.program)}${sent.role === 'store' ? ', its credsStore' : ''}${plainHttp(sent)}`;
  const why = label(sent.why);
  if (sent.kind === 'undecoded') return `sends an incomplete login: ${why}`;
  if (sent.kind === 'fails') return `fails: ${why}`;
  if (sent.kind === 'not predicted') return `is not predicted: ${why}`;
  return `${sent.kind === 'empty login' ? 'sends an empty login' : 'sends no login'}: ${why}`;
}

const plainHttp = (sent: { readonly plainHttp?: true }): string => (sent.plainHttp ? ', over plain http' : '');

function endOf(password: string, now: number): string {
  const ends = expirationIn(password);
  if (!ends) return '';
  return ends.getTime() <= now ? `, which ended at ${ends.toISOString()}` : `, good until ${ends.toISOString()}`;
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
