import type { Deps } from '../../src/contract/adapter.ts';
import { fingerprintOf } from '../../src/contract/credential.ts';
import { asFailure, Failure } from '../../src/contract/failures.ts';
import type { Secret } from '../../src/contract/secret.ts';
import { capital } from '../../src/contract/text.ts';
import { jsonMapIn } from './objects.ts';
import { logIn, type Oidc } from './oidc-config.ts';
import { askIssuer, type Given } from './oidc-issuer.ts';

/** The token that the cluster gets. until: when it is renewed, on the engine's time line. */
interface Login {
  readonly token: Secret;
  readonly until: number;
}
interface Tokens {
  readonly idToken: Secret | undefined;
  readonly refreshToken: Secret | undefined;
}
/** The kubeconfig that defines a user. read: reads the same user from another text of it; throws a Failure. */
interface Home {
  readonly path: string;
  read(text: string): Oidc | undefined;
}
interface Asking {
  readonly oidc: Oidc;
  /** Certificates of the authorities that sign the issuer's. */
  readonly authorities: string | undefined;
  readonly home: Home;
  readonly why: 'due' | 'refused';
  readonly signal: AbortSignal;
}

/** How long before its end a token is renewed, and the least time between two renewals. In milliseconds. */
const leewayMs = 30_000;
const leastMs = 10_000;

/**
 * Tokens that issuers have given in place of those in a file. All targets share them, as several contexts may have one
 * user, and a refresh-token may be good for a single use.
 */
const given = new Map<string, Promise<Tokens>>();
const mostGiven = 200;

function remember(key: string, tokens: Promise<Tokens>): void {
  given.set(key, tokens);
  const [oldest] = given.keys();
  if (given.size > mostGiven && oldest !== undefined) given.delete(oldest);
}

/**
 * Returns a function that gives the id-token of a user until shortly before its end, and then requests the next one
 * from the issuer with the refresh-token, as client-go does.
 */
export function oidcKeeper({ http, files, clock, log }: Pick<Deps, 'http' | 'files' | 'clock' | 'log'>) {
  let shown: string | undefined;

  const leftOf = (token: Secret | undefined): number => (token === undefined ? 0 : (endOf(token) ?? 0) - clock.wall());

  function show(token: Secret): Login {
    shown = token.reveal();
    return { token, until: clock.mono() + Math.max(leftOf(token) - leewayMs, leastMs) };
  }

  function renew(key: string, { refreshToken }: Tokens, { oidc, authorities, signal }: Asking): Promise<Tokens> {
    if (!refreshToken)
      throw new Failure('AUTH', `The id-token of ${oidc.from} has ended, and there is no refresh-token.`, { remedy: logIn });
    const former = given.get(key);
    const renewed = askIssuer({ http, oidc, refreshToken, authorities, signal }).then(
      (next: Given): Tokens => ({ idToken: next.idToken, refreshToken: next.refreshToken ?? refreshToken }),
      (error: unknown) => {
        if (former) remember(key, former);
        else given.delete(key);
        const { code, message, facts } = asFailure(error);
        if (facts.barred === 'refused')
          throw new Failure('AUTH', `The id-token of ${oidc.from} has ended. A command that only reads asks the issuer for no other.`, {
            remedy: 'Let kubectl ask for one, which keeps it in the kubeconfig: `kubectl get namespaces`. The daemon renews it by itself.',
          });
        throw new Failure(code, `${capital(oidc.from)} needs a new id-token. ${message}`, facts);
      },
    );
    remember(key, renewed);
    return renewed;
  }

  return async (asking: Asking): Promise<Login> => {
    const { oidc, why } = asking;
    const key = keyOf(oidc);
    for (;;) {
      const entry = given.get(key);
      const now: Tokens = entry ? await entry : oidc;
      const left = leftOf(now.idToken);
      const isNew = why === 'due' || now.idToken?.reveal() !== shown;
      if (now.idToken && ((left > leewayMs && isNew) || (left > 0 && !now.refreshToken))) return show(now.idToken);
      // Another caller has begun a renewal.
      if (given.get(key) !== entry) continue;
      const next = await renew(key, now, asking);
      const { refreshToken } = next;
      if (oidc.refreshToken && refreshToken && refreshToken.reveal() !== now.refreshToken?.reveal()) {
        // The file has this refresh-token from now on, so the next lookup uses this key.
        remember(keyOf({ ...oidc, refreshToken }), Promise.resolve(next));
        await writeBack({ files, log }, asking, oidc.refreshToken, refreshToken);
      }
      if (next.idToken) return show(next.idToken);
    }
  };
}

/**
 * Writes a new refresh-token into the kubeconfig in place of the former one, and changes nothing else. The former one
 * may be spent, which would concern kubectl and the next start of the courier. A failure is only logged.
 */
async function writeBack(
  { files, log }: Pick<Deps, 'files' | 'log'>,
  { home: { path, read }, signal }: Asking,
  former: Secret,
  next: Secret,
): Promise<void> {
  const change = (text = ''): string | undefined => {
    const changed = text.replaceAll(former.reveal(), () => next.reveal());
    return read(changed)?.refreshToken?.reveal() === next.reveal() ? changed : undefined;
  };
  try {
    const done = await files.update(path, change, { signal, unreplaceable: 'write-in-place' });
    if (done === 'updated') return;
    throw new Failure('MISCONFIGURED', 'The file does not contain the former refresh-token in one piece.');
  } catch (error) {
    log.info('refresh-token not written back', { kubeconfig: path, error: asFailure(error).message });
  }
}

/** The key in `given` for the tokens of a file. */
const keyOf = ({ issuer, clientId, idToken, refreshToken }: Oidc): string =>
  fingerprintOf(JSON.stringify([issuer, clientId, idToken?.reveal(), refreshToken?.reveal()]));

/** The end of a token in milliseconds since the epoch. undefined: the token does not tell it (RFC 7519). */
function endOf(token: Secret): number | undefined {
  const { exp } = jsonMapIn(Buffer.from(token.reveal().split('.')[1] ?? '', 'base64url').toString());
  return typeof exp === 'number' && Number.isFinite(exp) ? exp * 1000 : undefined;
}
