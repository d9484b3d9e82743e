import type { Credential } from '../../contract/credential.ts';
import { asFailure, Failure } from '../../contract/failures.ts';
import type { Registry } from '../../contract/registry.ts';
import type { Secret } from '../../contract/secret.ts';
import type { Prove } from '../../contract/source.ts';
import { quote } from '../../contract/text.ts';
import { nameOf, type Proxy } from '../../io/proxies.ts';

/** The target of a redirect. Anyone with a signed address may read what it names for an hour. */
export interface Location {
  readonly address: string;
  /** Kept alive so that texts are filtered for them. */
  readonly secrets: readonly Secret[];
}

/**
 * Sends one GET for a credential of this source, and follows no redirect. Returns a response of any status; throws a
 * Failure if there is none. `proxy` is what the response came through. `location` is the target of a redirect, with the
 * secrets in that address.
 */
export type Ask = (
  url: string,
  headers: Readonly<Record<string, string>>,
  signal: AbortSignal,
  source: string,
) => Promise<{
  readonly status: number;
  readonly text: string;
  /** The `www-authenticate` header. */
  readonly challenge?: string | undefined;
  readonly location?: Location | undefined;
  readonly proxy?: Proxy | undefined;
}>;

/**
 * Asks the registry itself whether it accepts a credential. `GET /v2/` needs no right beyond the token. ECR Public
 * takes the token at the address in its challenge, where clients send it.
 * `endpoint` is where a registry is reached, by default https://HOST.
 */
export function makeProve(ask: Ask, endpoint: (registry: Registry) => string = ({ host }) => `https://${host}`): Prove {
  return async (registry, credential, signal) => {
    const asked = (url: string, headers: Readonly<Record<string, string>>) => ask(url, headers, signal, credential.source);
    const base = `${endpoint(registry)}/v2/`;
    try {
      const url = registry.service === 'ecr' ? base : doorIn((await asked(base, {})).challenge, base);
      const answer = await asked(url, { authorization: basic(credential) });
      const { status } = answer;
      if (status === 200) return { ok: true };
      const said = answeredWith(answer);
      // An expired token was seen as 401 and as 403.
      if (status === 401 || status === 403)
        return { ok: false, refused: true, message: `${registry.host} ${said}: it does not accept the credential.` };
      return { ok: false, refused: false, message: `${registry.host} could not be asked: it ${said}.` };
    } catch (thrown) {
      return { ok: false, refused: false, message: `${registry.host} could not be asked: ${asFailure(thrown).message}` };
    }
  };
}

/**
 * The address in a challenge that gives bearer tokens for a password (the token authentication of the distribution
 * project). Throws UNEXPECTED where that is not on the registry's own host: a token of ours goes nowhere else.
 */
export function doorIn(challenge: string | undefined, base: string): string {
  const part = (name: string): string | undefined => new RegExp(`\\b${name}="([^"]*)"`).exec(challenge ?? '')?.[1];
  const realm = part('realm') ?? '';
  if (!/^bearer\s/i.test(challenge ?? '') || !URL.canParse(realm) || new URL(realm).origin !== new URL(base).origin)
    throw new Failure('UNEXPECTED', `${new URL(base).host} does not say where it takes a password.`, {
      remedy: 'ECR never answers so. Does a proxy or a mirror answer in the place of the registry?',
    });
  const door = new URL(realm);
  for (const name of ['service', 'scope']) if (part(name)) door.searchParams.set(name, part(name) ?? '');
  return door.href;
}

export function basic({ username, password }: Credential): string {
  return `Basic ${Buffer.from(`${username}:${password.reveal()}`).toString('base64')}`;
}

/** The response in words: the rest of a sentence that begins with the server. */
export const answeredWith = ({ status, text, location, proxy }: Awaited<ReturnType<Ask>>): string =>
  `answered ${status}${proxy ? ` through ${nameOf(proxy)}` : ''}${inBrackets(wordsOf(text))}${ledTo(status, location)}`;

/**
 * The message of a refusal. ECR refuses in a JSON envelope, in plain text, or with an empty body; S3 refuses in XML.
 */
export function wordsOf(text: string): string {
  try {
    const { errors } = JSON.parse(text) as { errors?: { message?: unknown }[] };
    const message = errors?.[0]?.message;
    return typeof message === 'string' ? message.trim() : '';
  } catch {
    if (!/^\s*</.test(text)) return text.trim();
    const { code, message } = ofStore.exec(text)?.groups ?? {};
    return code === undefined ? 'a page of HTML' : [code, message].filter(part => part !== undefined).join(': ');
  }
}

const ofStore = /<Error>\s*<Code>(?<code>[\w.]{1,100})<\/Code>(\s*<Message>(?<message>[^<]{1,300})<\/Message>)?/;
const inBrackets = (words: string): string => (words === '' ? '' : ` (${quote(words)})`);
/** Names only the host of a redirect, because the address may be signed. */
const ledTo = (status: number, location: Location | undefined): string =>
  location && status >= 300 && status < 400 ? ` and leads to ${new URL(location.address).host}` : '';
